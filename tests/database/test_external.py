"""Servers of others: only such as keep our promises, told apart in plain words."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from app.database import Database, Timeouts, binary, connect, open_database, process
from models.errors import DatabaseRefused, DatabaseUnavailable

FAST = Timeouts(selection=0.3, connect=0.3)
SECRET = "p4ssw0rd"


async def serve(folder: Path, *words: str) -> tuple[int, asyncio.subprocess.Process]:
    """A plain mongod on a free port, listening."""
    port = process.pick()
    fixed = ["--bind_ip", "127.0.0.1", "--nounixsocket", "--port", str(port), "--dbpath", str(folder)]
    child = await asyncio.create_subprocess_exec(
        str(binary.find()), *fixed, *words, stdout=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(20):
        await listening(port)
    return port, child


async def listening(port: int) -> None:
    for _ in iter(lambda: process.free(port), False):
        await asyncio.sleep(0.02)


@pytest_asyncio.fixture
async def standalone(tmp_path: Path) -> AsyncIterator[int]:
    port, child = await serve(tmp_path)
    yield port
    await process.stop(child)


async def refusal(url: str, folder: Path) -> str:
    with pytest.raises(DatabaseRefused) as caught:
        await connect(url, data_dir=folder, owner=True, timeouts=FAST)
    return str(caught.value)


async def test_a_replica_set_is_welcome_and_its_path_names_the_database(
    mongod: Database, tmp_path: Path
) -> None:
    for name, url in (
        ("elsewhere", mongod.address.replace("/toroku?", "/elsewhere?")),
        ("toroku", mongod.address.replace("/toroku?", "/?")),
    ):
        async with open_database(url, data_dir=tmp_path, owner=True) as database:
            assert database.mongo.name == name
            assert database.transactional


async def test_a_standalone_is_refused_with_the_way_to_a_replica_set(standalone: int, tmp_path: Path) -> None:
    said = await refusal(f"mongodb://127.0.0.1:{standalone}/toroku", tmp_path)
    assert all(word in said for word in ("no transactions", "--replSet", "rs.initiate()", "?replicaSet="))


async def test_wrong_credentials_are_told_without_the_password(tmp_path: Path) -> None:
    port, child = await serve(tmp_path, "--auth")
    try:
        said = await refusal(f"mongodb://me:{SECRET}@127.0.0.1:{port}/toroku", tmp_path)
    finally:
        await process.stop(child)
    assert "AuthenticationFailed" in said
    assert SECRET not in said


async def test_nobody_there_is_unavailable_within_seconds(tmp_path: Path) -> None:
    url = f"mongodb://127.0.0.1:{process.pick()}/toroku"
    async with asyncio.timeout(3):
        with pytest.raises(DatabaseUnavailable):
            await connect(url, data_dir=tmp_path, owner=True, timeouts=FAST)


@pytest.mark.parametrize(
    "url",
    [
        "postgres://localhost",
        "toroku.db",
        "",
        f"mongodb://me:{SECRET}@@host",
        f"mongodb://host:{SECRET}/",
    ],
)
async def test_a_url_not_understood_is_told_with_those_that_are(url: str, tmp_path: Path) -> None:
    with pytest.raises(DatabaseRefused) as caught:
        await connect(url, data_dir=tmp_path, owner=True, timeouts=FAST)
    assert "mongodb+srv://" in str(caught.value)
    assert SECRET not in f"{caught.value} {caught.value.__cause__}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


async def test_the_url_cannot_weaken_what_is_acknowledged(mongod: Database, tmp_path: Path) -> None:
    url = f"{mongod.address}&w=0&journal=false&readPreference=secondary&retryWrites=false"
    async with open_database(url, data_dir=tmp_path, owner=True) as database:
        assert database.mongo.write_concern.document["w"] == "majority"
        assert database.mongo.read_preference.name == "Primary"
        assert database.mongo.client.options.retry_writes


async def test_dates_are_read_with_their_zone(store: Database) -> None:
    await store.mongo.records.insert_one({"at": datetime(2026, 4, 1, tzinfo=UTC)})
    row = await store.mongo.records.find_one()
    assert row is not None
    assert row["at"] == datetime(2026, 4, 1, tzinfo=UTC)


async def test_stores_of_two_tests_do_not_meet(store: Database, mongod: Database) -> None:
    assert await store.mongo.list_collection_names() == []
    assert store.mongo.name != mongod.mongo.name


async def test_a_plain_client_reads_what_was_written(store: Database) -> None:
    await store.mongo.records.insert_one({"n": 1})
    client: AsyncMongoClient[dict[str, int]] = AsyncMongoClient(store.address)
    assert await client.get_default_database().records.count_documents({}) == 1
    await client.close()
