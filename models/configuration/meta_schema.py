"""JSON Schemas (draft 2020-12) of the configuration's files, for editors that complete and check while one
types. Made from the same pydantic models that read the files; the linter goes further."""

import inspect
from collections.abc import Mapping
from typing import Any

from models.configuration.load import CONCEPTS
from models.schema.fields import TYPE_NAMES
from models.schema.formats import FORMATS
from models.schema.json_schema import DIALECT
from models.workflow.definition import PEOPLE
from models.workflow.effects import EFFECTS, LIFECYCLE_EFFECTS, Effect

Node = dict[str, Any]
Told = Mapping[str, Mapping[str, str]]
"""What each key is, by the name of the class it belongs to; ``own`` for the keys of field types."""

CONDITION = "A condition in MongoDB's query language, for example {area: tokyo} or {capacity: {$gte: 1000}}."
FORMULA = "A formula of MongoDB's expressions, for example {$sum: $units.capacity}."
CONDITIONS = frozenset(
    ("show_when", "required_when", "read_only_when", "must", "when", "needs", "where", "among")
)

DURATION: Node = {
    "title": "Duration",
    "description": "So many hours, calendar or business days: 5 business_days.",
    "type": "string",
    "pattern": "^[0-9]{1,4} (hour|hours|day|days|business_day|business_days)$",
}
TERM: Node = {
    **DURATION,
    "title": "Term",
    "description": f"{DURATION['description']} Or a period of the site by its name: $first_answer.",
    "pattern": f"{DURATION['pattern']}|^\\$[a-z][a-z0-9_]*$",
}
RATE: Node = {
    "title": "Rate",
    "description": "So many times within a window of the clock: 600 per minute, 5 per 10 minutes.",
    "type": "string",
    "pattern": "^[1-9][0-9]{0,6} per ([1-9][0-9]{0,2} )?(second|minute|hour|day)s?$",
}
CLOCK: Node = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["09:00"]}

MOMENT: Node = {
    "type": "string",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2} ([01][0-9]|2[0-3]):[0-5][0-9]$",
    "examples": ["2026-10-23 18:00"],
}


def meta_schema(concept: str, told: Told | None = None) -> Node:
    """The JSON Schema of one kind of file, by its first key (``record_type``, ``choices``, ``workflow``,
    ``lifecycle``, ``window``, ``site``, ``module``); `told` describes keys. Raises KeyError for another
    concept."""
    model = CONCEPTS[concept]
    schema = model.model_json_schema(by_alias=True)
    definitions: Node = schema.pop("$defs", {})
    nodes = {model.__name__: schema, **definitions}
    for name, node in nodes.items():
        _describe(name, node, told or {})
        _let_short_forms(name, node, LIFECYCLE_EFFECTS if concept == "lifecycle" else EFFECTS)
    if "TextField" in definitions:
        definitions["AnyField"] = _any_field(schema, definitions)
    short = {"Duration": DURATION, "Term": TERM, "Rate": RATE}
    definitions |= {name: node for name, node in short.items() if name in definitions}
    whole = {**schema, "$defs": definitions} if definitions else schema
    return {"$schema": DIALECT, "$id": f"urn:toroku:meta:{concept}", **_tidy(whole)}


def meta_schemas(told: Told | None = None) -> dict[str, Node]:
    """The JSON Schema of every kind of file, by concept."""
    return {concept: meta_schema(concept, told) for concept in CONCEPTS}


def _describe(name: str, node: Node, told: Told) -> None:
    """Descriptions: of classes from docstrings, of keys from `told`; of conditions and formulas loosely."""
    if "description" in node:
        node["description"] = inspect.cleandoc(node["description"]).replace("``", "`")
    own = {**told.get("own", {}), **told.get("BaseField", {})} if name.endswith("Field") else {}
    keys = {**own, **told.get(name, {})}
    for key, part in node.get("properties", {}).items():
        part.pop("title", None)
        if key in keys:
            part["description"] = keys[key]
        if key in CONDITIONS and _holds_object(part) and name != "Transition":
            part["description"] = f"{part.get('description', '')} {CONDITION}".strip()
        if name == "ComputedField" and key == "value":
            part["description"] = FORMULA


def _holds_object(part: Node) -> bool:
    return part.get("type") == "object" or any(e.get("type") == "object" for e in part.get("anyOf", ()))


