"""Crashes: of the owner, of mongod, of a thread. Nothing acknowledged is lost, nothing is left running."""

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient, WriteConcern
from pymongo.errors import PyMongoError

from app.database import Database, Timeouts, binary, honest, leash, open_database, process, replica
from models.errors import DatabaseUnavailable
from tests.halting import halt

pytestmark = pytest.mark.fault

OWNER = """
import asyncio, sys
from pathlib import Path
from app.database import connect

async def main():
    database = await connect("embedded:", data_dir=Path(sys.argv[1]), owner=True)
    await database.mongo.records.insert_one({"n": 1})
    print("ready", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""

THREAD = """
import asyncio, os, sys, threading, time
from pathlib import Path
from app.database import connect

loop = asyncio.new_event_loop()
start = connect("embedded:", data_dir=Path(sys.argv[1]), owner=True)
thread = threading.Thread(target=lambda: loop.run_until_complete(start))
thread.start()
thread.join()
print("ready", flush=True)
time.sleep(60)
"""

UNLEASHED = """
import subprocess, sys, time
subprocess.Popen(sys.argv[2:], start_new_session=True, stdout=subprocess.DEVNULL)
print("ready", flush=True)
time.sleep(60)
"""


async def run(script: str, *words: str) -> Process:
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", script, *words, stdout=PIPE)
    assert child.stdout is not None
    assert await child.stdout.readline() == b"ready\n"
    return child


async def kill(child: Process) -> None:
    child.kill()
    await child.communicate()


async def gone(folder: Path, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while process.orphans(folder):
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.02)
    return True


async def leave(folder: Path) -> int:
    """Start a mongod on `folder` and kill who started it; its process id.

    Who started it goes on as soon as the kernel has opened the program; what the process is called with can
    be read only a little later."""
    command = [str(binary.find()), *process.arguments(folder, process.pick())]
    starter = await run(UNLEASHED, str(folder), *command)
    until = time.monotonic() + 10
    while not (left := {*process.orphans(folder)} - {starter.pid}):
        assert time.monotonic() < until
        await asyncio.sleep(0.01)
    await kill(starter)
    return left.pop()


async def records(folder: Path) -> int:
    async with open_database("embedded:", data_dir=folder, owner=True) as database:
        return await database.mongo.records.count_documents({})


async def test_mongod_ends_with_its_killed_owner_and_the_data_is_found(tmp_path: Path) -> None:
    await kill(await run(OWNER, str(tmp_path)))
    assert await gone(tmp_path, 5)
    assert await records(tmp_path) == 1


@pytest.mark.slow
async def test_a_new_owner_right_after_the_crash_waits_for_the_old_mongod(tmp_path: Path) -> None:
    await kill(await run(OWNER, str(tmp_path)))
    assert process.orphans(tmp_path)  # it is still on its way out
    assert await records(tmp_path) == 1


async def test_control_without_the_leash_mongod_stays_and_a_new_owner_ends_it(tmp_path: Path) -> None:
    async with open_database("embedded:", data_dir=tmp_path, owner=True) as database:
        await database.mongo.records.insert_one({"n": 1})
    for _ in range(3):
        await leave(tmp_path)
        stays = not await gone(tmp_path, 2)
        if stays or "Address already in use" not in process.log(tmp_path).read_text("utf-8"):
            break  # else another test took the port that was free
    assert stays
    [orphan] = process.orphans(tmp_path)
    async with open_database("embedded:", data_dir=tmp_path, owner=True) as database:
        assert orphan not in process.orphans(tmp_path)
        assert await database.mongo.records.count_documents({}) == 1


async def test_an_orphan_that_does_not_listen_is_ended_by_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_database("embedded:", data_dir=tmp_path, owner=True):
        pass
    halt(await leave(tmp_path))
    monkeypatch.setattr(process, "GRACE", 0.5)
    await process.end_orphans(tmp_path)
    assert process.orphans(tmp_path) == []


@pytest.mark.slow
async def test_the_mongod_of_another_folder_is_left_alone(tmp_path: Path) -> None:
    async with open_database("embedded:", data_dir=tmp_path / "a", owner=True):
        await process.end_orphans(tmp_path)
        await process.end_orphans(tmp_path / "ab")
        assert process.orphans(tmp_path / "a")


@pytest.mark.slow
async def test_the_leash_holds_when_the_parent_ended_before_it_was_on(tmp_path: Path) -> None:
    stranger = await asyncio.create_subprocess_exec(
        *(sys.executable, str(leash.__file__), "1", "/bin/sh", "-c", "echo started"), stdout=PIPE, stderr=PIPE
    )
    out, err = await stranger.communicate()
    assert (out, err.strip()) == (b"", b"the parent is gone")
    ours = await asyncio.create_subprocess_exec(  # control
        *(sys.executable, str(leash.__file__), str(os.getpid()), "/bin/sh", "-c", "echo started"), stdout=PIPE
    )
    assert (await ours.communicate())[0] == b"started\n"


async def test_mongod_ends_with_the_thread_that_started_it(tmp_path: Path) -> None:
    """What holds in other threads: the leash is tied to the thread, not only to the process."""
    child = await run(THREAD, str(tmp_path))
    assert await gone(tmp_path, 5)
    assert child.returncode is None
    await kill(child)


Write = Callable[[Database, int], Awaitable[object]]


async def write_safely(database: Database, number: int) -> object:
    with honest():
        return await database.mongo.records.insert_one({"_id": number})


async def write_carelessly(database: Database, number: int) -> object:
    careless = database.mongo.records.with_options(write_concern=WriteConcern(1, j=False))
    return await careless.insert_one({"_id": number})


async def lost(folder: Path, write: Write, failures: type[Exception]) -> tuple[int, int]:
    """Kill mongod while eight writers are at work: (acknowledged, of these missing afterwards)."""
    acknowledged: set[int] = set()
    numbers = iter(range(10**9))
    async with open_database("embedded:", data_dir=folder, owner=True) as database:
        await database.mongo.records.drop()
        killed = asyncio.Event()

        async def writer() -> None:
            after = 0
            while after < 20:
                number = next(numbers)
                try:
                    await write(database, number)
                except failures:
                    continue
                acknowledged.add(number)
                after += killed.is_set()

        async def killer() -> None:
            await asyncio.sleep(1)
            [pid] = process.orphans(folder)
            os.kill(pid, signal.SIGKILL)
            killed.set()

        await asyncio.gather(killer(), *(writer() for _ in range(8)))
        stored = {row["_id"] async for row in database.mongo.records.find()}
    return len(acknowledged), len(acknowledged - stored)


async def test_every_acknowledged_write_outlives_a_killed_mongod(tmp_path: Path) -> None:
    acknowledged, missing = await lost(tmp_path, write_safely, DatabaseUnavailable)
    assert acknowledged > 200
    assert missing == 0


async def test_control_writes_acknowledged_before_the_journal_are_lost(tmp_path: Path) -> None:
    for _ in range(5):
        _, missing = await lost(tmp_path, write_carelessly, PyMongoError)
        if missing:
            return
    pytest.fail("five kills lost nothing: this machine does not show what the journal is for")


async def test_transactions_go_on_over_a_killed_mongod(tmp_path: Path) -> None:
    async with open_database("embedded:", data_dir=tmp_path, owner=True) as database:
        [pid] = process.orphans(tmp_path)
        address = database.address

        async def body(session: object) -> None:
            await database.mongo.records.insert_one({"n": 1}, session=session)  # type: ignore[arg-type]

        await database.transaction(body)
        os.kill(pid, signal.SIGKILL)
        await database.transaction(body)
        assert await database.mongo.records.count_documents({}) == 2
        assert database.address == address


async def test_a_mongod_that_cannot_come_back_is_reported_and_closing_still_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = Timeouts(selection=0.3)
    async with open_database("embedded:", data_dir=tmp_path, owner=True, timeouts=fast) as database:
        [pid] = process.orphans(tmp_path)
        monkeypatch.setattr(binary, "WHEEL", "a-distribution-nobody-installed")
        monkeypatch.setenv("PATH", "")
        os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.5)
        with pytest.raises(DatabaseUnavailable):
            await write_safely(database, 1)
        monkeypatch.undo()
        async with asyncio.timeout(15):  # it comes back as soon as it can
            while True:
                try:
                    await write_safely(database, 2)
                    return
                except DatabaseUnavailable:
                    await asyncio.sleep(replica.POLL)


async def leave_a_transaction(database: Database) -> AsyncMongoClient[dict[str, object]]:
    """What a process killed in a transaction leaves with mongod: nobody will end it."""
    stranger: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(database.address)
    session = stranger.start_session()
    await session.start_transaction()
    await stranger[database.mongo.name].records.find_one({}, session=session)
    return stranger


async def shaped(folder: Path) -> bool:
    """Whether a collection changes its shape, as at a start, beside what a killed process had begun."""
    async with open_database("embedded:", data_dir=folder, owner=True) as database:
        await database.mongo.records.insert_one({"n": 1})
        stranger = await leave_a_transaction(database)
        try:
            with honest():
                await database.mongo.command("collMod", "records", validator={})
        except DatabaseUnavailable:
            return False
        finally:
            await stranger.close()
        return True


def test_what_a_killed_process_began_ends_after_all_we_try_and_before_we_give_up() -> None:
    known = Timeouts()
    assert known.transaction < process.LIFETIME
    assert known.answer > process.LIFETIME * 1.5


@pytest.mark.slow
async def test_a_process_killed_in_a_transaction_does_not_keep_the_next_from_starting(tmp_path: Path) -> None:
    assert await shaped(tmp_path)


@pytest.mark.slow
async def test_control_a_transaction_that_lives_as_long_as_the_answer_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(process.PARAMETERS, "transactionLifetimeLimitSeconds", "40")
    assert not await shaped(tmp_path)
