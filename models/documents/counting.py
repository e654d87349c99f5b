"""How many stored documents each of several queries selects, and which: one scan for all of them.

The collection is read in ranges of ``_id``, two at a time, with all queries asked of a range at once
(``$facet``): measured, that is twice as fast as one count per query, and says how far it has come."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pymongo.errors import OperationFailure

from models.documents.application import Application
from models.documents.prepare import database_of
from models.documents.store import Store

Query = Mapping[str, Any]
Bounds = dict[str, Any]

RANGE = 50_000
"""Documents of one range."""

AT_ONCE = 2
"""Ranges read at the same time: more only wait for each other."""

SAMPLES = 20
"""Most documents named per query."""

BATCH = 200
"""Documents handed to the server at once that are not stored as they are asked about."""


@dataclass
class Tally:
    """How many there are, and the first of them by name. ``failed`` when the server could not tell."""

    count: int = 0
    named: list[str] = field(default_factory=list)
    failed: bool = False

    def add(self, count: int, named: Sequence[str]) -> None:
        self.count += count
        self.named += [name for name in named if name][: SAMPLES - len(self.named)]


class Tallies(dict[str, Tally]):
    """What was counted, by the key of its query."""

    def __init__(self, asked: Mapping[str, Query]) -> None:
        super().__init__({key: Tally() for key in asked})


async def count_in(
    collection: Any,
    asked: Mapping[str, Query],
    *,
    name: str,
    where: Query | None = None,
    single: bool = False,
) -> AsyncIterator[tuple[int, Tallies]]:
    """Count what each query selects, range by range: yields how many documents were read and the tallies so
    far. `name` is the path that names a document, `where` bounds what is read. `single` asks one query after
    the other, for a database without ``$facet``'s accumulators."""
    tallies = Tallies(asked)
    if single:
        await _count_singly(collection, asked, where or {}, name, tallies)
        yield await collection.count_documents(where or {}), tallies
        return
    read = 0
    async for bounds in _batches(_ranges(collection, where), AT_ONCE):
        for size, found in await asyncio.gather(*(_count_range(collection, b, asked, name) for b in bounds)):
            read += size
            _add(tallies, found)
        yield read, tallies


async def _ranges(collection: Any, where: Query | None) -> AsyncIterator[Query]:
    """Conditions on ``_id`` that part the collection into ranges, in its order."""
    last: Any = None
    while True:
        after = {"_id": {"$gt": last}} if last is not None else {}
        rest = {"$and": [after, where]} if after and where else after or where or {}
        cursor = collection.find(rest, {"_id": 1}).sort("_id", 1).skip(RANGE - 1).limit(1)
        ends = await cursor.to_list(None)
        upto = {"$lte": ends[0]["_id"]} if ends else {}
        bounds = {**({"$gt": last} if last is not None else {}), **upto}
        yield {"$and": [{"_id": bounds} if bounds else {}, where or {}]}
        if not ends:
            return
        last = ends[0]["_id"]


async def _batches(each_of: AsyncIterator[Query], size: int) -> AsyncIterator[list[Query]]:
    group: list[Query] = []
    async for each in each_of:
        group.append(each)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


ALL = ":all"


async def _count_range(
    collection: Any, bounds: Query, asked: Mapping[str, Query], name: str
) -> tuple[int, Tallies]:
    """All queries on one range; where the server refuses one of them, each by itself."""
    try:
        found = await _facet(collection, [{"$match": bounds}], asked, name)
    except OperationFailure:
        found = Tallies(asked)
        await _count_singly(collection, asked, bounds, name, found)
        found[ALL] = Tally(await collection.count_documents(bounds))
    return found.pop(ALL, Tally()).count, found


