"""``python -m app worker`` is killed in the middle of rewriting thousands of records; another finishes."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from app.database import Database
from app.opening import build_site
from app.settings import ROOT, Settings
from models.clock import system_clock
from models.configuration.load import Configuration
from models.documents.job import Job
from models.documents.record import RecordVersion
from models.services.jobs import find_job
from tests.evolution.kinds import text
from tests.evolution.stored import Stored, thing

pytestmark = pytest.mark.fault

COUNT = 8000
OLD = thing(text("power"), text("note", filter=True))
NEW = thing(
    {"name": "power", "type": "integer", "label": {"ja": "出力"}},
    text("remark", filter=True),
    evolution=[{"from": 1, "rename": {"note": "remark"}, "convert": {"power": {}}}],
)

Process = asyncio.subprocess.Process
StartWorker = Callable[..., Awaitable[Process]]


@pytest_asyncio.fixture
async def waiting(store: Database, settings: Settings, configuration: Configuration) -> tuple[Stored, Job]:
    """Thousands of records, and the job that is to rewrite them."""
    stored = Stored(await build_site(settings, configuration, store, system_clock))
    await stored.publish(OLD)
    await stored.fill(COUNT, {"power": "0012", "note": "x"})
    await stored.publish(NEW)
    return stored, await stored.job()


@pytest_asyncio.fixture
async def start_worker(store: Database, settings: Settings, tmp_path: Path) -> AsyncIterator[StartWorker]:
    environment = {
        **os.environ,
        "TOROKU_DATA": str(settings.data),
        "TOROKU_DATABASE_URL": store.address,
    }
    async with AsyncExitStack() as stack:
        log = stack.enter_context((tmp_path / "worker.log").open("ab"))

        async def start(**more: str) -> Process:
            command = (sys.executable, "-m", "app", "worker")
            process = await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, env=environment | more, stdout=log, stderr=log
            )
            stack.push_async_callback(end, process)
            return process

        yield start


async def end(process: Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    await process.wait()


async def until(job: Job, enough: Callable[[Job], bool], seconds: float = 40) -> Job:
    """The job, once it is far enough."""
    async with asyncio.timeout(seconds):
        while True:
            found = await again(job)
            if enough(found):
                return found
            await asyncio.sleep(0.01)


async def again(job: Job) -> Job:
    assert job.id is not None
    return await find_job(job.id)


async def killed_in_the_middle(stored: Stored, job: Job, start: StartWorker, **how: str) -> None:
    """A worker begins, and is killed when some are rewritten and others not."""
    worker = await start(**how)
    await until(job, lambda found: found.done > 0)
    os.kill(worker.pid, signal.SIGKILL)
    assert await worker.wait() == -signal.SIGKILL
    left = await stored.collection.count_documents({"schema_version": 1})
    assert 0 < left < COUNT
    assert (await again(job)).state == "running"


async def test_another_worker_finishes_and_nothing_is_lost_or_done_twice(
    waiting: tuple[Stored, Job], start_worker: StartWorker
) -> None:
    stored, job = waiting
    await killed_in_the_middle(stored, job, start_worker)
    await Job.raw().update_one({"_id": job.id}, {"$set": {"lease_until": datetime.now(UTC)}})
    await start_worker()
    found = await until(job, lambda found: found.is_over)
    assert (found.state, found.attempts, found.failed_count) == ("done", 0, 0)
    rows = await stored.rows()
    assert len(rows) == COUNT
    for row in rows:
        assert (row["data"]["power"], row["data"]["remark"], row["schema_version"]) == (12, "x", 2)
        assert [kept["value"] for kept in row["attic"]] == ["0012"]
    versions = [(row["record_id"], row["revision"]) async for row in RecordVersion.raw().find()]
    assert sorted(versions) == sorted((row["_id"], 1) for row in rows)


@pytest.mark.slow
async def test_control_left_alive_one_worker_does_it_all(
    waiting: tuple[Stored, Job], start_worker: StartWorker
) -> None:
    stored, job = waiting
    await start_worker()
    await until(job, lambda found: found.is_over)
    assert await stored.collection.count_documents({"schema_version": 2}) == COUNT


SABOTAGE = """
from datetime import timedelta
from models.services import jobs

jobs.LEASE = timedelta(days=36500)
"""
"""A worker that takes a job for ever."""


@pytest.mark.slow
async def test_control_a_lease_that_never_ends_leaves_the_job_half_done(
    waiting: tuple[Stored, Job], start_worker: StartWorker, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(SABOTAGE)
    stored, job = waiting
    await killed_in_the_middle(stored, job, start_worker, PYTHONPATH=str(tmp_path))
    held = await again(job)
    assert held.lease_until is not None
    assert held.lease_until > datetime.now(UTC) + timedelta(days=365)
    await start_worker()
    await asyncio.sleep(4)
    assert (await again(job)).state == "running"
    assert await stored.collection.count_documents({"schema_version": 1}) > 0
