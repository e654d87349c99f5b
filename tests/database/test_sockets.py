"""Sockets of connections that were given up while they were made."""

import asyncio
import gc
import warnings
from random import Random

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous import pool

from app.database import Database, sockets

pytestmark = pytest.mark.fault

LOOK = 40
"""Garbage is collected, and looked at, after so many tries."""


async def given_up(address: str, seed: int) -> None:
    """Somebody asks, and leaves a moment later."""
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(address)
    await client.test.a.find_one({})
    asked = [asyncio.ensure_future(client.test.a.find_one({})) for _ in range(4)]
    await asyncio.sleep(Random(seed).uniform(0, 0.006))  # noqa: S311
    for each in asked:
        each.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    await client.close()


async def left_open(address: str, tries: int) -> int:
    """How many sockets were left to the garbage collector; the tries end with the first."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        for seed in range(tries):
            await given_up(address, seed)
            if seed % LOOK == LOOK - 1:
                gc.collect()
            if any("socket" in str(each.message) for each in told):
                return 1
    return 0


async def test_what_nobody_waits_for_any_more_is_closed(mongod: Database) -> None:
    assert getattr(pool, sockets.MAKING) is sockets._made_or_closed
    assert await left_open(mongod.address, 200) == 0


async def test_control_the_driver_alone_leaves_it_to_the_garbage_collector(
    mongod: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, sockets.MAKING, sockets._make)
    assert await left_open(mongod.address, 600) == 1
