"""How often somebody asked for pages and sent forms, counted in this process and told to the database in
batches."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import NamedTuple

from models.configuration.limits import Manner, Rate, Whose
from models.documents.limiting import LimitCounts

EVERY = 0.5
"""Seconds between two batches while anybody asks."""

MOST_KEYS = 20_000
"""Keys one process counts for at a time; of more, those counted longest ago are forgotten until they are read
back."""

log = logging.getLogger(__name__)


class Key(NamedTuple):
    """What is counted: in which manner, for whom."""

    manner: Manner
    whose: Whose
    who: str

    def __str__(self) -> str:
        return f"{self.manner}\x00{self.whose}\x00{self.who}"


@dataclass(slots=True)
class _Count:
    """What is known of a key in the window that runs: what all processes had counted at the last batch, and
    what this one counted since."""

    rate: Rate
    ends: float
    known: int = 0
    since: int = 0


Crossed = Callable[[Key, Rate], Awaitable[None]]


class Tally:
    """Requests by key. One is refused by what all processes had counted at the last batch and this one since:
    above a limit, at most what the other processes serve within half a second is let through."""

    def __init__(self, counts: LimitCounts, clock: Callable[[], datetime]) -> None:
        self._counts, self._clock = counts, clock
        self._known: dict[Key, _Count] = {}
        self._batch: asyncio.Task[None] | None = None
        self._told_at = 0.0

    def count(self, rates: Mapping[Key, Rate], crossed: Crossed) -> Key | None:
        """Count one request for each of these keys; the first that has gone over its rate. `crossed` is told
        once in each window, by the process whose batch goes over."""
        now = self._clock().timestamp()
        over = [key for key, rate in rates.items() if self._count(key, rate, now) > rate.amount]
        if monotonic() - self._told_at > EVERY:
            self._told_at = monotonic()
            if self._batch is None or self._batch.done():
                self._batch = asyncio.get_running_loop().create_task(self._tell(crossed))
        return over[0] if over else None

    def _count(self, key: Key, rate: Rate, now: float) -> int:
        found = self._known.get(key)
        if found is None or found.ends <= now:
            if len(self._known) >= MOST_KEYS:
                self._forget(now)
            ends = (now // rate.seconds + 1) * rate.seconds
            found = self._known[key] = _Count(rate, ends)
        found.since += 1
        return found.known + found.since

    def _forget(self, now: float) -> None:
        """Make room: for those whose window is over, else for the half counted longest ago."""
        self._known = {key: count for key, count in self._known.items() if count.ends > now}
        if len(self._known) >= MOST_KEYS:
            self._known = dict(list(self._known.items())[MOST_KEYS // 2 :])

    async def settle(self, crossed: Crossed) -> None:
        """Tell the database now what was counted since the last batch."""
        if self._batch is not None:
            await self._batch
        await self._tell(crossed)

    async def _tell(self, crossed: Crossed) -> None:
        """One batch. What the database does not take stays counted here."""
        now = self._clock().timestamp()
        waiting = {key: count for key, count in self._known.items() if count.since and count.ends > now}
        amounts = {key: count.since for key, count in waiting.items()}
        answers = {
            key: self._counts.count(str(key), count.rate.seconds, amounts[key])
            for key, count in waiting.items()
        }
        done = await asyncio.gather(*answers.values(), return_exceptions=True)
        for (key, count), answer in zip(waiting.items(), done, strict=True):
            if isinstance(answer, BaseException):
                log.warning("requests could not be counted: %s", type(answer).__name__)
                continue
            count.known, count.since = answer.total, count.since - amounts[key]
            before = answer.total - amounts[key]
            if before <= count.rate.amount < answer.total:
                await crossed(key, count.rate)
