"""Form.io forms: components become fields, layout is walked through, simple conditions are translated."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from models.interchange.draft import DEPTH, Draft, Field, both
from models.interchange.logic import Query, read_condition, read_json_logic
from models.language import Message

TYPES: Mapping[str, str] = {
    "textfield": "text",
    "textarea": "long_text",
    "number": "decimal",
    "currency": "decimal",
    "password": "secret",
    "checkbox": "boolean",
    "selectboxes": "choices",
    "select": "choice",
    "radio": "choice",
    "email": "email",
    "url": "url",
    "phoneNumber": "phone",
    "datetime": "datetime",
    "day": "date",
    "time": "time",
    "file": "file",
    "signature": "file",
    "container": "group",
    "datagrid": "table",
    "editgrid": "table",
    "content": "guide",
    "htmlelement": "guide",
}
"""What a component becomes."""

LAYOUT = frozenset(("panel", "columns", "table", "fieldset", "well", "tabs", "form"))
"""Components that only arrange others."""

SKIPPED = frozenset(("button", "recaptcha", "captcha"))
"""Components nobody answers, and that the program brings itself."""

LIMITS: Mapping[str, Mapping[str, str]] = {
    "text": {"minLength": "min_length", "maxLength": "max_length"},
    "long_text": {"minLength": "min_length", "maxLength": "max_length"},
    "decimal": {"min": "min", "max": "max"},
    "integer": {"min": "min", "max": "max"},
    "table": {"minLength": "min_rows", "maxLength": "max_rows"},
}


def is_formio(value: Any) -> bool:
    """Whether a document is a form of Form.io."""
    parts = value.get("components") if isinstance(value, Mapping) else None
    return isinstance(parts, list) and all(isinstance(part, Mapping) and "type" in part for part in parts)


def read_formio(document: Mapping[str, Any]) -> Draft:
    """The draft of a record type from a form's JSON."""
    title = document.get("title") or document.get("name") or ""
    draft = Draft(name=str(document.get("name") or title), label=both(title))
    draft.fields = [*_fields(draft, document.get("components"), "", 1, set())]
    return draft


def _fields(draft: Draft, parts: Any, prefix: str, depth: int, taken: set[str]) -> Iterator[Field]:
    for part in parts if isinstance(parts, list) else ():
        if not isinstance(part, Mapping):
            continue
        kind, key = str(part.get("type", "")), str(part.get("key", ""))
        if kind in LAYOUT:
            yield from _arranged(draft, part, prefix, depth, taken)
        elif kind not in SKIPPED:
            field = _field(draft, part, kind, key, f"{prefix}{key or kind}", depth, taken)
            if field is not None:
                yield field


def _arranged(
    draft: Draft, part: Mapping[str, Any], prefix: str, depth: int, taken: set[str]
) -> Iterator[Field]:
    """What a panel, columns, tabs or a table arranges; a titled panel leaves a heading."""
    title = part.get("title") or part.get("legend")
    path = f"{prefix}{part.get('key', part.get('type'))}"
    inner: list[Any] = [part.get("components")]
    inner += [each.get("components") for each in part.get("columns") or () if isinstance(each, Mapping)]
    for row in part.get("rows") or () if isinstance(part.get("rows"), list) else ():
        inner += [cell.get("components") for cell in row if isinstance(cell, Mapping)]
    if title and depth == 1 and part.get("type") == "panel":
        yield draft.begin(path, str(part.get("key") or title), "heading", both(title), taken)
    query, told = _shown(part)
    for parts in inner:
        for field in _fields(draft, parts, prefix, depth, taken):
            if told and field["type"] != "heading":
                draft.condition(f"{prefix}{field['name']}", field, "show_when", _both(query, field), told)
            yield field


def _both(query: Query | None, field: Field) -> Query | None:
    own = field.get("show_when")
    return {"$and": [query, own]} if query and own else query


def _field(
    draft: Draft, part: Mapping[str, Any], kind: str, key: str, path: str, depth: int, taken: set[str]
) -> Field | None:
    ours = _type(part, kind)
    if ours is None or not key or (ours in ("group", "table") and depth >= DEPTH):
        draft.left(path, f"type {kind}", Message("There is no field like it."))
        return None
    field = draft.begin(path, key, ours, both(part.get("label") or key), taken)
    if ours == "guide":
        field["text"] = both(_plain(part.get("html") or part.get("content") or part.get("label") or key))
        return field
    if ours in ("group", "table"):
        field["fields"] = [*_fields(draft, part.get("components"), f"{path}.", depth + 1, set())]
        if not field["fields"]:
            draft.left(path, "components", Message("Nothing of what is inside could be carried over."))
            return None
    if ours in ("choice", "choices"):
        draft.options(path, field, _options(part))
    _rules(draft, part, field, path)
    _conditions(draft, part, field, path)
    return field


