"""An XLSX workbook people fill in (ECMA-376): the rows, with lists to choose from and cells that keep what is
typed as text; the allowed values on a second sheet; what each column wants on a third."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from models.interchange.tables.cells import Cell
from models.interchange.tables.packing import Packing
from models.interchange.tables.workbook import (
    BOOK,
    BOOK_TYPE,
    FROZEN,
    HEAD,
    LINKS,
    MAIN,
    PACKAGE,
    SHEET_TYPE,
    written_cell,
)

STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"

PLAIN, TEXT, BOLD = 0, 1, 2
"""Styles of cells: as the spreadsheet likes, text that stays as typed (0300… keeps its zeros), heads."""

STYLES = (
    f'<styleSheet xmlns="{MAIN}"><fonts count="2"><font><sz val="11"/></font><font><b/><sz val="11"/></font>'
    '</fonts><fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill '
    'patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FFE8F1FE"/>'
    '</patternFill></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/>'
    '</cellStyleXfs><cellXfs count="3"><xf/><xf numFmtId="49" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="2" applyNumberFormat="1" applyFont="1" applyFill="1" '
    'applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf></cellXfs></styleSheet>'
)

WIDTHS = range(12, 36)
"""How wide a column may be (characters)."""

LAST_ROW = 10_001
"""The last row the lists are offered in."""


@dataclass(frozen=True)
class BookColumn:
    """One column: its head, the values it allows (none: any), and whether it holds numbers."""

    head: str
    values: tuple[str, ...] = ()
    is_number: bool = False

    @property
    def width(self) -> int:
        longest = max((sum(2 if ord(c) > 255 else 1 for c in self.head), *map(len, self.values)), default=0)
        return min(max(longest, WIDTHS.start), WIDTHS.stop)


class FormBook:
    """Writes one workbook as its rows come. `names` are those of its three sheets, `about` the rows of the
    third."""

    content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def __init__(
        self, names: tuple[str, str, str], columns: Sequence[BookColumn], about: Sequence[Sequence[str]]
    ) -> None:
        self.names, self.columns, self.about = names, columns, about
        self.lists = [column for column in columns if column.values]
        self._packing = Packing()
        self._row = 0

    def begin(self) -> bytes:
        """The first sheet with its heads."""
        widths = [(column.width, PLAIN if column.is_number else TEXT) for column in self.columns]
        return self._open(1, widths) + self._some([[column.head for column in self.columns]], BOLD)

    def rows(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        """Some rows of the first sheet."""
        return self._some(rows, TEXT)

    def end(self) -> bytes:
        """The lists of the first sheet, the other sheets, and the directory."""
        first = self._close(self._offered())
        lists = self._sheet(2, [(column.width, TEXT) for column in self.lists], self._listed())
        about = self._sheet(3, [(30, TEXT), (10, TEXT), (34, TEXT), (60, TEXT), (30, TEXT)], self.about)
        return (
            first
            + lists
            + about
            + b"".join(self._packing.whole(*each) for each in self._rest())
            + (self._packing.end())
        )

    def _sheet(self, number: int, widths: Sequence[tuple[int, int]], rows: Sequence[Sequence[Cell]]) -> bytes:
        begun = self._open(number, widths)
        return begun + self._some(rows[:1], BOLD) + self._some(rows[1:], TEXT) + self._close("")

    def _listed(self) -> list[list[Cell]]:
        """The allowed values, a column each."""
        longest = max((len(column.values) for column in self.lists), default=0)
        listed: list[list[Cell]] = [[column.head for column in self.lists]]
        for at in range(longest):
            listed.append([column.values[at] if at < len(column.values) else None for column in self.lists])
        return listed

    def _offered(self) -> str:
        """The lists cells choose from (18.3.1.32). Other values are let through: they are judged here."""
        told = []
        for place, column in enumerate(self.lists):
            letter, here = letters(place), letters(self.columns.index(column))
            source = f"'{self.names[1]}'!${letter}$2:${letter}${len(column.values) + 1}"
            told.append(
                f'<dataValidation type="list" allowBlank="1" sqref="{here}2:{here}{LAST_ROW}">'
                f"<formula1>{escape(source)}</formula1></dataValidation>"
            )
        return f'<dataValidations count="{len(told)}">{"".join(told)}</dataValidations>' if told else ""

    def _open(self, number: int, widths: Sequence[tuple[int, int]]) -> bytes:
        self._row = 0
        cols = "".join(
            f'<col min="{at}" max="{at}" width="{width}" style="{style}" customWidth="1"/>'
            for at, (width, style) in enumerate(widths, 1)
        )
        begun = self._packing.open(f"xl/worksheets/sheet{number}.xml")
        columns = f"<cols>{cols}</cols>" if cols else ""
        head = f'{HEAD}<worksheet xmlns="{MAIN}">{FROZEN}{columns}<sheetData>'
        return begun + self._packing.add(head.encode())

    def _close(self, more: str) -> bytes:
        return self._packing.add(f"</sheetData>{more}</worksheet>".encode()) + self._packing.close()

    def _some(self, rows: Sequence[Sequence[Cell]], style: int) -> bytes:
        out = io.StringIO()
        for row in rows:
            self._row += 1
            out.write(f'<row r="{self._row}">{"".join([_cell(cell, style) for cell in row])}</row>')
        return self._packing.add(out.getvalue().encode())

    def _rest(self) -> Sequence[tuple[str, str]]:
        named = enumerate(self.names, 1)
        sheets = "".join(f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>' for n, name in named)
        linked = "".join(
            f'<Relationship Id="rId{n}" Type="{LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in (1, 2, 3)
        )
        styled = f'<Relationship Id="rId4" Type="{LINKS}/styles" Target="styles.xml"/>'
        typed = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{SHEET_TYPE}"/>'
            for n in (1, 2, 3)
        )
        return (
            (
                "xl/workbook.xml",
                f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>{sheets}</sheets></workbook>',
            ),
            ("xl/styles.xml", HEAD + STYLES),
            ("xl/_rels/workbook.xml.rels", _relations(linked + styled)),
            ("_rels/.rels", _relations(BOOK)),
            (
                "[Content_Types].xml",
                f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
                'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                f'<Override PartName="/xl/workbook.xml" ContentType="{BOOK_TYPE}"/>'
                f'<Override PartName="/xl/styles.xml" ContentType="{STYLES_TYPE}"/>{typed}</Types>',
            ),
        )


def _relations(told: str) -> str:
    return f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{told}</Relationships>'


def _cell(cell: Cell, style: int) -> str:
    return written_cell(cell, "" if style == PLAIN else f' s="{style}"')[0]


def letters(place: int) -> str:
    """What a spreadsheet calls the column at `place`, from 0: A, B, … Z, AA."""
    called = ""
    place += 1
    while place:
        place, left = divmod(place - 1, 26)
        called = chr(65 + left) + called
    return called
