"""The wall behind the models: a ``$jsonSchema`` per record collection, derived from every published version.

A record is held to the version it names, by BSON types and by names. Lengths, formats and options stay with
the models: a wall that knew them would refuse what an older rule allowed. A record that stands outside the
wall already (from before it was there) can still be changed, ended and converted; one inside stays inside
(``validationLevel: moderate``)."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.documents.prepare import database_of
from models.documents.record import envelope_schema
from models.documents.store import Mongo, Store
from models.schema.definition import RecordType
from models.schema.fields.base import object_schema

Versions = Mapping[int, RecordType | None]
"""The versions records may name, with their definitions; None where any data is let through: a version that
is just being published, or that cannot be understood here."""

LEVEL = "moderate"

BSON_TYPES: Mapping[str, tuple[str, ...]] = {
    "string": ("string",),
    "integer": ("int", "long"),
    "number": ("decimal", "int", "long", "double"),
    "boolean": ("bool",),
    "object": ("object",),
    "array": ("array",),
    "null": ("null",),
}
"""What JSON Schema's types are in the database; exact decimals are Decimal128."""


def wall(versions: Versions) -> dict[str, Any]:
    """The ``$jsonSchema`` of a record collection; without versions, that of the envelope alone. Versions
    whose data looks the same to it share one alternative; the newest comes first, for most writes name it."""
    envelope = dict(envelope_schema(_owners(versions)))
    alternatives: list[tuple[dict[str, Any], list[int]]] = []
    for version in sorted(versions, reverse=True):
        data = _data(versions[version])
        same = next((numbers for told, numbers in alternatives if told == data), None)
        if same is None:
            alternatives.append((data, [version]))
        else:
            same.append(version)
    if alternatives:
        envelope["anyOf"] = [
            {"properties": {"schema_version": {"enum": numbers}, "data": told}}
            for told, numbers in alternatives
        ]
    return envelope


def _owners(versions: Versions) -> str | list[str]:
    """The BSON type of whose records of these versions are; of both kinds where versions differ or none is
    known."""
    kinds = {definition.is_ours for definition in versions.values() if definition is not None}
    if kinds == {True}:
        return "null"
    return "objectId" if kinds == {False} or not versions else ["objectId", "null"]


def _data(definition: RecordType | None) -> dict[str, Any]:
    if definition is None:
        return {"bsonType": "object"}
    told = bson_schema(object_schema(definition.fields))
    number = {definition.number.field: {"bsonType": ["string", "null"]}}
    return {**told, "bsonType": "object", "properties": {**number, **told["properties"]}}


def bson_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The types and names of a JSON Schema in the server's words; every value may be null as well."""
    if "anyOf" in schema:
        schema = next((each for each in schema["anyOf"] if each.get("type") != "null"), {})
    if "type" not in schema:
        return {}
    told: dict[str, Any] = {"bsonType": [*_bson_types(schema["type"]), "null"]}
    if "properties" in schema:
        told["properties"] = {name: bson_schema(part) for name, part in schema["properties"].items()}
    if schema.get("additionalProperties") is False:
        told["additionalProperties"] = False
    if "items" in schema:
        told["items"] = bson_schema(schema["items"])
    return told


def _bson_types(named: str | list[str]) -> Iterator[str]:
    for name in [named] if isinstance(named, str) else named:
        if name != "null":
            yield from BSON_TYPES[name]


async def ensure_walls(store: Store, wanted: Mapping[str, Versions]) -> list[str]:
    """Make the collections named have the walls of these versions; the names of those that were changed.

    Asks the server once about all of them and changes only what differs; ``memory://`` has no walls."""
    if not store.transactional or not wanted:
        return []
    database = database_of(store)
    standing = await _standing(database, list(wanted))
    changed = []
    for name, versions in wanted.items():
        terms: dict[str, Any] = {"validator": {"$jsonSchema": wall(versions)}, "validationLevel": LEVEL}
        if name in standing and any(standing[name].get(key) != value for key, value in terms.items()):
            await database.command({"collMod": name, **terms})
            changed.append(name)
    return changed


async def ensure_wall(store: Store, collection: str, versions: Versions) -> bool:
    """Make one collection have the wall of these versions; whether that changed it."""
    return bool(await ensure_walls(store, {collection: versions}))


async def _standing(database: Mongo, names: list[str]) -> dict[str, Mapping[str, Any]]:
    """The options of the collections that are there."""
    found = await database.list_collections(filter={"type": "collection", "name": {"$in": names}})
    return {each["name"]: each.get("options", {}) async for each in found}
