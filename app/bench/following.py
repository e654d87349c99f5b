"""How soon another process knows what changed, against a bare change stream told of the same writes."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from time import perf_counter
from typing import Any

from pymongo.asynchronous.change_stream import AsyncChangeStream

from app.tasks import beside
from models.documents.calendar_day import CalendarDay
from models.documents.prepare import database_of
from models.services.following import follow
from models.services.site import Site

LIMIT = 1.0
"""Seconds within which every process knows."""

FIRST = date(2020, 1, 4)
"""A Saturday; the others are those after it."""

WAIT = 10.0
"""Seconds after which what was not noticed is given up."""

PAUSE = 0.0002
"""Seconds between two looks whether it is known."""


@dataclass(frozen=True, slots=True)
class FollowingRow:
    """From sending a write to its being known (seconds), one for each change: by a site of another
    process, and by the bare driver."""

    ours: tuple[float, ...]
    raw: tuple[float, ...]

    @property
    def slowest(self) -> float:
        return max(self.ours)

    @property
    def is_slow(self) -> bool:
        """Whether one was known too late."""
        return self.slowest > LIMIT


async def following_row(site: Site, other: Site, changes: int) -> FollowingRow:
    """Open so many Saturdays one after the other, while `other` follows. Raises TimeoutError when one is not
    noticed."""
    first, *saturdays = [FIRST + timedelta(weeks=number) for number in range(changes + 1)]
    async with beside(follow(other)):
        await _until_known(other, first)  # its stream may not be open yet
        ours = [await _until_known(other, day) for day in saturdays]
    await CalendarDay.raw().delete_many({})
    async with await database_of(site.store)[CalendarDay.Settings.name].watch() as stream:
        raw = [await _until_told(stream, day) for day in saturdays]
    return FollowingRow(tuple(ours), tuple(raw))


async def _until_known(other: Site, day: date) -> float:
    began = perf_counter()
    await _open(day)
    async with asyncio.timeout(WAIT):
        while not other.calendar.is_business_day(day):  # noqa: ASYNC110 - nothing tells us
            await asyncio.sleep(PAUSE)
    return perf_counter() - began


async def _until_told(stream: AsyncChangeStream[dict[str, Any]], day: date) -> float:
    began = perf_counter()
    await _open(day)
    async with asyncio.timeout(WAIT):
        await stream.next()
    return perf_counter() - began


async def _open(day: date) -> None:
    await CalendarDay.raw().insert_one({"_id": day.isoformat(), "business": True})
