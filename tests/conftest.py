"""The real database for every test that wants one: ``mongod`` (per worker), ``store`` (per test, empty)."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import hypothesis
import pytest
import pytest_asyncio
from argon2 import PasswordHasher

from app.database import Database, connect, open_database
from models.errors import DatabaseRefused
from models.services import passwords
from tests.shelf import Shelf

os.environ.setdefault("TOROKU_HOURS", "always")  # tests of the hours say so; the others run at any time
os.environ.setdefault("TOROKU_LIMITS", "watched")  # as the hours: tests ask more than people do
os.environ.setdefault("TOROKU_STAFF_CODES", "optional")  # as the hours: who tests codes says so

hypothesis.settings.register_profile("shared machine", deadline=None)
hypothesis.settings.load_profile("shared machine")

RAM = Path("/dev/shm")  # noqa: S108
ROOM = 4 * 2**30
"""Bytes a RAM disk must have free for several workers' databases; else they go to the disk."""

LONG = ("browser", "fault")
"""Marks of the files that take longest."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are cores: a fifth of the time, tests wait for servers, browsers and clocks."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: what begins last keeps everybody waiting."""
    items.sort(key=lambda item: not any(item.get_closest_marker(name) for name in LONG))


@pytest.fixture(scope="session", autouse=True)
def shipped_hasher() -> Iterator[PasswordHasher]:
    """The hasher of the program for those who look at it. The others have a weak one, which takes no time."""
    shipped = passwords._hasher
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1)
    yield shipped
    passwords._hasher = shipped


@pytest.fixture(scope="session")
def mongod_folder() -> Iterator[Path]:
    """A data folder of this worker, in memory where there is room."""
    room = RAM.is_dir() and shutil.disk_usage(RAM).free > ROOM
    with tempfile.TemporaryDirectory(prefix="toroku-", dir=RAM if room else None) as folder:
        yield Path(folder)


@pytest_asyncio.fixture(scope="session")
async def mongod(mongod_folder: Path) -> AsyncIterator[Database]:
    """The embedded mongod of this test worker; ``mongod.address`` is its URL, also for other processes.

    Where it cannot run, tests are skipped with the reason — but in CI they fail.
    """
    try:
        database = await connect("embedded:", data_dir=mongod_folder, owner=True)
    except DatabaseRefused as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    # Tests have clocks of their own: what the database's clock calls over, goes on in theirs.
    await database.mongo.client.admin.command({"setParameter": 1, "ttlMonitorEnabled": False})
    yield database
    await database.close()


@pytest_asyncio.fixture(scope="session")
async def shelf(mongod: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shelf]:
    """The prepared database of this worker."""
    kept = Shelf(mongod.address, tmp_path_factory.mktemp("shelf"))
    yield kept
    await kept.close()


PREPARED = {"site", "inside", "studio"}
"""Fixtures that open the shipped site on ``store``: they find it prepared, which is ten times as fast."""


async def end_transactions(database: Database) -> None:
    """End what processes began that a test has killed: it would keep collections for ten seconds and more."""
    await database.mongo.client.admin.command({"killAllSessions": []})


@pytest_asyncio.fixture
async def store(
    request: pytest.FixtureRequest, mongod: Database, shelf: Shelf, tmp_path: Path
) -> AsyncIterator[Database]:
    """A database of this test on ``mongod``: empty, or that of a site just opened."""
    if PREPARED & set(request.fixturenames):
        yield await shelf.take()
        await end_transactions(mongod)
        await shelf.put_back()
        return
    url = mongod.address.replace("/toroku?", f"/test-{uuid4().hex[:12]}?")
    async with open_database(url, data_dir=tmp_path, owner=False) as database:
        yield database
        await end_transactions(mongod)
        await database.mongo.client.drop_database(database.mongo.name)