async def _facet(source: Any, stages: list[dict[str, Any]], asked: Mapping[str, Query], name: str) -> Tallies:
    """One aggregation with a branch per query; keys may hold dots, so branches are numbered."""
    branches = {f"q{position}": _branch(query, name) for position, query in enumerate(asked.values())}
    cursor = await source.aggregate([*stages, {"$facet": {**branches, "all": [{"$count": "count"}]}}])
    row = (await cursor.to_list(None))[0]
    found = Tallies(asked)
    for position, key in enumerate(asked):
        for told in row[f"q{position}"]:
            found[key].add(told["count"], told["named"])
    found[ALL] = Tally(row["all"][0]["count"] if row["all"] else 0)
    return found


def _branch(query: Query, name: str) -> list[dict[str, Any]]:
    first = {"$firstN": {"n": SAMPLES, "input": f"${name}"}}
    return [{"$match": query}, {"$group": {"_id": None, "count": {"$sum": 1}, "named": first}}]


async def _count_singly(
    collection: Any, asked: Mapping[str, Query], bounds: Query, name: str, tallies: Tallies
) -> None:
    """One count per query. A query the server cannot run (a formula over a value of another kind) says so."""
    for key, query in asked.items():
        both = {"$and": [bounds, query]} if bounds and query else bounds or query
        try:
            count = await collection.count_documents(both)
            rows = await collection.find(both, {name: 1}).limit(SAMPLES).to_list(None)
        except OperationFailure:
            tallies[key].failed = True
            continue
        tallies[key].add(count, [row.get(name, "") for row in rows])


def _add(tallies: Tallies, found: Tallies) -> None:
    for key, tally in found.items():
        tallies[key].add(tally.count, tally.named)
        tallies[key].failed |= tally.failed


async def count_given(
    store: Store, documents: AsyncIterator[Mapping[str, Any]], asked: Mapping[str, Query], *, name: str
) -> AsyncIterator[tuple[int, Tallies]]:
    """Count among `documents`, which are not stored as they are asked about: the server judges them all the
    same, so that its answer is the one it would give for stored ones. Yields as ``count_in`` does."""
    tallies, read = Tallies(asked), 0
    database = database_of(store)
    async for batch in _batches(documents, BATCH):
        given = [{"$documents": [{"$literal": each} for each in batch]}]
        try:
            found = await _facet(database, given, asked, name)
        except OperationFailure:
            found = await _given_singly(database, given, asked, name)
        found.pop(ALL, None)
        _add(tallies, found)
        read += len(batch)
        yield read, tallies


async def _given_singly(
    database: Any, given: list[dict[str, Any]], asked: Mapping[str, Query], name: str
) -> Tallies:
    tallies = Tallies(asked)
    for key, query in asked.items():
        try:
            tallies[key] = (await _facet(database, given, {key: query}, name))[key]
        except OperationFailure:
            tallies[key].failed = True
    return tallies


async def count_duplicates(
    collection: Any, paths: Sequence[str], among: Query, *, single: bool = False
) -> Tally:
    """How many documents share what is at `paths` with another, among those `among` selects."""
    key = {f"k{position}": f"${path}" for position, path in enumerate(paths)}
    there = {"$and": [among, {paths[0]: {"$exists": True}}]}
    several = [
        {"$match": there},
        {"$group": {"_id": key, "count": {"$sum": 1}}},
        {"$match": {"count": {"$gt": 1}}},
    ]
    first = {"$push": "$_id"} if single else {"$firstN": {"n": SAMPLES, "input": "$_id"}}
    summed = {"$group": {"_id": None, "count": {"$sum": "$count"}, "keys": first}}
    cursor = await collection.aggregate([*several, summed], allowDiskUse=True)
    for row in await cursor.to_list(None):
        same = [
            {path: key.get(f"k{position}") for position, path in enumerate(paths)}
            for key in row["keys"][:SAMPLES]
        ]
        named = (
            await collection.find({"$and": [there, {"$or": same}]}, {"number": 1})
            .limit(SAMPLES)
            .to_list(None)
        )
        return Tally(row["count"], [each["number"] for each in named])
    return Tally()


def applications() -> Any:
    """The collection of applications."""
    return Application.raw()
