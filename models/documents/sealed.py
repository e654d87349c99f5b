"""Where sealed answers are stored: looked through in ranges, and exchanged only as they were read."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pymongo import UpdateOne

from models.documents.application import Application
from models.documents.base import Id
from models.documents.code import Authenticator
from models.documents.job import Job
from models.documents.prepare import database_of
from models.documents.record import RecordVersion
from models.documents.redaction import Redaction
from models.documents.store import Store
from models.schema.fields.secret import is_sealed

RANGE = 500
"""Documents read at a time."""


@dataclass(frozen=True, slots=True)
class Place:
    """One collection, and its fields that may hold sealed answers at any depth."""

    collection: str
    fields: tuple[str, ...]
    where: Mapping[str, Any] = field(default_factory=dict)


def places(records: Iterable[str], types: Iterable[str]) -> list[Place]:
    """Every place: what is written from, before what is written to. `records` are the collections of the
    record types with secrets in any version, `types` their names."""
    ours: Mapping[str, Any] = {"type": {"$in": sorted(types)}}
    return [
        Place(_name(Application), ("answers", "data", "attic", "submissions"), ours),
        *(Place(name, ("data", "attic")) for name in sorted(records)),
        Place(_name(RecordVersion), ("data",), ours),
        Place(_name(Job), ("parameters",)),
        Place(_name(Redaction), ("sealed",)),
        Place(_name(Authenticator), ("secret", "proposed")),
    ]


def _name(model: Any) -> str:
    return str(model.raw().name)


@dataclass(frozen=True, slots=True)
class Sealed:
    """One document with its tokens, by the path each is stored at (``data.lines.0.pin.sealed``)."""

    id: Id
    tokens: Mapping[str, str]


async def ranges(store: Store, place: Place, after: Id | None = None) -> AsyncIterator[list[Sealed]]:
    """The documents of a place after `after`, RANGE at a time, those without a token among them."""
    collection, last = database_of(store)[place.collection], after
    columns = dict.fromkeys(place.fields, 1)
    while True:
        where = {**place.where, **({"_id": {"$gt": last}} if last is not None else {})}
        rows = await collection.find(where, columns).sort("_id", 1).limit(RANGE).to_list(None)
        if not rows:
            return
        yield [Sealed(row["_id"], dict(tokens(row))) for row in rows]
        last = rows[-1]["_id"]


def tokens(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every token in a stored value, with its path."""
    if is_sealed(value):
        yield f"{path}.sealed", value["sealed"]
        return
    named: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        named = value.items()
    elif isinstance(value, list):
        named = enumerate(value)
    for name, part in named:
        yield from tokens(part, f"{path}.{name}" if path else str(name))


async def exchange(store: Store, place: Place, found: Sequence[tuple[Sealed, Mapping[str, str]]]) -> int:
    """Put new tokens in the place of old ones, by path, in every document that still holds all the old ones
    there; how many documents did. Nothing else of a document is touched."""
    collection = database_of(store)[place.collection]
    updates = [
        ({"_id": each.id, **{path: each.tokens[path] for path in new}}, {"$set": dict(new)})
        for each, new in found
    ]
    if not updates:
        return 0
    if store.transactional:
        done = await collection.bulk_write([UpdateOne(*update) for update in updates], ordered=False)
        return done.modified_count
    return sum([(await collection.update_one(*update)).modified_count for update in updates])


async def count(store: Store, place: Place) -> int:
    """How many documents a place has, about."""
    return int(await database_of(store)[place.collection].estimated_document_count())
