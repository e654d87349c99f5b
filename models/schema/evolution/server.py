"""Pieces of update pipelines (MongoDB aggregation expressions) the steps share."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.schema.evolution.entry import Steps

Expression = Any


def is_there(path: str) -> Expression:
    """Whether a value is there; null counts as nothing."""
    return {"$gt": [path, None]}


def both_there(one: str, other: str) -> Expression:
    """`one` is there at all, and `other` has a value."""
    return {"$and": [{"$ne": [{"$type": one}, "missing"]}, is_filled(other)]}


def is_filled(path: str) -> Expression:
    """Whether something stands there: not null, no empty text, list or mapping."""
    return {"$and": [is_there(path), {"$not": [{"$in": [path, ["", [], {"$literal": {}}]]}]}]}


def when_there(path: str, then: Expression, otherwise: Expression) -> Expression:
    """`then` where the path is there at all, null included."""
    return {"$cond": [{"$ne": [{"$type": path}, "missing"]}, then, otherwise]}


def only_if(condition: Expression, entry: Expression) -> Expression:
    """A list of this one entry, or of none."""
    return {"$cond": [condition, [entry], []]}


def kept(
    path: str, value: Expression, entry: Steps, step: str, labels: Mapping[str, Any], **more: Expression
) -> Expression:
    """An entry of the attic, as ``Work.keep`` makes it."""
    made = {
        "path": {"$literal": path},
        "value": value,
        "version": {"$literal": entry.start},
        "step": step,
        **more,
    }
    return made | ({"label": {"$literal": labels[path]}} if labels.get(path) else {})


def attic(additions: Sequence[Expression]) -> dict[str, Expression]:
    """The attic with more in it; nothing to set when nothing can be added."""
    return {"attic": {"$concatArrays": [{"$ifNull": ["$attic", []]}, *additions]}} if additions else {}
