"""Answers as staff read them: one line of text, or a table of rows."""

from typing import Any

from markupsafe import Markup

from admin.language import language
from models.language import Language
from models.schema.fields import BaseField, TableField

Heads = tuple[str, ...]
Rows = tuple[tuple[str, ...], ...]

FRAME = Markup(
    '<div class="a-table-frame" role="region" tabindex="0" aria-label="{}"><table class="a-table">'
    "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
)


def rows_of(field: BaseField, value: Any, spoken: Language) -> tuple[Heads, Rows]:
    """The columns of a table that hold anything, and its rows; nothing for other fields."""
    if not isinstance(field, TableField) or not isinstance(value, list):
        return (), ()
    used = [part for part in field.fields if any(row.get(part.name) is not None for row in value)]
    rows = tuple(tuple(part.show(row.get(part.name), spoken) for part in used) for row in value)
    return tuple(part.label(spoken) for part in used), rows


def shown(field: BaseField, value: Any) -> str:
    """An answer in the language of this page; a table as a table."""
    heads, rows = rows_of(field, value, language())
    if not rows:
        return field.show(value, language())
    head = Markup().join(Markup('<th scope="col">{}</th>').format(text) for text in heads)
    cells = (Markup().join(Markup("<td>{}</td>").format(text) for text in row) for row in rows)
    return FRAME.format(
        field.label(language()), head, Markup().join(Markup("<tr>{}</tr>").format(row) for row in cells)
    )
