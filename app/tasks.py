"""Tasks that go on until they are ended."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


async def end(task: asyncio.Task[Any], *, again: float = 1.0) -> None:
    """Cancel `task` until it is done, anew every `again` seconds: the driver may take a cancellation for a
    lost connection, and ``asyncio.wait_for`` before Python 3.12 loses one that comes with its answer."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=again)


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Work that runs beside a block, ended with it."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        await end(task)
