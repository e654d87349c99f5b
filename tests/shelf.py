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
    hashes: Mapping[str, str] = field(default_factory=dict)
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
            self.stored, self.hashes = await stored_in(self.mongo), await hashes_of(self.mongo)
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
        found = await hashes_of(mongo)
        for name in found.keys() - self.hashes.keys():
            await mongo.drop_collection(name)
        if await shape_of(mongo) != self.shape:
            await self.drop()
            return
        now = mongo.with_options(read_concern=ReadConcern("local"))  # counts are written without a majority
        for name in self.hashes:
            if found.get(name) != self.hashes[name]:
                await _restore(now, name, self.stored[name])
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
    await mongo[name].delete_many({})
    if documents:
        await mongo[name].insert_many(documents)


async def hashes_of(mongo: Mongo) -> Mapping[str, str]:
    """What is in each collection, as one hash; collections without documents are all alike."""
    answer = await mongo.command("dbHash")
    hashes: dict[str, str] = answer["collections"]
    return hashes


async def shape_of(mongo: Mongo) -> Any:
    """Every collection with its wall and its indexes, by one command."""
    asked: list[dict[str, Any]] = [
        {"$listCatalog": {}},
        {"$match": {"db": mongo.name}},
        {"$project": {"name": 1, "md.options.validator": 1, "md.indexes.spec": 1, "_id": 0}},
    ]
    found = await (await mongo.client.admin.aggregate(asked)).to_list(None)
    return {each["name"]: (each["md"]["options"], sorted(map(repr, each["md"]["indexes"]))) for each in found}


async def stored_in(mongo: Mongo) -> Documents:
    """Everything that is stored, by collection."""
    names = sorted(await mongo.list_collection_names())
    return {name: await mongo[name].find({}).sort("_id", 1).to_list(None) for name in names}
