"""A program that is told to stop ends, wherever the signal strikes it, and closes what it opened."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.settings import ROOT
from app.tasks import beside, end

SOON = 15
"""Seconds a program that was told to stop is waited for."""

STRUCK = """
import asyncio, signal, socket, sys

class Reader(asyncio.BufferedProtocol):
    def get_buffer(self, hint):
        if sys.argv[1:]:
            signal.raise_signal(getattr(signal, sys.argv.pop()))
        return bytearray(8)
    def buffer_updated(self, count):
        pass

async def main():
    here, there = socket.socketpair()
    await asyncio.get_running_loop().create_connection(Reader, sock=here)
    try:
        there.send(b"x")
        print("waiting", flush=True)
        await asyncio.sleep(3600)
    finally:
        await asyncio.sleep(0.01)
        print("closed", flush=True)
"""
"""A program that is told to stop just when its event loop asks where to put what has come."""

OURS = "from app.running import run_until_told\nrun_until_told(main())"

FORMER = """
from contextlib import suppress
from uvicorn.loops.auto import auto_loop_factory
signal.signal(signal.SIGTERM, signal.default_int_handler)
with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
    runner.run(main())
"""
"""How programs were run before: the handler of the signal raises."""

SERVED = """
import asyncio, uvicorn
from app.running import Server, run_until_told

async def answer(scope, receive, send):
    pass

async def main():
    server = {server}(uvicorn.Config(answer, port=0, lifespan="off", log_config=None))
    serving = asyncio.ensure_future(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    print("waiting", flush=True)
    try:
        await serving
    finally:
        await asyncio.sleep(0.1)
        print("closed", flush=True)

run_until_told(main())
"""


@contextmanager
def program(text: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A program that has begun to wait."""
    command = [sys.executable, "-c", text, *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "waiting\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_that_strikes_inside_the_event_loop_ends_the_program(name: str) -> None:
    with program(STRUCK + OURS, name) as process:
        said, complained = process.communicate(timeout=SOON)
    assert (said, complained, process.returncode) == ("closed\n", "", 0)


def test_control_a_handler_that_raises_leaves_it_running() -> None:
    with program(STRUCK + FORMER, "SIGTERM") as process, pytest.raises(subprocess.TimeoutExpired):
        process.communicate(timeout=1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_told_to_stop_closes_what_was_opened_before_it(number: signal.Signals) -> None:
    with program(SERVED.format(server="Server")) as process:
        process.send_signal(number)
        said, complained = process.communicate(timeout=SOON)
    assert (said, complained, process.returncode) == ("closed\n", "", 0)


def test_control_a_signal_raised_anew_cuts_the_closing_short() -> None:
    with program(SERVED.format(server="uvicorn.Server")) as process:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=SOON)
    assert said == ""


async def _stubborn(heard: list[int], times: int) -> None:
    """Takes the first cancellations for something else, as a driver may."""
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            heard.append(len(heard))
            if len(heard) > times:
                raise


async def test_work_beside_ends_though_it_takes_a_cancellation_for_something_else() -> None:
    heard: list[int] = []
    async with beside(_stubborn(heard, 1)) as task:
        await asyncio.sleep(0)
    assert task.cancelled()
    assert heard == [0, 1]


async def test_a_task_is_told_again_and_again() -> None:
    heard: list[int] = []
    task = asyncio.create_task(_stubborn(heard, 3))
    await asyncio.sleep(0)
    await end(task, again=0.01)
    assert heard == [0, 1, 2, 3]


async def test_control_told_once_it_goes_on() -> None:
    heard: list[int] = []
    task = asyncio.create_task(_stubborn(heard, 1))
    await asyncio.sleep(0)
    task.cancel()
    _, going_on = await asyncio.wait([task], timeout=0.1)
    assert going_on == {task}
    await end(task)
