"""JSON Schema (drafts 4 to 2020-12): properties become fields, required and if/then become rules."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.interchange.draft import DEPTH, Draft, Field, both
from models.language import Message

FORMATS: Mapping[str, str] = {
    "email": "email",
    "idn-email": "email",
    "uri": "url",
    "url": "url",
    "date": "date",
    "date-time": "datetime",
    "time": "time",
}
"""What a string becomes by its ``format``."""

TYPES: Mapping[str, str] = {"string": "text", "integer": "integer", "number": "decimal", "boolean": "boolean"}

LINE = 500
"""Longest text of one line; what may be longer becomes a text of several."""

IGNORED = frozenset(
    (
        *("$comment", "$defs", "$id", "$ref", "$schema", "additionalProperties", "allOf", "anyOf", "const"),
        *("default", "definitions", "dependencies", "dependentRequired", "description", "else", "enum"),
        *("examples", "format", "id", "if", "items", "maxItems", "maxLength", "maximum", "minItems"),
        *("minLength", "minimum", "multipleOf", "oneOf", "pattern", "properties", "readOnly", "required"),
        *("then", "title", "type", "uniqueItems"),
    )
)
"""Keywords that are looked at, or that say nothing of answers."""


def is_json_schema(value: Any) -> bool:
    """Whether a document is a JSON Schema of an object, by its own keywords."""
    if not isinstance(value, Mapping):
        return False
    typed = isinstance(value.get("properties"), Mapping) and value.get("type", "object") == "object"
    return typed or "json-schema.org" in str(value.get("$schema", ""))


def read_json_schema(document: Mapping[str, Any]) -> Draft:
    """The draft of a record type from a JSON Schema of an object."""
    draft = Draft(name=str(document.get("title", "")), label=both(document.get("title", "")))
    if document.get("description"):
        draft.description = both(document["description"])
    reader = _Reader(document, draft)
    draft.fields = reader.level(reader.resolve(document), "", 1)
    return draft


class _Reader:
    def __init__(self, document: Mapping[str, Any], draft: Draft) -> None:
        self.document, self.draft = document, draft

    def resolve(self, node: Any, hops: int = 8) -> Mapping[str, Any]:
        """`node` with references inside the document followed, and the alternative null taken away."""
        if not isinstance(node, Mapping) or hops == 0:
            return {}
        if isinstance(node.get("$ref"), str):
            target = self._pointed(node["$ref"])
            return {**self.resolve(target, hops - 1), **{k: v for k, v in node.items() if k != "$ref"}}
        for key in ("anyOf", "oneOf"):
            others = [part for part in _list(node.get(key)) if part != {"type": "null"}]
            if len(others) == 1:
                rest = {name: value for name, value in node.items() if name != key}
                return {**self.resolve(others[0], hops - 1), **rest}
        return node

    def _pointed(self, reference: str) -> Any:
        node: Any = self.document
        if not reference.startswith("#"):
            return {}
        for part in reference[1:].strip("/").split("/"):
            if not part:
                continue
            key = part.replace("~1", "/").replace("~0", "~")
            node = node.get(key) if isinstance(node, Mapping) else None
        return node

    def level(self, schema: Mapping[str, Any], prefix: str, depth: int) -> list[Field]:
        """The fields of one object."""
        taken: set[str] = set()
        properties = schema.get("properties")
        found: dict[str, Field] = {}
        for name, node in properties.items() if isinstance(properties, Mapping) else ():
            field = self.field(str(name), self.resolve(node), f"{prefix}{name}", depth, taken)
            if field is not None:
                found[str(name)] = field
                if name in _list(schema.get("required")):
                    self.draft.put(f"{prefix}{name}", field, "required", True)
        self.conditions(schema, prefix, found)
        for key in sorted(schema.keys() - IGNORED):
            self.draft.left(prefix.rstrip(".") or "(form)", key, Message("This keyword has nothing like it."))
        return list(found.values())

    def field(
        self, name: str, node: Mapping[str, Any], path: str, depth: int, taken: set[str]
    ) -> Field | None:
        kind = self.kind(node)
        label = both(node.get("title") or name)
        if kind is None or (kind in ("group", "table") and depth >= DEPTH):
            told = node.get("type", "any") if kind is None else kind
            self.draft.left(path, f"type {told}", Message("There is no field like it."))
            return None
        field = self.draft.begin(path, name, kind, label, taken)
        if node.get("description"):
            self.draft.put(path, field, "help", both(node["description"]))
        self.inside(field, node, path, depth)
        self.rules(field, node, path)
        if kind in ("group", "table") and not field["fields"]:
            self.draft.left(path, "fields", Message("Nothing of what is inside could be carried over."))
            return None
        return field

    def kind(self, node: Mapping[str, Any]) -> str | None:
        """The type of field a schema becomes; None for what there is nothing like."""
        told = node.get("type")
        if isinstance(told, list):
            rest = [each for each in told if each != "null"]
            told = rest[0] if len(rest) == 1 else None
        if _options(node):
            return "choice"
        if told == "object" or (told is None and isinstance(node.get("properties"), Mapping)):
            return "group" if isinstance(node.get("properties"), Mapping) else None
        if told == "array":
            items = self.resolve(node.get("items"))
            inner = self.kind(items) if items else None
            return None if inner is None or inner == "table" else "choices" if inner == "choice" else "table"
        if told == "string":
            if node.get("format") in FORMATS:
                return FORMATS[str(node["format"])]
            return "long_text" if _number(node.get("maxLength")) and node["maxLength"] > LINE else "text"
        return TYPES.get(str(told))

    def inside(self, field: Field, node: Mapping[str, Any], path: str, depth: int) -> None:
        """Options, rows and parts."""
        if field["type"] == "choice":
            self.draft.options(path, field, _options(node))
        elif field["type"] == "choices":
            self.draft.options(path, field, _options(self.resolve(node.get("items"))))
        elif field["type"] == "group":
            field["fields"] = self.level(node, f"{path}.", depth + 1)
        elif field["type"] == "table":
            items = self.resolve(node.get("items"))
            if self.kind(items) == "group":
                field["fields"] = self.level(items, f"{path}.", depth + 1)
            else:
                column = self.field("value", items, f"{path}.value", depth + 1, set())
                field["fields"] = [column] if column else []
                self.draft.carried(path, "rows of one value")

    def rules(self, field: Field, node: Mapping[str, Any], path: str) -> None:
        """Limits, patterns, defaults, examples."""
        kind, draft = field["type"], self.draft
        if kind in ("text", "long_text"):
            for theirs, ours in (("minLength", "min_length"), ("maxLength", "max_length")):
                draft.put(path, field, ours, _number(node.get(theirs)))
            if kind == "text":
                draft.pattern(path, field, node.get("pattern"))
        if kind in ("integer", "decimal"):
            for theirs, ours in (("minimum", "min"), ("maximum", "max")):
                draft.put(path, field, ours, _number(node.get(theirs)))
        if kind == "table":
            for theirs, ours in (("minItems", "min_rows"), ("maxItems", "max_rows")):
                draft.put(path, field, ours, _number(node.get(theirs)))
        if node.get("readOnly") is True:
            draft.put(path, field, "read_only", True)
        default = node.get("default")
        if isinstance(default, str | int | float | bool):
            draft.put(path, field, "default", default)
        examples = _list(node.get("examples"))
        if examples and isinstance(examples[0], str | int | float) and kind not in ("group", "table"):
            draft.put(path, field, "example", examples[0])
        for key in sorted(node.keys() - IGNORED) if kind not in ("group", "table") else ():
            draft.left(path, key, Message("This keyword has nothing like it."))

    def conditions(self, schema: Mapping[str, Any], prefix: str, ours: Mapping[str, Field]) -> None:
        """``if``/``then`` with ``required``, and ``dependentRequired``, as ``required_when``."""
        for rule in (schema, *_list(schema.get("allOf"))):
            if not isinstance(rule, Mapping) or "if" not in rule:
                continue
            query = _query(rule.get("if"))
            then = rule.get("then") if isinstance(rule.get("then"), Mapping) else {}
            for name in _list(then.get("required") if isinstance(then, Mapping) else None):
                if name in ours:
                    self.draft.condition(f"{prefix}{name}", ours[name], "required_when", query, "if")
            if "else" in rule:
                self.draft.left(prefix.rstrip(".") or "(form)", "else", Message("Only “then” is looked at."))
        for key in ("dependentRequired", "dependencies"):
            for name, wanted in _mapping(schema.get(key)).items():
                for each in _list(wanted):
                    if each in ours:
                        query = {str(name): {"$ne": None}}
                        self.draft.condition(f"{prefix}{each}", ours[each], "required_when", query, key)


def _query(node: Any) -> dict[str, Any] | None:
    """What an ``if`` asks, where it asks for constants of properties."""
    asked = _mapping(_mapping(node).get("properties"))
    query: dict[str, Any] = {}
    for name, test in asked.items():
        told = _mapping(test)
        if "const" in told:
            query[str(name)] = told["const"]
        elif isinstance(told.get("enum"), list):
            query[str(name)] = {"$in": told["enum"]}
        else:
            return None
    return query or None


def _options(node: Mapping[str, Any]) -> list[tuple[str, Mapping[str, str]]]:
    return [(code, both(label)) for code, label in _codes(node)]


def _codes(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """``enum`` of texts, or ``oneOf`` of constants with titles."""
    values = [value for value in _list(node.get("enum")) if value is not None]
    if values and all(isinstance(value, str) for value in values):
        yield from ((value, value) for value in values)
    alternatives = [*_list(node.get("oneOf")), *_list(node.get("anyOf"))]
    if alternatives and all(isinstance(_mapping(part).get("const"), str) for part in alternatives):
        yield from ((part["const"], str(part.get("title", part["const"]))) for part in alternatives)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _number(value: Any) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
