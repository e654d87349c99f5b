"""Frappe DocTypes: fields, and the simple forms of ``depends_on`` and its relatives."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from models.interchange.draft import Draft, Field, both, free_name
from models.interchange.logic import ANSWERED, Query, read_condition
from models.language import Message

TYPES: Mapping[str, str] = {
    "Data": "text",
    "Small Text": "long_text",
    "Text": "long_text",
    "Long Text": "long_text",
    "Text Editor": "markdown",
    "Markdown Editor": "markdown",
    "HTML Editor": "long_text",
    "Code": "long_text",
    "JSON": "long_text",
    "Int": "integer",
    "Rating": "decimal",
    "Float": "decimal",
    "Currency": "decimal",
    "Percent": "decimal",
    "Check": "boolean",
    "Date": "date",
    "Datetime": "datetime",
    "Time": "time",
    "Select": "choice",
    "Autocomplete": "text",
    "Link": "text",
    "Read Only": "text",
    "Color": "text",
    "Barcode": "text",
    "Phone": "phone",
    "Password": "secret",
    "Attach": "file",
    "Attach Image": "file",
    "Signature": "file",
    "Heading": "heading",
    "HTML": "guide",
    "Section Break": "heading",
    "Tab Break": "heading",
}
"""What a fieldtype becomes."""

LAYOUT = frozenset(("Column Break", "Fold", "Button", "Image"))
"""Fieldtypes nobody answers."""

DATA_TYPES: Mapping[str, str] = {"Email": "email", "Phone": "phone", "URL": "url"}
"""What ``Data`` becomes by its ``options``."""

FLAGS: Mapping[str, str] = {
    "reqd": "required",
    "unique": "unique",
    "read_only": "read_only",
    "set_only_once": "set_once",
    "in_list_view": "list",
    "in_standard_filter": "filter",
    "in_filter": "filter",
    "search_index": "index",
    "in_global_search": "search",
}

CONDITIONS: Mapping[str, str] = {
    "depends_on": "show_when",
    "mandatory_depends_on": "required_when",
    "read_only_depends_on": "read_only_when",
}

UNKNOWN = ("fetch_from", "link_filters", "permlevel", "hidden", "ignore_user_permissions")


def is_doctype(value: Any) -> bool:
    """Whether a document is a DocType."""
    return isinstance(value, Mapping) and value.get("doctype") == "DocType" and "fields" in value


def read_doctype(document: Mapping[str, Any]) -> Draft:
    """The draft of a record type from a DocType's JSON."""
    name = str(document.get("name", ""))
    draft = Draft(name=name, label=both(name), title=str(document.get("title_field") or ""))
    if document.get("description"):
        draft.description = both(document["description"])
    taken: set[str] = set()
    for told in _ordered(document):
        field = _field(draft, told, taken)
        if field is not None:
            draft.fields.append(field)
    for key in ("autoname", "permissions", "is_submittable", "links", "actions", "states"):
        if document.get(key):
            draft.left("(form)", key, Message("The site's own configuration says this."))
    return draft


def _ordered(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The fields in the order of ``field_order``, where there is one."""
    fields = document["fields"] if isinstance(document["fields"], list) else []
    fields = [each for each in fields if isinstance(each, Mapping)]
    order = document.get("field_order")
    places = {str(name): place for place, name in enumerate(order)} if isinstance(order, list) else {}
    yield from sorted(fields, key=lambda each: places.get(str(each.get("fieldname")), len(places)))


def _field(draft: Draft, told: Mapping[str, Any], taken: set[str]) -> Field | None:
    kind, path = str(told.get("fieldtype", "")), str(told.get("fieldname", "?"))
    ours = TYPES.get(kind)
    if kind in LAYOUT or (ours == "heading" and not told.get("label")):
        return None
    if ours is None:
        draft.left(path, f"type {kind}", Message("There is no field like it."))
        return None
    if kind == "Data":
        ours = DATA_TYPES.get(str(told.get("options")), ours)
    field = draft.begin(path, path, ours, both(told.get("label") or path), taken)
    if ours == "guide":
        words = re.sub(r"<[^>]{0,500}>", " ", str(told.get("options") or told.get("label") or path))
        field["text"] = both(words)
    _kind_rules(draft, told, kind, field, path)
    if ours not in ("heading", "guide"):
        _rules(draft, told, field, path)
    for theirs, key in CONDITIONS.items():
        if told.get(theirs) and (ours != "heading" or key == "show_when"):
            text = str(told[theirs])
            draft.condition(path, field, key, _condition(text), text)
    return field


def _kind_rules(draft: Draft, told: Mapping[str, Any], kind: str, field: Field, path: str) -> None:
    """What belongs to one fieldtype."""
    options = str(told.get("options") or "")
    if kind == "Select":
        codes = [line.strip() for line in options.split("\n") if line.strip()]
        draft.options(path, field, [(code, both(code)) for code in codes])
    elif kind == "Link":
        needed = free_name(options or "?")
        reason = Message(
            "A reference needs the record type “{name}”; the field became a text.", {"name": needed}
        )
        draft.left(path, "link", reason)
    elif kind == "Read Only":
        draft.put(path, field, "read_only", True)
    if told.get("non_negative"):
        draft.put(path, field, "min", 0)
    precision = str(told.get("precision") or "")
    if field["type"] == "decimal" and precision.isdigit():
        draft.put(path, field, "places", int(precision))
    length = told.get("length")
    if field["type"] in ("text", "long_text") and isinstance(length, int) and length > 0:
        draft.put(path, field, "max_length", length)


def _rules(draft: Draft, told: Mapping[str, Any], field: Field, path: str) -> None:
    for theirs, ours in FLAGS.items():
        if told.get(theirs) and ours not in field:
            draft.put(path, field, ours, True)
    if told.get("description"):
        draft.put(path, field, "help", both(re.sub(r"<[^>]{0,500}>", " ", str(told["description"]))))
    default = told.get("default")
    if default not in (None, "", 0, "0"):
        if isinstance(default, str) and (default in ("Today", "Now", "__user") or default.startswith(":")):
            draft.left(path, "default", Message("The default is worked out by the other system."))
        else:
            draft.put(path, field, "default", default == "1" if field["type"] == "boolean" else default)
    for key in UNKNOWN:
        if told.get(key):
            draft.left(path, key, Message("There is nothing like it."))


def _condition(text: str) -> Query | None:
    """``eval:…`` in JavaScript, or the bare name of a field that must have an answer."""
    plain = text.strip()
    if plain.startswith("eval:"):
        return read_condition(plain.removeprefix("eval:").strip().rstrip(";"))
    return {plain: dict(ANSWERED)} if re.fullmatch(r"\w{1,140}", plain) else None
