"""Being told when documents change: change streams, and looking again where there are none."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from bson.timestamp import Timestamp
from pymongo.errors import PyMongoError

from models.documents.base import Stored
from models.documents.prepare import database_of
from models.documents.store import Mongo, Store

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
    """Yields once for what was changed before the stream begins, then after every change since.

    Left to itself, a stream begins after the last write, which readers see only once a majority has it: what
    lies between would be told by neither. So it begins at what they see already."""
    names = [model.Settings.name for model in models]
    where = {"operationType": {"$in": CHANGES}, "ns.coll": {"$in": names}}
    only: list[dict[str, Any]] = [{"$match": where}, {"$project": {"_id": 1}}]
    database = database_of(store)
    begin = await _readable_until(database, names[0])
    opening = database.watch(only, max_await_time_ms=PATIENCE, start_at_operation_time=begin)
    async with await opening as stream:
        yield
        async for _ in stream:
            yield


async def _readable_until(database: Mongo, name: str) -> Timestamp | None:
    """The time on the server's clock up to which everything written is read, as a reader of what a majority
    has is told it."""
    async with database.client.start_session() as session:
        await database[name].find_one({}, {"_id": 1}, session=session)
        return session.operation_time
