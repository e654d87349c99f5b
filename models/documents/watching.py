"""Being told when documents are inserted: change streams, and looking again where there are none."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from pymongo.errors import PyMongoError

from models.documents.base import Stored
from models.documents.prepare import database_of
from models.documents.store import Store

INTERVAL = 0.5
"""Seconds between looks where the database has no change streams, and after one broke off."""

PATIENCE = 1000
"""Milliseconds the server waits for news before it answers that there are none."""


async def watch(store: Store, model: type[Stored]) -> AsyncIterator[None]:
    """Yields whenever `model` may have new documents: once at the start, then after every insert.

    Never ends by itself; a stream that breaks off is opened again, and yields once, for what was missed."""
    while True:
        yield
        if store.transactional:
            try:
                async for _ in _inserts(store, model):
                    yield
            except PyMongoError:
                pass
        await asyncio.sleep(INTERVAL)


async def _inserts(store: Store, model: type[Stored]) -> AsyncIterator[None]:
    only: list[dict[str, Any]] = [{"$match": {"operationType": "insert"}}, {"$project": {"_id": 1}}]
    collection = database_of(store)[model.Settings.name]
    async with await collection.watch(only, max_await_time_ms=PATIENCE) as stream:
        yield  # what was inserted between the last look and the opening of the stream
        async for _ in stream:
            yield
