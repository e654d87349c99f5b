"""Indexes: which ones a definition asks for, and making a collection have them."""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError, NetworkTimeout, OperationFailure

from models.errors import ConfigurationError
from models.schema.definition import RecordType, singles
from models.schema.fields.base import BaseField, UniqueRule
from models.workflow.definition import Lifecycle
from models.workflow.engine import holds

CHANGED = frozenset({85, 86})
"""IndexOptionsConflict, IndexKeySpecsConflict: an index of this name is there with other terms."""

IGNORED = frozenset({"v", "ns", "background"})
"""What the server says of an index besides its terms."""


PATIENCE = 40
"""How often an answer to the making of an index is awaited again: with the driver's half minute, twenty
minutes."""

SEARCH = "search"
"""The index the search box uses."""

LISTED = "listed_"
"""Prefix of the names of indexes of columns that no field gives (``RecordType.columns``)."""


async def ensure_indexes(collection: Any, wanted: Sequence[IndexModel]) -> None:
    """Make `collection` have the indexes wanted; one whose terms have changed is made anew, others are left.

    Raises ConfigurationError when what is stored already breaks a unique index."""
    if not wanted:
        return
    try:
        await _create(collection, wanted)
    except OperationFailure as error:
        if error.code not in CHANGED and not isinstance(error, DuplicateKeyError):
            raise
        existing = await collection.index_information()
        for index in wanted:
            await _ensure(collection, index, existing)


async def _create(collection: Any, indexes: Sequence[IndexModel]) -> None:
    """Create, and wait for what a million records take: the driver stops listening before the server is
    done, and asking again waits for the same work."""
    for last in (*[False] * PATIENCE, True):
        try:
            await collection.create_indexes(indexes)
            return
        except NetworkTimeout:
            if last:
                raise


async def _ensure(collection: Any, index: IndexModel, existing: Mapping[str, Any]) -> None:
    name = index.document["name"]
    if name in existing and _terms(existing[name]) != _terms(index.document):
        await collection.drop_index(name)
    try:
        await _create(collection, [index])
    except DuplicateKeyError as error:
        place = f"{collection.name}.{name}"
        raise ConfigurationError(
            (), "Stored records already break the unique index {index}.", index=place
        ) from error


def _terms(described: Mapping[str, Any]) -> dict[str, Any]:
    """An index's terms, whether as we write them or as the server tells them."""
    terms = {key: value for key, value in described.items() if key not in IGNORED | {"name", "key"}}
    key = described["key"]
    return {**terms, "key": list(key.items() if isinstance(key, Mapping) else key)}


def record_indexes(kind: RecordType, lifecycle: Lifecycle) -> list[IndexModel]:
    """The indexes a definition asks for: numbers, tenancy, search, uniqueness, filters and sorts."""
    wanted = [
        IndexModel([("number", ASCENDING)], unique=True, name="number"),
        IndexModel([("operator_id", ASCENDING), ("number", ASCENDING)], name="by_operator"),
        IndexModel([("grams", ASCENDING), ("_id", ASCENDING)], name=SEARCH),
        IndexModel([("lifecycle", ASCENDING), ("_id", ASCENDING)], name="lifecycle"),
        IndexModel([("updated_at", ASCENDING), ("_id", ASCENDING)], name="updated"),
    ]
    wanted += [
        IndexModel([(name, ASCENDING), ("_id", ASCENDING)], name=f"{LISTED}{name}") for name in kind.columns
    ]
    if kind.evolution:
        wanted.append(_behind_index(kind))
    if lifecycle.reviewed:
        wanted.append(
            IndexModel(
                [("review_at", ASCENDING)],
                name="review",
                partialFilterExpression={"review_at": {"$type": "date"}},
            )
        )
    if lifecycle.clocked:
        wanted += _clock_indexes()
    for field in kind.fields:
        if field.unique:
            wanted.append(_unique_index(field, lifecycle))
    for path, field in singles(kind.fields):
        if field.index or field.filterable or field.sortable:
            keys = [(f"data.{field.order_path('.'.join(path))}", ASCENDING), ("_id", ASCENDING)]
            wanted.append(IndexModel(keys, name=f"by_{'_'.join(path)}"))
    return wanted


def _behind_index(kind: RecordType) -> IndexModel:
    """The records that are still to follow a step, by their version; empty once all have."""
    last = max(steps.start for steps in kind.evolution)
    behind = {"schema_version": {"$lte": last}}
    return IndexModel([("schema_version", ASCENDING)], name="behind", partialFilterExpression=behind)


def _clock_indexes() -> list[IndexModel]:
    """What the clock does next, and what waits for whom by when."""
    waiting = {"awaits": {"$gt": ""}}
    theirs, ours = ("operator_id", "awaits", "due", "_id"), ("awaits", "lifecycle", "due", "_id")
    return [
        *(
            IndexModel([(key, ASCENDING)], name=name, partialFilterExpression={key: {"$type": "date"}})
            for key, name in (("next_at", "next"), ("bell_at", "bell"))
        ),
        IndexModel([("clock", ASCENDING)], name="clock"),
        *(
            IndexModel([(key, ASCENDING) for key in keys], name=name, partialFilterExpression=waiting)
            for keys, name in ((theirs, "awaited"), (ours, "awaited_state"))
        ),
    ]


OURS = ("by_", "unique_", LISTED)
"""Beginnings of the names of indexes that come from fields and columns."""


async def drop_unwanted(collection: Any, kind: RecordType, lifecycle: Lifecycle) -> list[str]:
    """Drop the indexes of fields the definition no longer asks for; their names. Others are left alone."""
    wanted = {index.document["name"] for index in record_indexes(kind, lifecycle)}
    there = await collection.index_information()
    unwanted = [name for name in there if name.startswith(OURS) and name not in wanted]
    for name in unwanted:
        await collection.drop_index(name)
    return unwanted


UNIQUE = "unique_"
"""Prefix of the names of unique indexes on answers: what follows is the field."""


def _unique_index(field: BaseField, lifecycle: Lifecycle) -> IndexModel:
    rule = field.unique if isinstance(field.unique, UniqueRule) else UniqueRule()
    keys = [(f"data.{name}", ASCENDING) for name in (field.name, *rule.with_fields)]
    among: dict[str, Any] = {f"data.{field.name}": {"$exists": True}}
    if rule.among is not None:
        states = [name for name in lifecycle.states if holds(rule.among, {"lifecycle": name})]
        among["lifecycle"] = {"$in": states}
    return IndexModel(keys, unique=True, name=f"{UNIQUE}{field.name}", partialFilterExpression=among)