def _let_short_forms(name: str, node: Node, effects: Mapping[str, Effect]) -> None:
    """Where the models take a shorter way of writing, the schema does too."""
    keys: Node = node.get("properties", {})
    if name == "Transition":
        for key in ("from", "by", "not_by", "needs"):
            keys[key] = _one_or_many(keys[key])
        for key in ("by", "not_by"):
            keys[key]["examples"] = [[person] for person in PEOPLE]
        keys["effects"]["items"] = _effect(effects)
        _let_names(keys, "mail", "all_of")
    elif name == "State":
        _let_names(keys, "overdue")
    elif name == "Measure":
        for key in ("from", "to"):
            keys[key] = _one_or_many(keys[key])
    elif name == "SitePeriod":
        either = [{"$ref": "#/$defs/Duration"}, {"const": None}]
        keys["length"] = {**_description(keys["length"]), "anyOf": either}
    elif name == "EffectCall":
        keys["effect"]["enum"] = list(effects)
    elif name == "ServiceHours":
        for key in ("from", "to"):
            keys[key] = {**_description(keys[key]), **CLOCK}
    elif name == "Period":
        for key in ("opens", "closes"):
            keys[key] = {**_description(keys[key]), **MOMENT}
    elif name == "TextField":
        keys["format"] = {**_description(keys["format"]), "anyOf": _formats()}


def _let_names(keys: Node, *lists: str) -> None:
    """Let what stands in these lists be written as a name."""
    for key in lists:
        keys[key]["items"] = {"anyOf": [{"type": "string"}, keys[key]["items"]]}


def _description(part: Node) -> Node:
    return {key: text for key, text in part.items() if key == "description"}


def _one_or_many(part: Node) -> Node:
    several = {key: told for key, told in part.items() if key not in ("description", "default")}
    return {**_description(part), "anyOf": [part["items"], several]}


def _effect(effects: Mapping[str, Effect]) -> Node:
    """An effect by its name, by its name with parameters, or in full."""
    named = {
        "type": "object",
        "propertyNames": {"enum": list(effects)},
        "minProperties": 1,
        "maxProperties": 1,
    }
    return {"anyOf": [{"enum": list(effects)}, named, {"$ref": "#/$defs/EffectCall"}]}


def _formats() -> list[Node]:
    """A named format, or one with its parameters."""
    named = {"propertyNames": {"enum": list(FORMATS)}, "minProperties": 1, "maxProperties": 1}
    return [{"enum": list(FORMATS)}, {"type": "object", **named}]


def _any_field(schema: Node, definitions: Node) -> Node:
    """A field of any type: an ``if`` per type, so that editors complain of the type written alone."""
    mapping: Mapping[str, str] = schema["properties"]["fields"]["items"]["discriminator"]["mapping"]
    for holder in (schema, *definitions.values()):
        fields = holder.get("properties", {}).get("fields", {})
        if "discriminator" in fields.get("items", {}):
            fields["items"] = {"$ref": "#/$defs/AnyField"}
    kinds = {name: definitions[mapping[name].rpartition("/")[2]] for name in TYPE_NAMES}
    told = [{"const": name, "description": kind.get("description", "")} for name, kind in kinds.items()]
    return {
        "title": "Field",
        "type": "object",
        "required": ["name", "type"],
        "properties": {"type": {"oneOf": told}},
        "allOf": [
            {
                "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
                "then": {"$ref": mapping[name]},
            }
            for name in TYPE_NAMES
        ],
    }


def _tidy(node: Any) -> Any:
    """Without the alternative null, which nobody writes, and without defaults that say nothing."""
    if isinstance(node, list):
        return [_tidy(part) for part in node]
    if not isinstance(node, Mapping):
        return node
    told = {key: _tidy(part) for key, part in node.items() if not (key == "default" and _says_nothing(part))}
    alternatives = [part for part in told.get("anyOf", ()) if part != {"type": "null"}]
    if "anyOf" in told and len(alternatives) < len(told["anyOf"]):
        del told["anyOf"]
        told |= alternatives[0] if len(alternatives) == 1 else {"anyOf": alternatives}
    return told


def _says_nothing(default: Any) -> bool:
    return default is None or default in ("", [], {})
