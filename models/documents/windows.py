"""Pages of a collection found by the place of a row in an order, so that the thousandth costs what the first
does.

An order is a path and the ``_id``, which ends every index it is read by. Rows without a value come last in
both directions, and after them those whose value is of another kind than it should be: a damaged document is
listed, at the end."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from bson import ObjectId
from bson.errors import InvalidId
from pymongo.errors import ExecutionTimeout

from models.errors import SearchTooWide

Row = Mapping[str, Any]
Where = Mapping[str, Any]
Value = datetime | str
Part = Literal[0, 1, 2]
"""Where in an order a row is: among those with a value, without one, or with one of another kind."""

LONGEST_TOKEN = 400
PATIENCE = 3000
"""Longest a page is searched for (milliseconds)."""

LEAST: Mapping[str, Value] = {"moment": datetime(1, 1, 1, tzinfo=UTC), "text": ""}
"""The least value of each kind."""


@dataclass(frozen=True, slots=True)
class Order:
    """Rows by the values at `path`, all of one `kind`, upwards or `down`."""

    path: str
    kind: Literal["moment", "text"]
    down: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A row's place in an order, and how many rows lie before it as far as was counted."""

    part: Part
    value: Value | None
    id: ObjectId
    before: int = 0

    @property
    def token(self) -> str:
        """The place as an address carries it."""
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        told = json.dumps([self.part, value, str(self.id), self.before], separators=(",", ":"))
        return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def place_of(row: Row, order: Order, before: int = 0) -> Place:
    """The place of a row that was read in this order."""
    value = row.get(order.path)
    if isinstance(value, datetime if order.kind == "moment" else str):
        return Place(0, value, row["_id"], before)
    return Place(1 if value is None else 2, None, row["_id"], before)


def read_place(token: str, order: Order) -> Place | None:
    """The place a token spells; None for anything else, and for a place in an order of another kind."""
    text = f"{token[:LONGEST_TOKEN]}{'=' * (-len(token) % 4)}"
    try:
        part, value, identifier, before = json.loads(base64.b64decode(text, b"-_", validate=True))
        return Place(_part(part), _value(part, value, order), ObjectId(identifier), _count(before))
    except (ValueError, TypeError, InvalidId, OverflowError, RecursionError):
        return None


def _part(told: Any) -> Part:
    known: tuple[Part, ...] = (0, 1, 2)
    if type(told) is not int or told not in known:
        raise ValueError
    return known[told]


def _value(part: int, told: Any, order: Order) -> Value | None:
    if part:
        return None
    if not isinstance(told, str):
        raise TypeError
    if order.kind == "text":
        return told
    moment = datetime.fromisoformat(told)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _count(told: Any) -> int:
    return min(max(told, 0), 10**9) if type(told) is int else 0


async def read_rows(
    collection: Any,
    where: Where,
    order: Order,
    columns: Mapping[str, Any],
    limit: int,
    place: Place | None = None,
    *,
    back: bool = False,
) -> list[Row]:
    """At most `limit` rows after `place` (from the beginning where it is None), in order; with `back` the
    ones before it (the last ones). Raises SearchTooWide when it takes longer than PATIENCE."""
    found: list[Row] = []
    try:
        for condition, sort in _parts(order, place, back):
            wanted = {"$and": [where, condition]} if where else condition
            cursor = collection.find(wanted, columns, max_time_ms=PATIENCE).sort(sort)
            found += await cursor.limit(limit - len(found)).to_list(None)
            if len(found) >= limit:
                break
    except ExecutionTimeout as error:
        raise SearchTooWide from error
    return found[::-1] if back else found


Sort = list[tuple[str, int]]


def _parts(order: Order, place: Place | None, back: bool) -> Iterator[tuple[Where, Sort]]:
    """The conditions that together are everything beyond `place`, each with the sort its index serves: first
    what shares its value, then the rest of its part, then the parts that follow. One question for both would
    be an ``$or``, which the database may answer by two indexes and a sort."""
    way = -1 if order.down != back else 1
    parts: tuple[Part, ...] = (2, 1, 0) if back else (0, 1, 2)
    begin = parts.index(place.part) if place else 0
    test = "$gt" if way > 0 else "$lt"
    by_id = [("_id", way)]
    for part in parts[begin:]:
        here = place if place and place.part == part else None
        if part:
            yield _without(order, part) | ({"_id": {test: here.id}} if here else {}), by_id
            continue
        if here:
            yield {order.path: here.value, "_id": {test: here.id}}, by_id
        limits = {test: here.value} if here else {"$gte": LEAST[order.kind]}
        yield {order.path: limits}, [(order.path, way), *by_id]


def _without(order: Order, part: Part) -> dict[str, Any]:
    """Rows without a value, or with one of another kind."""
    return {order.path: None if part == 1 else {"$not": {"$gte": LEAST[order.kind]}, "$ne": None}}


async def count_rows(collection: Any, wheres: Sequence[Where], limit: int) -> list[int]:
    """How many match each of several queries, none counted further than `limit`: in one question to the
    database, because asking costs more than counting. Raises SearchTooWide when it takes longer than
    PATIENCE."""
    first, *rest = (_counting(place, where, limit) for place, where in enumerate(wheres))
    others = [{"$unionWith": {"coll": collection.name, "pipeline": stages}} for stages in rest]
    try:
        cursor = await collection.aggregate([*first, *others], maxTimeMS=PATIENCE)
        found = {row["_id"]: row["count"] for row in await cursor.to_list(None)}
    except ExecutionTimeout as error:
        raise SearchTooWide from error
    return [found.get(place, 0) for place in range(len(wheres))]


def _counting(place: int, where: Where, limit: int) -> list[Mapping[str, Any]]:
    counted = {"_id": {"$literal": place}, "count": {"$sum": 1}}
    return [{"$match": where}, {"$limit": limit}, {"$group": counted}]
