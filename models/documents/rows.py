"""Raw rows of a collection for lists: projected, counted no further than asked, never validated, never
waited for longer than somebody at a screen would."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

from bson import encode
from bson.errors import InvalidId
from bson.objectid import ObjectId
from pymongo import ASCENDING
from pymongo.errors import ExecutionTimeout, OperationFailure

from models.documents.application import Application
from models.documents.base import Stored
from models.documents.indexes import SEARCH
from models.documents.prepare import CODEC
from models.errors import SearchTooWide

Where = Mapping[str, Any]

PATIENCE = 4_000
"""Milliseconds a page of rows may take the database."""

WALKING = 300
"""Milliseconds the order of a list is walked before something else is tried."""

COUNTING = 1_000
"""Milliseconds a count may take it."""

REMEMBERED = 60.0
"""Seconds for which a count that reached its limit is not repeated: it would read as many rows again to say
“more than that”."""

MOST_REMEMBERED = 500
MEMORY_EXCEEDED = 292
"""QueryExceededMemoryLimitNoDiskUseAllowed: rows without an index to sort them by."""


class Rows:
    """One collection, found when it is first read: the database is connected after the pages are built."""

    def __init__(self, collection: Callable[[], Any], hidden: Sequence[str] = ()) -> None:
        self._collection = collection
        self._hidden = dict.fromkeys(hidden, 0)
        self._full: OrderedDict[str, float] = OrderedDict()

    @property
    def collection(self) -> Any:
        """The driver's collection."""
        return self._collection()

    async def count(self, where: Where, limit: int) -> int:
        """How many rows match, counted up to `limit`. Raises SearchTooWide."""
        asked = f"{limit} {where!r}"
        if self._full.get(asked, 0.0) > monotonic():
            return limit
        with in_time():
            found = await self._counted(where, limit)
        if found >= limit:
            self._remember(asked)
        return min(found, limit)

    async def _counted(self, where: Where, limit: int) -> int:
        if not where:
            return int(await self.collection.estimated_document_count(maxTimeMS=COUNTING))
        return int(await self.collection.count_documents(where, limit=limit, maxTimeMS=COUNTING))

    def _remember(self, asked: str) -> None:
        self._full[asked] = monotonic() + REMEMBERED
        self._full.move_to_end(asked)
        while len(self._full) > MOST_REMEMBERED:
            self._full.popitem(last=False)

    async def page(
        self,
        where: Where,
        sort: Sequence[tuple[str, int]],
        skip: int,
        limit: int,
        projection: Sequence[str],
        walked: bool = False,
    ) -> list[Mapping[str, Any]]:
        """A page of rows with only the paths asked; `walked`: by the index of the order first, which meets
        what is common soon; where that stands at its far end, by the search index. Raises SearchTooWide."""
        cursor = self.collection.find(where, dict.fromkeys(projection, 1)).sort(list(sort))
        cursor = cursor.skip(skip).limit(limit)
        if walked:
            order = [(path, ASCENDING) for path, _ in sort]
            try:
                return await _read(cursor.clone().hint(order).max_time_ms(WALKING))
            except SearchTooWide:
                cursor = cursor.hint(SEARCH)
        return await _read(cursor.max_time_ms(PATIENCE))

    async def one(self, pk: str, where: Where, projection: Sequence[str] = ()) -> Mapping[str, Any] | None:
        """One row by its id within `where`: the paths asked, or all but those that are never shown. None for
        a malformed id."""
        identifier = self.key(pk)
        if identifier is None:
            return None
        wanted = {"$and": [{"_id": identifier}, where]} if where else {"_id": identifier}
        asked = dict.fromkeys(projection, 1) or self._hidden or None
        found: Mapping[str, Any] | None = await self.collection.find_one(wanted, asked)
        return found

    def key(self, pk: str) -> Any | None:
        """The id an address spells; None for anything else."""
        try:
            return ObjectId(pk)
        except (InvalidId, TypeError):
            return None


async def _read(cursor: Any) -> list[Mapping[str, Any]]:
    with in_time():
        rows: list[Mapping[str, Any]] = await cursor.to_list(None)
    return rows


@contextmanager
def in_time() -> Iterator[None]:
    """Turn what takes the database too long into SearchTooWide."""
    try:
        yield
    except ExecutionTimeout as error:
        raise SearchTooWide from error
    except OperationFailure as error:
        if error.code != MEMORY_EXCEEDED:
            raise
        raise SearchTooWide from error


def storable(where: Where) -> Where:
    """`where`, when the database can hold its values; raises ValueError (a number beyond 64 bits or 34
    digits)."""
    try:
        encode(where, codec_options=CODEC)
    except ArithmeticError as error:
        raise ValueError(str(error)) from error
    return where


def rows_of(model: type[Stored], hidden: Sequence[str] = ()) -> Rows:
    """The rows of a document's collection; `hidden` paths are never read for a page."""
    return Rows(model.raw, hidden)


def rows_in(name: str) -> Rows:
    """The rows of a record type's collection."""
    return Rows(lambda: Application.raw().database[name])
