"""Where a page of a sorted list goes on: after the row seen last, however many come before it.

An index that ends in ``_id`` leads there at once; skipping rows would read every one of them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bson.objectid import ObjectId

Order = Sequence[tuple[str, int]]
Test = Mapping[str, Any]

KINDS: tuple[tuple[tuple[type, ...], Any], ...] = (
    ((int, float, Decimal), float("-inf")),
    ((str,), ""),
    ((Mapping,), {}),
    ((ObjectId,), ObjectId("0" * 24)),
    ((bool,), False),
    ((datetime,), datetime(1, 1, 1, tzinfo=UTC)),
)
"""Kinds of values in the order the database sorts them, each with its smallest; before them nothing and null.
A comparison stays within one kind, so that going on means going on through the next (MongoDB manual,
“Comparison/Sort Order”)."""

SMALLEST = tuple(smallest for _, smallest in KINDS)


def turned(order: Order) -> list[tuple[str, int]]:
    """The same order from its other end."""
    return [(path, -way) for path, way in order]


def beyond(order: Order, place: Sequence[Any]) -> Test:
    """The rows that come after `place`: a row's value for every path of `order`, None for none. Raises
    ValueError for a value that has no place in an order."""
    found: list[Test] = []
    same: dict[str, Any] = {}
    for (path, way), value in zip(order, place, strict=True):
        found += [{**same, path: test} for test in _after(way, value, path == "_id")]
        same[path] = {"$eq": value}
    return found[0] if len(found) == 1 else {"$or": found}


def _after(way: int, value: Any, identity: bool) -> list[Any]:
    """The tests of one path: further on among values of its kind, then the kinds that follow; identities are
    all of one kind."""
    at = kind_of(value)
    own = [] if value is None else [{"$gt" if way > 0 else "$lt": value}]
    if identity:
        return own
    if way > 0:
        return own + [{"$gte": smallest} for smallest in SMALLEST[at + 1 :]]
    earlier = [{"$gte": smallest} for smallest in SMALLEST[: max(at, 0)]]
    return own + earlier + ([] if value is None else [None])


def kind_of(value: Any) -> int:
    """The place of a value's kind among KINDS; -1 for nothing. Raises ValueError for one that is not among
    them (a list is sorted by what is in it)."""
    if value is None:
        return -1
    if isinstance(value, bool):  # which Python counts among the numbers
        return SMALLEST.index(False, 1)
    for number, (types, _) in enumerate(KINDS):
        if isinstance(value, types):
            return number
    raise ValueError(type(value).__name__)
