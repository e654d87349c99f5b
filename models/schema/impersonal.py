"""Answers without what they tell about persons, by the ``personal`` of every field."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.schema.definition import RecordType
from models.schema.fields import BaseField


def impersonal(definition: RecordType, data: Mapping[str, Any]) -> dict[str, Any]:
    """`data` with only the answers of fields that say ``personal: no``, inside groups and rows too. What no
    field of the definition asks for is left out: nobody can say what it holds."""
    return _level(definition.fields, data)


def _level(fields: Sequence[BaseField], data: Mapping[str, Any]) -> dict[str, Any]:
    known = {field.name: field for field in fields}
    return {
        name: _value(known[name], value)
        for name, value in data.items()
        if name in known and _stays(known[name])
    }


def _stays(field: BaseField) -> bool:
    """Whether an answer stays; a group or table says it by its parts, unless it says it itself."""
    return field.personal == "no" or (field.personal is None and bool(field.parts))


def _value(field: BaseField, value: Any) -> Any:
    if not field.parts:
        return value
    if isinstance(value, list):
        return [_level(field.parts, row) for row in value if isinstance(row, Mapping)]
    return _level(field.parts, value) if isinstance(value, Mapping) else value


def files_in(value: Any) -> Iterator[str]:
    """The ids of uploads anywhere among answers."""
    if isinstance(value, Mapping):
        if "sha256" in value and "id" in value:
            yield str(value["id"])
        for part in value.values():
            yield from files_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from files_in(part)
