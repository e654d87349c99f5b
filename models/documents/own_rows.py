"""Rows of one operator: every question goes through the index of what is its own, so that it costs what the
operator has and not what there is."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.documents.application import Application
from models.documents.rows import COUNTING, PATIENCE, Rows, Where, in_time

OWN = [("operator_id", 1), ("number", 1)]
"""That index (``models.documents.indexes``)."""


class OwnRows(Rows):
    """The records of a type, of conditions that name an operator."""

    async def first(
        self, where: Where, order: Sequence[tuple[str, int]], limit: int, paths: Sequence[str]
    ) -> list[Mapping[str, Any]]:
        """The first rows of an order with only these paths. Raises SearchTooWide."""
        cursor = self.collection.find(where, dict.fromkeys(paths, 1)).sort(list(order)).limit(limit)
        with in_time():
            rows: list[Mapping[str, Any]] = await cursor.hint(OWN).max_time_ms(PATIENCE).to_list(None)
        return rows

    async def _counted(self, where: Where, limit: int) -> int:
        found = self.collection.count_documents(where, limit=limit, maxTimeMS=COUNTING, hint=OWN)
        return int(await found)


def own_rows(collection: str) -> OwnRows:
    """The rows of a record type's collection."""
    return OwnRows(lambda: Application.raw().database[collection])
