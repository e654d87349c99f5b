"""XLSX (ECMA-376, Office Open XML) written as rows come, in memory that does not grow.

The sheet is deflated piece by piece, each ended by a full flush, so that a writer given another's state goes
on where that one stopped. Texts are inline strings, which no spreadsheet runs."""

import io
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from models.interchange.tables.cells import NOTICE_MARK, UNWRITTEN, Cell, harmless
from models.interchange.tables.packing import Entry, Packing
from models.interchange.tables.writer import Rows

SHEET_ROWS = 1_048_576
"""Rows a sheet holds."""

TEXT_LIMIT = 32_767
"""Characters a cell holds."""

DIGITS = 15
"""Significant digits a spreadsheet keeps of a number; longer ones are written as texts."""

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

FROZEN = (
    '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" state="frozen"/>'
    "</sheetView></sheetViews>"
)
BEGUN = f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}">'
OPENED = '<bookViews><workbookView activeTab="1"/></bookViews>'
BOOK = f'<Relationship Id="rId1" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/>'

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


class WorkbookWriter:
    """An XLSX file: a sheet with the notice, then the rows, in further sheets when one is full."""

    ending = "xlsx"
    content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        known = dict(state or {})
        self._unwritten = int(known.get("unwritten", 0))
        self._heads: list[str] = list(known.get("heads", ()))
        self._sheets: list[str] = list(known.get("sheets", ()))
        self._row = int(known.get("row", 0))
        self._packing = Packing([Entry(**entry) for entry in known.get("entries", ())])

    def begin(self, notice: Sequence[str], heads: Sequence[str]) -> bytes:
        self._heads = list(heads)
        about = self._open(NOTICE_MARK) + self._some([[line] for line in notice]) + self._close()
        return about + self._open("1")

    def rows(self, rows: Rows) -> bytes:
        written, left = b"", list(rows)
        while left:
            room = SHEET_ROWS - self._row
            if room <= 0 or self._packing.is_large:
                written += self._close() + self._open(str(len(self._sheets)))
                continue
            written += self._some(left[:room])
            left = left[room:]
        return written

    def end(self) -> bytes:
        closed = self._close()
        return closed + b"".join(self._packing.whole(n, t) for n, t in self._rest()) + self._packing.end()

    def state(self) -> Mapping[str, Any]:
        return {
            "unwritten": self._unwritten,
            "heads": self._heads,
            "sheets": self._sheets,
            "row": self._row,
            "entries": [entry.document() for entry in self._packing.entries],
        }

    def _open(self, name: str) -> bytes:
        self._sheets.append(name)
        self._row = 0
        begun = self._packing.open(f"xl/worksheets/sheet{len(self._sheets)}.xml")
        view = "" if name == NOTICE_MARK else FROZEN
        head = self._packing.add(f'{HEAD}<worksheet xmlns="{MAIN}">{view}<sheetData>'.encode())
        return begun + head + (b"" if name == NOTICE_MARK else self._some([self._heads]))

    def _close(self) -> bytes:
        return self._packing.add(b"</sheetData></worksheet>") + self._packing.close()

    def _some(self, rows: Rows) -> bytes:
        out = io.StringIO()
        for row in rows:
            self._row += 1
            out.write(f'<row r="{self._row}">')
            out.write("".join([self._cell(cell) for cell in row]))
            out.write("</row>")
        return self._packing.add(out.getvalue().encode())

    def _cell(self, cell: Cell) -> str:
        told, is_whole = written_cell(cell)
        self._unwritten += not is_whole
        return told

    def _rest(self) -> Sequence[tuple[str, str]]:
        """What a workbook consists of besides its sheets."""
        count = range(1, len(self._sheets) + 1)
        sheets = "".join(
            f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>'
            for n, name in zip(count, self._sheets, strict=True)
        )
        linked = "".join(
            f'<Relationship Id="rId{n}" Type="{LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in count
        )
        typed = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{SHEET_TYPE}"/>' for n in count
        )
        return (
            ("xl/workbook.xml", f"{BEGUN}{OPENED}<sheets>{sheets}</sheets></workbook>"),
            ("xl/_rels/workbook.xml.rels", _relations(linked)),
            ("_rels/.rels", _relations(BOOK)),
            ("[Content_Types].xml", _types(typed)),
        )


def _relations(told: str) -> str:
    return f'<Relationships xmlns="{PACKAGE}/relationships">{told}</Relationships>'


def _types(typed: str) -> str:
    known = (
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{BOOK_TYPE}"/>'
    )
    return f'<Types xmlns="{PACKAGE}/content-types">{known}{typed}</Types>'


def safe(text: str) -> str:
    """`text` as XML can hold it: what it cannot, and what looks like an escape, as ``_xHHHH_`` (ECMA-376
    22.4.2.4)."""
    return _UNSAFE.sub(lambda found: f"_x{ord(found[0]):04X}_", text) if _UNSAFE.search(text) else text


def written_cell(cell: Cell, style: str = "") -> tuple[str, bool]:
    """A cell in a sheet's words (`style` is its attribute), and whether all of it could be written. A number
    of more digits than a spreadsheet keeps is written as text."""
    if cell is None or cell == "":
        return f"<c{style}/>", True
    if not isinstance(cell, str):
        number = f"{cell:f}" if isinstance(cell, Decimal) else repr(cell)
        if sum(letter.isdigit() for letter in number) <= DIGITS:
            return f"<c{style}><v>{number}</v></c>", True
        cell = number
    text = harmless(cell)
    is_whole = len(text) <= TEXT_LIMIT
    told = escape(safe(text if is_whole else UNWRITTEN))
    return f'<c{style} t="inlineStr"><is><t xml:space="preserve">{told}</t></is></c>', is_whole
