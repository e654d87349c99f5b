"""JSON Schema (draft 2020-12) of the ``data`` of stored records, one per version of a record type."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from models.schema.definition import RecordType
from models.schema.fields.base import BaseField, Query, object_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def record_schema(definition: RecordType, version: int | None = None) -> dict[str, Any]:
    """The JSON Schema of what records of `definition` hold, titled with its labels.

    What is always required is ``required``; what is required or shown on a condition is an ``if`` where JSON
    Schema can say the condition (``$eq $ne $in $nin $exists $and $or $nor`` over the record's own fields).
    Everything a reading accepts is valid here; checks across fields and named formats go further."""
    told = object_schema(definition.fields)
    told["properties"] = {**_number(definition), **told["properties"]}
    at = f":{version}" if version is not None else ""
    numbered = f"version {version}, " if version is not None else ""
    schema = {
        "$schema": DIALECT,
        "$id": f"urn:toroku:record-type:{definition.name}{at}",
        "$comment": f"{numbered}checksum {definition.checksum}",
        "title": definition.label.ja,
        **({"description": definition.description.ja} if definition.description else {}),
        **told,
    }
    rules = [rule for field in definition.fields for rule in _rules(definition, field)]
    return {**schema, "allOf": rules} if rules else schema


def _number(definition: RecordType) -> dict[str, Any]:
    """The number given at registration stands among the answers, under its own name."""
    return {definition.number.field: {"type": ["string", "null"]}}


def _rules(definition: RecordType, field: BaseField) -> Iterator[dict[str, Any]]:
    """What conditions say of one field."""
    if not field.stored:
        return
    shown = _told(definition, field.show_when) if field.show_when is not None else {}
    if field.show_when is not None and shown is not None:
        yield {"if": shown, "else": {"properties": {field.name: {"type": "null"}}}}
    if not field.asked or (field.required and field.show_when is None):
        return
    asked = {} if field.required else _told(definition, field.required_when)
    if asked is not None and shown is not None:
        conditions = [condition for condition in (shown, asked) if condition]
        there = {"required": [field.name], "properties": {field.name: {"not": {"type": "null"}}}}
        yield {"if": {"allOf": conditions}, "then": there}


def _told(definition: RecordType, query: Query | None) -> dict[str, Any] | None:
    """A condition in JSON Schema; None where there is none, or JSON Schema cannot say it."""
    if query is None:
        return None
    parts = [_clause(definition, key, value) for key, value in query.items()]
    told = [part for part in parts if part is not None]
    return {"allOf": told} if told and len(told) == len(parts) else None


def _clause(definition: RecordType, key: str, value: Any) -> dict[str, Any] | None:
    if key in ("$and", "$or", "$nor"):
        parts = [_told(definition, part) for part in value]
        if any(part is None for part in parts):
            return None
        return {"not": {"anyOf": parts}} if key == "$nor" else {"allOf" if key == "$and" else "anyOf": parts}
    if key not in definition.by_name:
        return None
    if not isinstance(value, Mapping):
        return _equal(key, value)
    tests = [_test(key, operator, operand) for operator, operand in value.items()]
    return {"allOf": tests} if tests and None not in tests else None


def _test(name: str, operator: str, operand: Any) -> dict[str, Any] | None:
    if operator in ("$in", "$nin"):
        among = [_equal(name, each) for each in operand] if isinstance(operand, list) and operand else [None]
        told = None if None in among else {"anyOf": among}
    elif operator in ("$eq", "$ne"):
        told = _equal(name, operand)
    elif operator == "$exists" and isinstance(operand, bool):
        return {"required": [name]} if operand else {"not": {"required": [name]}}
    else:
        return None
    return {"not": told} if told is not None and operator in ("$ne", "$nin") else told


def _equal(name: str, value: Any) -> dict[str, Any] | None:
    """Equality as the database means it: null is also absence, and a list equals what it contains."""
    if value is None:
        return {"properties": {name: {"type": "null"}}}
    if isinstance(value, str) and value.startswith("$$"):
        return None
    if not isinstance(value, str | int | float | bool):
        return None
    alike = {"anyOf": [{"const": value}, {"type": "array", "contains": {"const": value}}]}
    return {"required": [name], "properties": {name: alike}}


TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float, Decimal),
    "boolean": (bool,),
    "object": (Mapping,),
    "array": (list,),
}


def fits(definition: RecordType, data: Mapping[str, Any]) -> bool:
    """Whether `data` has the types and names of `definition`: what the wall of its collection asks. Lengths,
    options and what is required are not looked at; any value may be null."""
    rest = {name: value for name, value in data.items() if name != definition.number.field}
    return _fits(object_schema(definition.fields), rest)


def _fits(schema: Mapping[str, Any], value: Any) -> bool:
    if "anyOf" in schema:
        schema = next((each for each in schema["anyOf"] if each.get("type") != "null"), {})
    if value is None or "type" not in schema:
        return True
    known = TYPES[schema["type"]]
    if not isinstance(value, known) or (isinstance(value, bool) and bool not in known):
        return False
    if isinstance(value, list):
        return all(_fits(schema.get("items", {}), item) for item in value)
    if isinstance(value, Mapping):
        named = schema.get("properties", {})
        closed = schema.get("additionalProperties") is False
        return all(_fits(named[key], part) if key in named else not closed for key, part in value.items())
    return True
