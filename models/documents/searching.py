"""How a text is looked for among records: which entries of the search index lead there, and whether that
index or the list's own order is walked."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from models.documents.application import Application
from models.documents.rows import COUNTING, Rows, Where, in_time
from models.schema.search import fold, needles

ASKED = 6
"""Entries of a text whose rarity is asked for; more do not find a rarer one often enough."""

FEW = 1_000
"""Up to so many records are fetched and sorted; of more, the rarity is asked no further at first."""

MANY = 7_000
"""From so many on, walking the list's order meets fifty of a million sooner (fifty times a million is about
seven thousand squared)."""

COUNTED = 200
"""How far hits of several entries are counted: each must be fetched to be sure."""

REMEMBERED = 60.0
"""Seconds for which the rarity of an entry is believed."""

MOST_REMEMBERED = 2_000

HIGHEST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Search:
    """A search, prepared: its condition; whether nothing can match; whether the list's order is walked; how
    far hits are worth counting (None: as far as any list)."""

    where: Where
    empty: bool = False
    walked: bool = False
    counted: int | None = None


class SearchedRows(Rows):
    """Rows that keep search entries under ``grams``."""

    def __init__(self, collection: Callable[[], Any]) -> None:
        super().__init__(collection)
        self._rarity: OrderedDict[tuple[str, int], tuple[float, int]] = OrderedDict()

    async def search(self, text: str, by_identity: bool, alone: bool) -> Search:
        """How to look for `text` in a list ordered by identity or by something else, `alone` or together with
        other conditions. Raises SearchTooWide."""
        wanted = needles(text)
        if not wanted:
            return await self._beginning(fold(text), alone)
        asked = wanted[:: max(len(wanted) // ASKED, 1)][:ASKED]
        rarity = await asyncio.gather(*(self._count({"grams": entry}, entry, FEW) for entry in asked))
        rarest, found = min(zip(asked, rarity, strict=True), key=lambda pair: pair[1])
        ordered = [rarest, *(entry for entry in wanted if entry != rarest)]
        where = {"grams": {"$all": ordered}} if len(ordered) > 1 else {"grams": rarest}
        if not found:
            return Search(where, empty=True)
        walked = alone and not by_identity and await self._is_common({"grams": rarest}, rarest, found)
        return Search(where, walked=walked, counted=COUNTED if len(ordered) > 1 else None)

    async def _beginning(self, text: str, alone: bool) -> Search:
        """A single character is the beginning of an entry."""
        if not text:
            return Search({})
        where = {"grams": {"$gte": text, "$lt": f"{text}{HIGHEST}"}}
        found = await self._count(where, f"{text}…", FEW)
        return Search(where, empty=not found, walked=alone and found >= FEW, counted=FEW)

    async def _is_common(self, where: Where, entry: str, found: int) -> bool:
        return found >= FEW and await self._count(where, entry, MANY) >= MANY

    async def _count(self, where: Where, entry: str, limit: int) -> int:
        until, known = self._rarity.get((entry, limit), (0.0, 0))
        if until > monotonic():
            return known
        with in_time():
            found = int(await self.collection.count_documents(where, limit=limit, maxTimeMS=COUNTING))
        if found >= limit:
            self._rarity[entry, limit] = monotonic() + REMEMBERED, found
            while len(self._rarity) > MOST_REMEMBERED:
                self._rarity.popitem(last=False)
        return found


def searched_rows(collection: str) -> SearchedRows:
    """The rows of a record type's collection."""
    return SearchedRows(lambda: Application.raw().database[collection])
