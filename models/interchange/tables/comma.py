"""CSV (RFC 4180): UTF-8 with a byte order mark, or cp932 as Japanese Excel writes it."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from models.errors import TransferRefused
from models.interchange.tables.cells import CELL_LIMIT, Cell, harmless, restored
from models.interchange.tables.writer import Rows

BOM = "\ufeff"
ENCODINGS = ("utf-8", "cp932")

GETA = "〓"
"""What stands for a character cp932 does not have, as in print."""

csv.field_size_limit(CELL_LIMIT)


class CommaWriter:
    """A CSV file. ``unwritten`` counts the characters its encoding does not have."""

    ending = "csv"

    def __init__(self, encoding: str = "utf-8", state: Mapping[str, Any] | None = None) -> None:
        self.encoding = encoding if encoding in ENCODINGS else "utf-8"
        self.content_type = f"text/csv; charset={'shift_jis' if self.encoding == 'cp932' else 'utf-8'}"
        self._unwritten = int((state or {}).get("unwritten", 0))

    def begin(self, notice: Sequence[str], heads: Sequence[str]) -> bytes:
        """The notice in a line of its own, then the heads."""
        start = BOM.encode() if self.encoding == "utf-8" else b""
        return start + self.rows([[" ".join(notice)], list(heads)])

    def rows(self, rows: Rows) -> bytes:
        out = io.StringIO()
        csv.writer(out).writerows([[_plain(cell) for cell in row] for row in rows])
        return self._encoded(out.getvalue())

    def end(self) -> bytes:
        return b""

    def state(self) -> Mapping[str, Any]:
        return {"unwritten": self._unwritten}

    def _encoded(self, text: str) -> bytes:
        if self.encoding == "utf-8":
            return text.encode()
        try:
            return text.encode("cp932")
        except UnicodeEncodeError:
            kept = folded(text)
            self._unwritten += sum(one != other for one, other in zip(text, kept, strict=True))
            return kept.encode("cp932")


def folded(text: str) -> str:
    """`text` as cp932 can say it, what it cannot as ``GETA``; just as long."""
    try:
        text.encode("cp932")
    except UnicodeEncodeError:
        return "".join(letter if _has(letter) else GETA for letter in text)
    return text


def _has(letter: str) -> bool:
    try:
        letter.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True


def _plain(cell: Cell) -> Any:
    if isinstance(cell, str):
        return harmless(cell)
    return f"{cell:f}" if isinstance(cell, Decimal) else cell


def decoded(content: bytes, encoding: str = "") -> tuple[str, str]:
    """The text of a CSV file and its encoding: the one named, else UTF-8, else cp932. Raises
    TransferRefused when it is neither, or holds NUL characters."""
    for name in (encoding,) if encoding in ENCODINGS else ENCODINGS:
        try:
            text = content.decode("utf-8-sig" if name == "utf-8" else name)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise TransferRefused("This file holds NUL characters. It is no CSV file.")
        return text, name
    raise TransferRefused("This file is neither UTF-8 nor cp932 (Shift_JIS). Save it again as one of them.")


def read_comma(text: str) -> Iterator[list[Any]]:
    """The rows of a CSV text, one after the other. Raises TransferRefused where it is damaged."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        for row in reader:
            yield [restored(cell) if cell[:1] == "'" else cell for cell in row]
    except csv.Error as error:
        raise TransferRefused("Line {line} of the file is damaged.", line=reader.line_num) from error


def _delimiter(text: str) -> str:
    """A comma, or a tab where the first lines have tabs and no comma."""
    start = text[:4000]
    return "\t" if "\t" in start and "," not in start else ","
