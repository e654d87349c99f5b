"""Rows of a list as they are drawn: written straight into markup, for a template asked per cell takes as long
as everything else of a page together."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from admin.language import say
from admin.views.base import Row, dig
from admin.views.columns import Column, Show

UNREADABLE = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)
"""What writing a value of another kind than its column's may raise."""

DAMAGED = Markup('{} <span class="a-badge a-badge--bad">{}</span>')
STYLES = {"number": "a-num", "moment": "a-nowrap", "day": "a-nowrap"}


class Line(NamedTuple):
    """A row as drawn: address of its page, its first cell, the others."""

    href: str
    first: str
    cells: list[str]


def lines(
    rows: Sequence[Row],
    columns: Sequence[Column],
    href: Callable[[Row], str],
    sound: Callable[[Row], bool] = lambda _row: True,
) -> list[Line]:
    """Rows as drawn: each value written by its column; what is not ``Markup`` is still to be escaped. A row
    that is not `sound`, or has a value its column cannot write, says so."""
    writers = [(column.path, "." in column.path, column.writer()) for column in columns]
    drawn = []
    for row in rows:
        try:
            cells = [write(dig(row, path) if deep else row.get(path)) for path, deep, write in writers]
            whole = sound(row)
        except UNREADABLE:
            cells, whole = [_written(write, dig(row, path)) for path, _, write in writers], False
        first = cells[0] or "—"
        drawn.append(Line(href(row), first if whole else DAMAGED.format(first, say("Damaged")), cells[1:]))
    return drawn


def _written(write: Show, value: object) -> str:
    try:
        return write(value)
    except UNREADABLE:
        return say("cannot be shown")


def style_of(column: Column) -> str:
    """The class of a column's cells."""
    return STYLES.get(column.kind, "a-wrap" if column.wrap else "")


def body(drawn: Iterable[Line], styles: Sequence[str]) -> Markup:
    """The rows of a table's body; `styles` are the classes of the cells after the first."""
    begun = [f'<td class="{escape(style)}">' if style else "<td>" for style in styles]
    parts: list[str] = []
    for line in drawn:
        parts.append(f'<tr><th scope="row"><a href="{escape(line.href)}">{escape(line.first)}</a></th>')
        parts += [f"{td}{escape(cell)}</td>" for td, cell in zip(begun, line.cells, strict=True)]
        parts.append("</tr>\n")
    return Markup("".join(parts))  # noqa: S704 - everything in it was escaped above
