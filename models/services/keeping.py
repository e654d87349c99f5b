"""Results kept for a while in one process: shown at once, made anew behind the reader's back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, Literal, TypeVar

from models.clock import Clock
from models.errors import TorokuError

FRESH = timedelta(minutes=1)
"""How long a result is shown without making it anew."""

PATIENCE = 0.3
"""Seconds a reader waits for a result that was never there."""

MOST = 200
"""Most results kept; of more, the ones made longest ago are forgotten."""

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A result, since when it holds, and how it stands: ``ready``, still being made (``coming``), or it could
    not be made (``failed``). An earlier result is shown meanwhile."""

    value: T | None
    at: datetime | None
    state: Literal["ready", "coming", "failed"]


class Kept:
    """Results by their key. Each is made by one task at a time, however many ask."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._found: dict[Hashable, Found[Any]] = {}
        self._tried: dict[Hashable, datetime] = {}
        self._making: dict[Hashable, asyncio.Task[None]] = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> Found[T]:
        """What `make` came to last. It is made anew when that is older than FRESH; only who is the first to
        ask waits for it, and no longer than PATIENCE."""
        tried = self._tried.get(key)
        if key not in self._making and (tried is None or self._clock() - tried >= FRESH):
            self._tried[key] = self._clock()
            self._making[key] = asyncio.create_task(self._make(key, make))
        if key not in self._found and key in self._making:
            await asyncio.wait({self._making[key]}, timeout=PATIENCE)
        return self._found.get(key, Found(None, None, "coming"))

    def peek(self, key: Hashable) -> Found[Any] | None:
        """What there is for `key`, or that it is being made; None when nobody ever asked."""
        found = self._found.get(key)
        if key in self._making:
            return Found(found.value, found.at, "coming") if found else Found(None, None, "coming")
        return found

    async def _make(self, key: Hashable, make: Callable[[], Awaitable[Any]]) -> None:
        try:
            self._found[key] = Found(await make(), self._clock(), "ready")
        except Exception as error:
            if not isinstance(error, TorokuError):
                log.warning("a figure could not be made", exc_info=error)
            before = self._found.get(key)
            self._found[key] = (
                Found(before.value, before.at, "failed") if before else Found(None, None, "failed")
            )
        finally:
            del self._making[key]
            self._forget()

    def _forget(self) -> None:
        for key in sorted(self._found, key=lambda key: self._tried[key])[: max(len(self._found) - MOST, 0)]:
            del self._found[key], self._tried[key]