def _type(part: Mapping[str, Any], kind: str) -> str | None:
    ours = TYPES.get(kind)
    several = part.get("multiple") is True
    if ours == "datetime" and part.get("enableTime") is False:
        return "date"
    if ours == "choice" and several:
        return "choices"
    if ours == "file" and several:
        return "files"
    return None if several and ours not in ("choices", "files") else ours


def _options(part: Mapping[str, Any]) -> list[tuple[str, Mapping[str, str]]]:
    data = part.get("data")
    found = part.get("values") or (data.get("values") if isinstance(data, Mapping) else None)
    options = [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
    return [(str(each.get("value", "")), both(each.get("label", each.get("value")))) for each in options]


def _rules(draft: Draft, part: Mapping[str, Any], field: Field, path: str) -> None:
    told = part.get("validate")
    validate: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    if validate.get("required") is True:
        draft.put(path, field, "required", True)
    for theirs, ours in LIMITS.get(field["type"], {}).items():
        limit = _number(validate.get(theirs))
        draft.put(path, field, ours, limit)
    if field["type"] == "text":
        draft.pattern(path, field, validate.get("pattern"))
    for key in ("custom", "json"):
        if validate.get(key):
            draft.left(path, f"validate.{key}", Message("Rules in program code are not translated."))
    if part.get("unique") is True:
        draft.put(path, field, "unique", True)
    if part.get("disabled") is True:
        draft.put(path, field, "read_only", True)
    hint = part.get("description") or part.get("tooltip")
    if hint:
        draft.put(path, field, "help", both(_plain(hint)))
    default = part.get("defaultValue")
    if isinstance(default, str | int | float) and default not in ("", False):
        draft.put(path, field, "default", default)
    for key in ("calculateValue", "logic", "inputMask"):
        if part.get(key):
            draft.left(path, key, Message("Rules in program code are not translated."))


def _conditions(draft: Draft, part: Mapping[str, Any], field: Field, path: str) -> None:
    query, told = _shown(part)
    if told:
        draft.condition(path, field, "show_when", query, told)


def _shown(part: Mapping[str, Any]) -> tuple[Query | None, str]:
    """When a component is shown, and how the form says it ("" where it is always)."""
    custom = part.get("customConditional")
    if isinstance(custom, str) and custom.strip():
        match = re.fullmatch(r"\s*show\s*=\s*(.+?);?\s*", custom, re.DOTALL)
        return (read_condition(match[1]) if match else None), custom
    told = part.get("conditional")
    if not isinstance(told, Mapping):
        return None, ""
    if told.get("json"):
        return read_json_logic(told["json"]), str(told["json"])
    if isinstance(told.get("conditions"), list) and told["conditions"]:
        return _listed(told), str(told["conditions"])
    if told.get("when"):
        equal: Query = {str(told["when"]): _value(told.get("eq"))}
        return (equal if str(told.get("show")).lower() == "true" else {"$nor": [equal]}), str(told)
    return None, ""


_OPERATORS: Mapping[str, str] = {
    "isEqual": "$eq",
    "isNotEqual": "$ne",
    "lessThan": "$lt",
    "greaterThan": "$gt",
    "lessThanOrEqual": "$lte",
    "greaterThanOrEqual": "$gte",
}


def _listed(told: Mapping[str, Any]) -> Query | None:
    """The list of conditions of later versions of Form.io."""
    parts: list[Query] = []
    for each in told["conditions"]:
        operator = each.get("operator", "isEqual") if isinstance(each, Mapping) else ""
        if operator in ("isEmpty", "isNotEmpty"):
            test: Any = {"$in" if operator == "isEmpty" else "$nin": [None, ""]}
        elif operator in _OPERATORS:
            test = {_OPERATORS[operator]: _value(each.get("value"))}
        else:
            return None
        parts.append({str(each.get("component", "")).rpartition(".")[2]: test})
    joined: Query = {"$or" if told.get("conjunction") == "any" else "$and": parts}
    return {"$nor": [joined]} if told.get("show") is False else joined


def _value(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _plain(text: Any) -> str:
    """Words without HTML."""
    return html.unescape(re.sub(r"<[^>]{0,500}>", " ", str(text)))


def _number(value: Any) -> int | float | None:
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,15}(\.\d{1,10})?", value):
        return float(value) if "." in value else int(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
