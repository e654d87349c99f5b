"""Rows of a list, written straight into markup: a template asked per cell takes as long as everything else of
a page together."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from markupsafe import Markup

from admin.language import language, say
from admin.views.base import Row, dig
from admin.views.columns import Column

UNREADABLE = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)
"""What reading or writing a value of another kind than its column's may raise."""

MOST_KEPT = 200
"""Columns whose cells a list keeps; a definition that changes brings new ones."""

MOST_VALUES = 500
"""Values of one column whose cells are kept."""

DAMAGED = Markup('{} <span class="a-badge a-badge--bad">{}</span>')
STYLES = {"number": "a-num", "moment": "a-nowrap", "day": "a-nowrap"}


Cells = dict[tuple[str, str, int], "_Cells"]
"""Cells kept from one page to the next, by language, beginning and column."""


def style_of(column: Column) -> str:
    """The class of a column's cells."""
    return STYLES.get(column.kind, "a-wrap" if column.wrap else "")


def body(
    rows: Sequence[Row],
    columns: Sequence[Column],
    href: Callable[[Row], str],
    sound: Callable[[Row], bool] = lambda _row: True,
    known: Cells | None = None,
) -> Markup:
    """The rows of a table's body: the first cell leads to the row's page. What a column writes is escaped
    unless it is ``Markup``. A row that is not `sound`, or has a value its column cannot write, says so.
    `known` keeps the cells of columns with few values from one page to the next."""
    first, *others = _cells_of(columns, {} if known is None else known)
    parts: list[str] = []
    head = _begin("th", columns[0], ' scope="row"')
    for row in rows:
        start = f'<tr>{head}<a href="{escape(href(row))}">'
        try:
            cells = [each.of(row) for each in others]
            name = first.of(row) or "—"
            name = name if sound(row) else _damaged(name)
        except UNREADABLE:
            cells = [each.anyhow(dig(row, each.path)) for each in others]
            name = _damaged(first.anyhow(dig(row, first.path)) or "—")
        parts.append(f"{start}{name}</a></th>{''.join(cells)}</tr>\n")
    return Markup("".join(parts))  # noqa: S704 - every value in it was escaped by its cells


def _cells_of(columns: Sequence[Column], known: Cells) -> "list[_Cells]":
    """The cells of each column: those with few values as they were kept, in this language."""
    spoken = language()
    found = []
    for column, begun in zip(columns, _begun(columns), strict=True):
        kept = known.get((spoken, begun, id(column)))
        if kept is None or kept.column is not column:
            kept = _Cells(column, begun)
            if column.choices and len(known) < MOST_KEPT:
                known[spoken, begun, id(column)] = kept
        found.append(kept)
    return found


def _begun(columns: Sequence[Column]) -> list[str]:
    """How the cells of each column begin; the first is no cell of its own."""
    return ["", *(_begin("td", column) for column in columns[1:])]


def _begin(tag: str, column: Column, more: str = "") -> str:
    """How a cell of a column begins."""
    style = style_of(column)
    return f'<{tag}{more} class="{style}">' if style else f"<{tag}{more}>"


def _damaged(name: str) -> str:
    return DAMAGED.format(Markup(name), say("Damaged"))  # noqa: S704 - escaped already


class _Cells(dict[str, str]):
    """The cells of one column by their text: what comes again is not written again. Only texts are kept, as
    equal values of other kinds (1 and True) are written differently."""

    def __init__(self, column: Column, begun: str) -> None:
        super().__init__()
        self.column, self.path, self.write, self.begun = column, column.path, column.writer(), begun
        self.read = _reader(column.path)

    def of(self, row: Row) -> str:
        """The cell of a row."""
        value = self.read(row)
        return self[value] if type(value) is str else self._cell(self.write(value))

    def __missing__(self, text: str) -> str:
        cell = self._cell(self.write(text))
        if len(self) < MOST_VALUES:
            self[text] = cell
        return cell

    def anyhow(self, value: Any) -> str:
        """The cell of a value that may not be writable."""
        try:
            return self._cell(self.write(value))
        except UNREADABLE:
            return self._cell(say("cannot be shown"))

    def _cell(self, text: str) -> str:
        safe = text if type(text) is Markup else escape(text)
        return f"{self.begun}{safe}</td>" if self.begun else safe


def _reader(path: str) -> Callable[[Row], Any]:
    """How a value at `path` is read from sound rows; anything else raises one of UNREADABLE or reads None."""
    names = path.split(".")
    if len(names) == 1:
        return lambda row: row.get(path)
    if len(names) > 2:
        return lambda row: dig(row, path)
    outer, inner = names
    return lambda row: found.get(inner) if (found := row.get(outer)) is not None else None
