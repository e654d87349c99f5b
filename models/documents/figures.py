"""What dashboards count: aggregations that read indexes alone, and stop when they take too long."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo.errors import ExecutionTimeout

from models.documents.application import Application
from models.errors import SearchTooWide
from models.workflow.answering import ANSWERING

PATIENCE = 10_000
"""Longest one figure is counted (milliseconds): nobody waits for it, it is only not to go on for ever."""

Row = Mapping[str, Any]
Where = Mapping[str, Any]


async def _aggregate(collection: Any, steps: Sequence[Row], hint: str | None = None) -> list[Row]:
    options = {"hint": hint} if hint else {}
    try:
        cursor = await collection.aggregate(list(steps), maxTimeMS=PATIENCE, **options)
        return [row async for row in cursor]
    except ExecutionTimeout as error:
        raise SearchTooWide from error


async def waiting_by_age(states: Sequence[str], bounds: Sequence[datetime]) -> list[tuple[str, int, int]]:
    """How many applications wait in each of `states`, by age: state, how many of the `bounds` (the latest
    first) they were received before, count. Read from the index ``queue`` alone."""
    older = {"$add": [{"$cond": [{"$lt": ["$submitted_at", bound]}, 1, 0]} for bound in bounds]}
    steps: list[Row] = [
        {"$match": {"state": {"$in": list(states)}}},
        {"$group": {"_id": {"state": "$state", "age": older}, "count": {"$sum": 1}}},
    ]
    rows = await _aggregate(Application.raw(), steps, "queue")
    return [(row["_id"]["state"], row["_id"]["age"], row["count"]) for row in rows]


async def decided_since(moment: datetime, zone: str) -> list[tuple[str, str, str, int]]:
    """The applications decided since `moment`, by days of `zone`: state, day received ("" where it never
    was), day decided, count; not those registered at once, which nobody decided. Read from the index
    ``decided`` alone."""

    def day(path: str) -> Row:
        return {"$dateToString": {"date": f"${path}", "format": "%Y-%m-%d", "timezone": zone, "onNull": ""}}

    key = {"state": "$state", "received": day("submitted_at"), "decided": day("decided_at")}
    at_once = {"$eq": ["$decided_at", "$submitted_at"]}
    steps: list[Row] = [
        {"$match": {"decided_at": {"$gte": moment}, "state": {"$nin": list(ANSWERING.states)}}},
        {"$group": {"_id": {**key, "at_once": at_once}, "count": {"$sum": 1}}},
        {"$match": {"_id.at_once": False}},
    ]
    found = ((row["_id"], row["count"]) for row in await _aggregate(Application.raw(), steps, "decided"))
    return [(told["state"], told["received"], told["decided"], count) for told, count in found]


async def remarks_since(moment: datetime) -> list[tuple[str, str, int]]:
    """The remarks made since `moment`: record type, reason code ("" where none was chosen), count."""
    recent = {"remarks.at": {"$gte": moment}}
    steps: list[Row] = [
        {"$match": recent},
        {"$project": {"type": 1, "remarks.at": 1, "remarks.reason": 1}},
        {"$unwind": "$remarks"},
        {"$match": recent},
        {"$group": {"_id": {"type": "$type", "reason": "$remarks.reason"}, "count": {"$sum": 1}}},
    ]
    found = ((row["_id"], row["count"]) for row in await _aggregate(Application.raw(), steps, "remarked"))
    return [(told["type"], told.get("reason") or "", count) for told, count in found]


async def count_values(
    collection: str, path: str, values: Iterable[str], ended: Sequence[str], where: Where
) -> dict[str, int]:
    """How many records of a collection, not in one of the states `ended`, have each of `values` at `path`.

    Where `where` leaves all of them, every value is counted by its index and what has ended is taken off;
    else those that match are read."""
    rows = Application.raw().database[collection]
    living: Where = {"lifecycle": {"$nin": list(ended)}} if ended else {}
    if where:
        found = await _grouped(rows, path, {"$and": [where, living]} if living else where)
        return {value: found.get(value, 0) for value in values}
    gone = await _grouped(rows, path, {"lifecycle": {"$in": list(ended)}}) if ended else {}
    return {value: await _count(rows, {path: value}) - gone.get(value, 0) for value in values}


async def _grouped(rows: Any, path: str, where: Where) -> dict[str, int]:
    steps: list[Row] = [{"$match": where}, {"$group": {"_id": f"${path}", "count": {"$sum": 1}}}]
    return {str(row["_id"]): int(row["count"]) for row in await _aggregate(rows, steps)}


async def _count(rows: Any, where: Where) -> int:
    try:
        return int(await rows.count_documents(where, maxTimeMS=PATIENCE))
    except ExecutionTimeout as error:
        raise SearchTooWide from error
