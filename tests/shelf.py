"""One prepared database for every test of a worker: emptied after each, made anew when a test changed more
than what is stored in it."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

from pymongo.read_concern import ReadConcern

from app.database import Database, open_database
from app.opening import build_site, configuration_of
from app.settings import Settings
from models.documents.store import Mongo
from tests.clock import Hands

REST = 1.0
"""Seconds after which a connection is made anew: the loop stands still while tests without one run, and the
driver takes that for a server that does not answer."""

Documents = Mapping[str, list[dict[str, Any]]]


@dataclass
class Shelf:
    """Keeps the database between tests. `address` is the URL of the worker's ``mongod``."""

    address: str
    folder: Path
    url: str = ""
    database: Database | None = None
    shape: Any = None
    stored: Documents = field(default_factory=dict)
    left_at: float = 0.0
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def take(self) -> Database:
        """The database of a site just opened for the first time."""
        if not self.url:
            self.url = self.address.replace("/toroku?", f"/test-{uuid4().hex[:12]}?")
            await self._connect()
            settings = Settings(data=self.folder, smtp_url=None)
            await build_site(settings, configuration_of(settings), self._open, Hands())
            self.shape = await shape_of(self.mongo)
            self.stored = await stored_in(self.mongo)
        elif monotonic() - self.left_at > REST:
            await self._stack.aclose()
            await self._connect()
        return self._open

    async def _connect(self) -> None:
        opened = open_database(self.url, data_dir=self.folder, owner=False)
        self.database = await self._stack.enter_async_context(opened)

    async def put_back(self) -> None:
        """Bring the database back to what it was; drop it when it cannot be."""
        mongo = self.mongo
        known = set(self.stored)
        for name in set(await mongo.list_collection_names()) - known:
            await mongo.drop_collection(name)
        if await shape_of(mongo) != self.shape:
            await self.drop()
            return
        now = mongo.with_options(read_concern=ReadConcern("local"))  # counts are written without a majority
        for name, documents in self.stored.items():
            if await now[name].find_one({}) is not None or documents:
                await _restore(now, name, documents)
        self.left_at = monotonic()

    async def drop(self) -> None:
        """Give the database up."""
        await self.mongo.client.drop_database(self.mongo.name)
        self.url = ""
        await self.close()

    async def close(self) -> None:
        """Hang up."""
        await self._stack.aclose()

    @property
    def mongo(self) -> Mongo:
        return self._open.mongo

    @property
    def _open(self) -> Database:
        assert self.database is not None
        return self.database


async def _restore(mongo: Mongo, name: str, documents: list[dict[str, Any]]) -> None:
    if documents and await mongo[name].find({}).sort("_id", 1).to_list(None) == documents:
        return
    await mongo[name].delete_many({})
    if documents:
        await mongo[name].insert_many(documents)


async def shape_of(mongo: Mongo) -> Any:
    """Every collection with its wall and its indexes."""
    found = {each["name"]: each["options"] async for each in await mongo.list_collections()}
    indexes = {name: await (await mongo[name].list_indexes()).to_list(None) for name in sorted(found)}
    return found, {name: sorted(map(repr, made)) for name, made in indexes.items()}


async def stored_in(mongo: Mongo) -> Documents:
    """Everything that is stored, by collection."""
    names = sorted(await mongo.list_collection_names())
    return {name: await mongo[name].find({}).sort("_id", 1).to_list(None) for name in names}
