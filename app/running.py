"""Programs that run until they are told to stop: SIGTERM and Ctrl-C end them alike, and in order."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.loops.auto import auto_loop_factory

from app.tasks import end

SIGNALS = (signal.SIGINT, signal.SIGTERM)

CLOSING = 10.0
"""Seconds a program that was told to stop takes to close before it is told again."""


def run_until_told(main: Coroutine[Any, Any, None]) -> None:
    """Run `main` until it is done, or cancel it when the process is told to stop. Raises what `main` raises.

    A signal only asks. What its handler raises strikes wherever the program happens to be: inside a callback
    of the event loop it counts as a fault of that connection, and the program goes on for ever."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(_until_told(main))


async def _until_told(main: Coroutine[Any, Any, None]) -> None:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    task, listening = loop.create_task(main), loop.create_task(told.wait())
    with _signals(lambda *_: loop.call_soon_threadsafe(told.set)):
        await asyncio.wait([task, listening], return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        if told.is_set():
            await end(task, again=CLOSING)
    if not task.cancelled():
        task.result()


@contextmanager
def _signals(handler: Callable[[int, FrameType | None], Any]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


class Server(uvicorn.Server):
    """A server that ends by a signal and keeps it to itself: uvicorn raises it anew when it has ended, which
    would cut short the closing of all that was opened before."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End once requests under way are answered; at once where Ctrl-C comes again."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
