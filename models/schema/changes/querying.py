"""Queries of changes as the database is asked them."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.schema.changes.change import Change
from models.schema.changes.scope import move
from models.schema.database_query import for_database
from models.schema.expressions import Problem
from models.schema.fields.base import Query


def on_stored(touching: Query, prefix: str, variables: Mapping[str, Any]) -> Query:
    """`touching` over documents that keep answers under `prefix` (``data.``), with what the variables
    (``$$TODAY``) stand for put in.

    What stewards wrote is in the language of conditions, and is asked as everywhere else. What only the
    database knows (digits after the point, the length of a long text) is made here and is asked as it is."""
    try:
        return for_database(touching, variables, prefix)
    except Problem:
        query: Query = _filled(move(touching, lambda path: prefix + path), variables)
        return query


def on_envelope(change: Change, states: Sequence[str]) -> Query:
    """The records a change of the type itself touches: those in no state of the new lifecycle, else all."""
    return {"lifecycle": {"$nin": list(states)}} if change.code == "lifecycle_changed" else {}


def _filled(value: Any, variables: Mapping[str, Any]) -> Any:
    if isinstance(value, str) and value.startswith("$$") and value[2:] in variables:
        return variables[value[2:]]
    if isinstance(value, Mapping):
        return {key: _filled(part, variables) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, variables) for part in value]
    return value
