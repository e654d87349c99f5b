"""Being told when documents change: change streams, and looking again where there are none."""

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

CHANGES = ["insert", "update", "replace", "delete"]


async def watch(store: Store, *models: type[Stored]) -> AsyncIterator[None]:
    """Yields whenever documents of `models` may have changed: once at the start, then after every change.

    Never ends by itself; a stream that breaks off is opened again, and yields once, for what was missed."""
    while True:
        yield
        if store.transactional:
            try:
                async for _ in _changes(store, models):
                    yield
            except PyMongoError:
                pass
        await asyncio.sleep(INTERVAL)


async def _changes(store: Store, models: tuple[type[Stored], ...]) -> AsyncIterator[None]:
    names = [model.Settings.name for model in models]
    where = {"operationType": {"$in": CHANGES}, "ns.coll": {"$in": names}}
    only: list[dict[str, Any]] = [{"$match": where}, {"$project": {"_id": 1}}]
    async with await database_of(store).watch(only, max_await_time_ms=PATIENCE) as stream:
        yield  # what was changed between the last look and the opening of the stream
        async for _ in stream:
            yield
