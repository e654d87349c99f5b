"""The stops as one process knows them, so that every write and every page can ask without waiting."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from math import inf
from time import monotonic
from typing import Any

from pydantic import ValidationError
from pymongo.errors import PyMongoError

from models.documents.base import Person
from models.documents.stop import SITE, Stop

FRESH = 0.5
"""Seconds for which what was looked up last holds where something is written."""

MOST = 2_000
"""Stops that stand or are announced at a time; no more can be set."""


class Switchboard:
    """Every stop that is not over. Read again when it is older than ``FRESH``, and when one changes
    anywhere; whether one stands is told by the clock, so planned ones begin and end to the second."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._known: Mapping[str, Sequence[Stop]] = {}
        self._read_at: float | None = None
        self.has_automatic = False
        """Whether limits have stopped anybody, as it was known last."""
        self._reading: asyncio.Task[None] | None = None

    def last(self, keys: Iterable[str] = (SITE,)) -> Stop | None:
        """The strongest stop on any of these keys, as it was known last: for what is only shown."""
        if not self._known:
            return None
        now = self._clock()
        standing = [stop for key in keys for stop in self._known.get(key, ()) if stop.stands(now)]
        return min(standing, key=_weight, default=None)

    @property
    def is_fresh(self) -> bool:
        """Whether what was looked up last holds still."""
        return self._read_at is not None and monotonic() - self._read_at <= FRESH

    async def look(self, keys: Iterable[str] = (SITE,)) -> Stop | None:
        """The strongest stop on any of these keys now. What the database does not answer, nobody assumes."""
        if not self.is_fresh:
            await self._read_together()
        return self.last(keys)

    async def glance(self, keys: Iterable[str] = (SITE,)) -> Stop | None:
        """As ``look``; where the database does not answer, as it was known last: for pages that need none."""
        if not self.is_fresh:
            with suppress(PyMongoError):
                await self._read_together()
        return self.last(keys)

    def all(self, keys: Iterable[str] = (SITE,)) -> list[Stop]:
        """Those that stand or are announced on these keys, the earliest first."""
        if not self._known:
            return []
        now = self._clock()
        found = [stop for key in keys for stop in self._known.get(key, ()) if not stop.is_over(now)]
        return sorted(found, key=lambda stop: stop.starts)

    async def _read_together(self) -> None:
        """Read them once for all who ask at the same moment."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self.refresh())
        await asyncio.shield(self._reading)

    async def refresh(self) -> None:
        """Read them all."""
        begun, now = monotonic(), self._clock()
        where = {"ended": None, "$or": [{"until": None}, {"until": {"$gt": now}}]}
        rows = await Stop.raw().find(where).limit(MOST).to_list(None)
        known: dict[str, list[Stop]] = {}
        for row in rows:
            known.setdefault(str(row.get("key") or SITE), []).append(_read(row, now))
        self.has_automatic = any(stop.automatic for stops in known.values() for stop in stops)
        self._known, self._read_at = known, begun


def _weight(stop: Stop) -> tuple[bool, bool, float]:
    """Closed before read only, for everybody before for one, then the one that stands longest."""
    until = -stop.until.timestamp() if stop.until else -inf
    return (stop.level != "closed", not stop.for_everybody, until)


def _read(row: Mapping[str, Any], now: datetime) -> Stop:
    """A stop as stored; what is damaged about it does not lift it."""
    try:
        found: Stop = Stop.model_validate(row)
    except ValidationError:
        key, unknown = str(row.get("key") or SITE), Person(kind="system")
        found = Stop.model_construct(id=row["_id"], key=key, starts=now, by=unknown, at=now)
    return found
