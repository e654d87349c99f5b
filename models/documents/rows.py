"""Raw rows of a collection for lists: projected, counted no further than asked, never validated."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from models.documents.application import Application
from models.documents.base import Stored, read_id
from models.errors import NotFound

Where = Mapping[str, Any]


class Rows:
    """One collection, found when it is first read: the database is connected after the pages are built."""

    def __init__(self, collection: Callable[[], Any], hidden: Sequence[str] = ()) -> None:
        self._collection = collection
        self._hidden = dict.fromkeys(hidden, 0)

    async def count(self, where: Where, limit: int) -> int:
        """How many rows match, counted up to `limit`."""
        if not where:
            return min(int(await self._collection().estimated_document_count()), limit)
        return int(await self._collection().count_documents(where, limit=limit))

    async def page(
        self,
        where: Where,
        sort: Sequence[tuple[str, int]],
        skip: int,
        limit: int,
        projection: Sequence[str],
    ) -> list[Mapping[str, Any]]:
        """A page of rows with only the paths asked."""
        cursor = self._collection().find(where, dict.fromkeys(projection, 1)).sort(list(sort))
        rows: list[Mapping[str, Any]] = await cursor.skip(skip).limit(limit).to_list(None)
        return rows

    async def one(self, pk: str, where: Where) -> Mapping[str, Any] | None:
        """One row by its id within `where`; without the paths that are never shown."""
        try:
            identifier = read_id(pk)
        except NotFound:
            return None
        wanted = {"$and": [{"_id": identifier}, where]} if where else {"_id": identifier}
        found: Mapping[str, Any] | None = await self._collection().find_one(wanted, self._hidden or None)
        return found


def rows_of(model: type[Stored], hidden: Sequence[str] = ()) -> Rows:
    """The rows of a document's collection; `hidden` paths are never read for a page."""
    return Rows(model.raw, hidden)


def rows_in(name: str) -> Rows:
    """The rows of a record type's collection."""
    return Rows(lambda: Application.raw().database[name])
