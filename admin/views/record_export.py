"""Registered records as a spreadsheet: one column an answer."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from admin.language import language
from admin.language import lazy_gettext as _
from admin.views.columns import Column
from admin.views.record_columns import ORDERED, state_choices
from models.language import Language, Text
from models.schema.definition import RecordType
from models.schema.fields import BaseField
from models.schema.fields.structure import GroupField
from models.workflow.definition import State


def export_columns(definition: RecordType, states: Mapping[str, State]) -> tuple[Column, ...]:
    """Every stored answer: groups opened into columns, the rows of a table as one readable text; secrets
    never."""
    return (
        Column("number", _("Number"), "code"),
        Column("title", _("Title")),
        Column("lifecycle", _("State"), "state", choices=state_choices(states)),
        *_flattened(definition.fields, "data", ()),
        Column("revision", _("Version"), "number", spell=_plain),
        Column("schema_version", _("Schema version"), "number", spell=_plain),
        Column("created_at", _("Registered"), "moment"),
        Column("updated_at", _("Updated"), "moment"),
    )


def _plain(value: Any) -> Any:
    return value


def _flattened(fields: tuple[BaseField, ...], path: str, around: tuple[Text, ...]) -> Iterator[Column]:
    for field in fields:
        if not field.stored or field.confidential:
            continue
        place, labels = f"{path}.{field.name}", (*around, field.label)
        if field.parts and not field.repeats:
            yield from _flattened(field.parts, place, labels)
        else:
            yield Column(place, _joined(labels), spell=partial(_spelled, field))


def _joined(labels: tuple[Text, ...]) -> Text:
    return Text(ja="／".join(text.ja for text in labels), en=" / ".join(text("en") for text in labels))


def _spelled(field: BaseField, value: Any) -> Any:
    """An answer for a cell: numbers and days as they are stored, so that a spreadsheet can use them."""
    if value is None or (isinstance(value, int | float | Decimal) and not isinstance(value, bool)):
        return value
    if isinstance(field, ORDERED):
        return str(value)
    return "\n".join(told_rows(field, value, language())) if field.repeats else field.show(value, language())


def told_rows(field: BaseField, value: Any, spoken: Language) -> Iterator[str]:
    """The rows of a table, one line each, tables and groups inside told in brackets; no secret."""
    for number, row in enumerate(value if isinstance(value, list) else (), 1):
        yield f"{number}. {_told_parts(field, row, spoken)}"


def _told_parts(field: BaseField, data: Any, spoken: Language) -> str:
    told = [
        f"{part.label(spoken)}: {text}"
        for part in field.parts
        if part.stored and not part.confidential and (text := _told_part(part, data, spoken))
    ]
    return ("、" if spoken == "ja" else ", ").join(told)


def _told_part(part: BaseField, data: Any, spoken: Language) -> str:
    value = data.get(part.name) if isinstance(data, Mapping) else None
    if part.repeats:
        rows = " ".join(told_rows(part, value, spoken))
        return f"[{rows}]" if rows else ""
    if isinstance(part, GroupField):
        inner = _told_parts(part, value, spoken)
        return f"[{inner}]" if inner else ""
    return part.show(value, spoken)
