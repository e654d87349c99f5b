"""A file somebody brings as a table: known by its content, its heads, and its rows one after the other."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from itertools import chain
from typing import Any

from models.errors import TransferRefused
from models.interchange.file import UNPACKING, unpacks_to_more
from models.interchange.tables.cells import CELL_LIMIT, NOTICE_MARK, restored
from models.interchange.tables.comma import decoded, read_comma
from models.interchange.tables.lines import read_lines

COLUMN_LIMIT = 500
"""Most columns of a table."""

UNPACKED = 250_000_000
"""Bytes a workbook may come to when it is unpacked (zip bombs)."""

Row = tuple[int, Sequence[Any]]
"""The number of a row, as a spreadsheet counts it, and its cells."""

Sheet = Callable[[], Iterator[Row]]


@dataclass(frozen=True)
class Table:
    """A table that was brought: `kind` is ``csv``, ``xlsx`` or ``jsonl``, `encoding` that of a text."""

    kind: str
    encoding: str
    heads: tuple[str, ...]
    rows: Sheet

    def first(self, count: int) -> list[Row]:
        """The first rows, for a look at them."""
        return [row for _, row in zip(range(count), self.rows(), strict=False)]


def open_table(content: bytes, encoding: str = "") -> Table:
    """The table in a file. Blank rows are none; so is the line or sheet that is about the file.

    Raises TransferRefused for what is no table, is damaged, or has more than COLUMN_LIMIT columns."""
    if content.startswith(b"PK\x03\x04"):
        return _workbook(content)
    text, found = decoded(content, encoding)
    if text.lstrip()[:1] == "{":
        return _lines(text, found)
    return _checked(Table("csv", found, *_headed(lambda: _comma_rows(text))))


def _comma_rows(text: str) -> Iterator[Row]:
    return enumerate(read_comma(text), 1)


def _headed(sheet: Sheet) -> tuple[tuple[str, ...], Sheet]:
    """The heads of a table, and its rows after them."""
    for number, row in sheet():
        if not _is_notice(row) and _is_filled(row):
            return tuple(str(cell or "").strip() for cell in _trimmed(row)), partial(_after, sheet, number)
    raise TransferRefused("The file is empty.")


def _after(sheet: Sheet, head: int) -> Iterator[Row]:
    return (row for row in sheet() if row[0] > head and _is_filled(row[1]))


def _is_notice(row: Sequence[Any]) -> bool:
    return bool(row) and str(row[0]).startswith(NOTICE_MARK) and not _is_filled(row[1:])


def _is_filled(row: Sequence[Any]) -> bool:
    return any(row) or any(cell not in (None, "") for cell in row)


def _trimmed(row: Sequence[Any]) -> list[Any]:
    """A row without the empty cells at its end."""
    cells = list(row)
    while cells and cells[-1] in (None, ""):
        cells.pop()
    return cells


def _checked(table: Table) -> Table:
    if len(table.heads) > COLUMN_LIMIT:
        raise TransferRefused("The file has more than {limit} columns.", limit=COLUMN_LIMIT)
    if any(len(head) > 500 for head in table.heads):
        raise TransferRefused
    return table


def _lines(text: str, encoding: str) -> Table:
    heads: dict[str, None] = {}
    for _, found in read_lines(text):
        heads |= dict.fromkeys(found)
        if len(heads) > COLUMN_LIMIT:
            break
    if not heads:
        raise TransferRefused("The file is empty.")
    return _checked(Table("jsonl", encoding, tuple(heads), partial(_line_rows, text, tuple(heads))))


def _line_rows(text: str, names: tuple[str, ...]) -> Iterator[Row]:
    return ((number, [found.get(name) for name in names]) for number, found in read_lines(text))


def _workbook(content: bytes) -> Table:
    refusal = TransferRefused("The workbook cannot be read.")
    try:
        if unpacks_to_more(content, UNPACKED):
            raise TransferRefused(
                "The workbook unpacks to more than {limit} MB.", limit=UNPACKED // 1_000_000
            )
        sheets = _sheets(content)
    except UNPACKING as error:
        raise refusal from error
    if not sheets:
        raise refusal
    heads, rows = _headed(sheets[0])
    further = [_headed(sheet) for sheet in sheets[1:] if _has_rows(sheet)]
    same = [more for other, more in further if other == heads]
    return _checked(Table("xlsx", "", heads, lambda: chain(rows(), *(more() for more in same))))


def _has_rows(sheet: Sheet) -> bool:
    return any(_is_filled(row) for _, row in sheet())


def _sheets(content: bytes) -> list[Sheet]:
    """The sheets of a workbook but the one about the file; those after the first go on where it is full."""
    from python_calamine import CalamineError, load_workbook  # large, and only needed here

    try:
        book = load_workbook(io.BytesIO(content))
        found = [book.get_sheet_by_name(name) for name in book.sheet_names if name != NOTICE_MARK]
    except (CalamineError, ValueError, KeyError) as error:
        raise TransferRefused("The workbook cannot be read.") from error
    return [partial(_sheet_rows, sheet) for sheet in found]


def _sheet_rows(sheet: Any) -> Iterator[Row]:
    start = (sheet.start or (0, 0))[0]
    for number, row in enumerate(sheet.iter_rows(), start + 1):
        yield number, [plain(cell) for cell in row]


def plain(cell: Any) -> Any:
    """A cell of a workbook as the text a person would have typed."""
    if isinstance(cell, str):
        return restored(cell[:CELL_LIMIT])
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        midnight = (cell.hour, cell.minute, cell.second) == (0, 0, 0)
        return cell.date().isoformat() if midnight else cell.isoformat(timespec="minutes")
    if isinstance(cell, date):
        return cell.isoformat()
    return cell.isoformat(timespec="minutes") if isinstance(cell, time) else str(cell)
