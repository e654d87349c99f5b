"""Reads of requests that wait at the same time, asked of the database as one question.

A question to the database costs a process many times what one more key in it costs. So a key is not asked at
once: all keys that come up in the same turn of the loop, and those that come while an earlier question is
under way, go together in the next one. Every answer is read after it was asked for; nothing is kept for
later."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

Found = Mapping[str, Mapping[str, Any]]
"""Documents by key; what is not there is left out."""

Ask = Callable[[Sequence[str]], Awaitable[Found]]

MOST = 200
"""Keys asked for in one question."""

PATIENCE = 0.02
"""Seconds a question may hold up the next one: after that they are under way side by side."""

GATHER = 0.005
"""Seconds a question waits for as many keys as the last ones had: who asks alone never waits."""


class Together:
    """One kind of question, put for any number of waiting requests at once.

    A crowd that is answered together comes back one after the other, as each is served in its turn. The
    first to come back would go alone, and the crowd fall apart; so a question waits a little for a crowd
    there was a moment ago (`gather` seconds), which is forgotten by halves."""

    def __init__(self, ask: Ask, *, gather: float = GATHER) -> None:
        self._ask, self._gather = ask, gather
        self._waiting: dict[str, list[asyncio.Future[Any]]] = {}
        self._timer: asyncio.Handle | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._crowd = 1

    async def get(self, key: str) -> Mapping[str, Any] | None:
        """The document of `key` as it is now, or None; each waiting request gets one of its own. Raises what
        asking raises."""
        return await self.ask(key)

    def ask(self, key: str) -> asyncio.Future[Mapping[str, Any] | None]:
        """``get`` for who has something else to do until the answer is there."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Mapping[str, Any] | None] = loop.create_future()
        self._waiting.setdefault(key, []).append(waiter)
        if self._timer is None:
            self._wait(PATIENCE if self._under_way else self._gather)
        elif not self._under_way and len(self._waiting) == self._crowd:
            self._timer.cancel()
            self._wait(0)
        return waiter

    def _wait(self, seconds: float) -> None:
        """Put the next question in that time; in the next turn where nobody else is to be waited for."""
        loop = asyncio.get_running_loop()
        here = not self._under_way and len(self._waiting) >= self._crowd
        self._timer = loop.call_soon(self._put) if here else loop.call_later(seconds, self._put)

    def _put(self) -> None:
        """Ask for all that wait."""
        self._timer = None
        keys = list(self._waiting)[:MOST]
        batch = {key: self._waiting.pop(key) for key in keys}
        if batch:
            self._crowd = max(len(batch), self._crowd // 2)
            task = asyncio.get_running_loop().create_task(self._answer(batch))
            self._under_way.add(task)
            task.add_done_callback(self._done)
        if self._waiting:
            self._put()

    def _done(self, task: asyncio.Task[None]) -> None:
        """Those that came meanwhile need not wait any longer."""
        self._under_way.discard(task)
        if self._timer is not None and not self._under_way:
            self._timer.cancel()
            self._wait(self._gather)

    async def _answer(self, batch: Mapping[str, Sequence[asyncio.Future[Any]]]) -> None:
        try:
            found = await self._ask(list(batch))
        except BaseException as error:
            failure = error if isinstance(error, Exception) else ConnectionError("the question was given up")
            _tell_all(batch, failure)
            if not isinstance(error, Exception):
                raise
            return
        for key, waiters in batch.items():
            document = found.get(key)
            for number, waiter in enumerate(waiters):
                if not waiter.done():
                    waiter.set_result(deepcopy(document) if number else document)


def _tell_all(batch: Mapping[str, Sequence[asyncio.Future[Any]]], failure: Exception) -> None:
    for waiters in batch.values():
        for waiter in waiters:
            if not waiter.done():
                waiter.set_exception(failure)
