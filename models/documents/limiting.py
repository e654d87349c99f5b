"""What limits count, by the interface of the ``limits`` package, on our own client: the storage it has for
MongoDB needs another driver. Everything is kept under a keyed hash: nothing says who asked."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from limits.aio.storage import Storage
from pydantic import Field
from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from models.documents.base import Stored

HERE: Mapping[str, Any] = {"write_concern": WriteConcern(w=1), "read_concern": ReadConcern("local")}
"""A count lost with a server that fails hurts nobody: it is not waited for that others have it."""

MOST = 500
"""Counts written to the database in one go."""


class LimitCount(Stored):
    """One count within its window; it goes by itself some time after that is over."""

    id: str = Field(alias="_id")  # type: ignore[assignment]
    taken: int = 0
    ends_at: datetime

    class Settings:
        name = "limit_counts"
        indexes = (IndexModel([("ends_at", ASCENDING)], expireAfterSeconds=3_600, name="ended"),)


class Counted(NamedTuple):
    """How often something was counted with this time, and when that begins anew."""

    total: int
    ends_at: datetime


_Update = tuple[str, datetime, int]
"""The name of a window, when it ends, how often it was counted."""


class _Waiting(NamedTuple):
    expiry: int
    amount: int
    answer: "asyncio.Future[Counted]"


class LimitCounts(Storage):
    """Fixed windows of the clock. Counts that come up in the same turn, and those that come while others are
    written, go to the database together: one write, one read; without `bulk`, which ``memory://`` has
    not, one by one. `name_of` hides a key."""

    STORAGE_SCHEME = None

    def __init__(
        self, clock: Callable[[], datetime], name_of: Callable[[str], str], *, bulk: bool = True
    ) -> None:
        super().__init__()
        self._clock, self._name_of, self._bulk = clock, name_of, bulk
        self._waiting: dict[str, list[_Waiting]] = {}
        self._writing: asyncio.Task[None] | None = None

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the database raises."""
        return PyMongoError

    def count(self, key: str, expiry: int, amount: int = 1) -> "asyncio.Future[Counted]":
        """Count `amount` more under `key` within windows of `expiry` seconds. Raises what the database
        raises."""
        answer: asyncio.Future[Counted] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(_Waiting(expiry, amount, answer))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write())
        return answer

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` more; how often it has been counted with that."""
        return (await self.count(key, expiry, amount)).total

    async def get(self, key: str) -> int:
        """How often it was counted in the window that runs, whatever its length; 0 where none does."""
        found = await self._running(key)
        return int(found["taken"]) if found else 0

    async def get_expiry(self, key: str) -> float:
        """When the window that runs ends (seconds since 1970); now where none does."""
        found = await self._running(key)
        return float((found["ends_at"] if found else self._clock()).timestamp())

    def _kept(self) -> Any:
        return LimitCount.raw().with_options(**HERE) if self._bulk else LimitCount.raw()

    def _windows(self, key: str) -> dict[str, Any]:
        """Every window of a key: their names begin with it."""
        return {"_id": {"$regex": f"^{self._name_of(key)}:"}}

    async def _running(self, key: str) -> Mapping[str, Any] | None:
        where = {**self._windows(key), "ends_at": {"$gt": self._clock()}}
        found: Mapping[str, Any] | None = await self._kept().find_one(where)
        return found

    async def check(self) -> bool:
        """Whether the database answers."""
        try:
            await LimitCount.raw().find_one({"_id": ""})
        except PyMongoError:
            return False
        return True

    async def clear(self, key: str) -> None:
        """Let it be as if `key` had never been counted."""
        await LimitCount.raw().delete_many(self._windows(key))

    async def reset(self) -> int:
        """Forget every count; how many there were."""
        return int((await LimitCount.raw().delete_many({})).deleted_count)

    async def _write(self) -> None:
        while self._waiting:
            keys = list(self._waiting)[:MOST]
            batch = {key: self._waiting.pop(key) for key in keys}
            try:
                found = await self._written(batch)
            except BaseException as error:
                failure = error if isinstance(error, Exception) else ConnectionError("counting was given up")
                _tell_all(batch, failure)
                if not isinstance(error, Exception):
                    raise
            else:
                _allot(batch, found)

    async def _written(self, batch: Mapping[str, Sequence[_Waiting]]) -> Mapping[str, Counted]:
        """Every key's count with the whole batch."""
        now = self._clock()
        windows = {key: self._window(key, waiting[0].expiry, now) for key, waiting in batch.items()}
        amounts = {key: sum(each.amount for each in waiting) for key, waiting in batch.items()}
        updates = [(*windows[key], amounts[key]) for key in batch]
        kept = await (self._together(updates) if self._bulk else self._one_by_one(updates))
        names = [name for name, _ in windows.values()]
        rows = await kept.find({"_id": {"$in": names}}, {"taken": 1}).to_list(None)
        known = {row["_id"]: int(row["taken"]) for row in rows}
        return {key: Counted(known.get(name, amounts[key]), ends) for key, (name, ends) in windows.items()}

    async def _together(self, updates: Sequence[_Update]) -> Any:
        kept = self._kept()
        written = [
            UpdateOne({"_id": name}, _counting(ends, amount), upsert=True) for name, ends, amount in updates
        ]
        await kept.bulk_write(written, ordered=False)
        return kept

    async def _one_by_one(self, updates: Sequence[_Update]) -> Any:
        kept = self._kept()
        for name, ends, amount in updates:
            await kept.update_one({"_id": name}, _counting(ends, amount), upsert=True)
        return kept

    def _window(self, key: str, expiry: int, now: datetime) -> tuple[str, datetime]:
        """The name of a key's window that runs, and when that ends."""
        number = int(now.timestamp()) // expiry
        return f"{self._name_of(key)}:{number}", datetime.fromtimestamp((number + 1) * expiry, UTC)


def _counting(ends: datetime, amount: int) -> dict[str, Any]:
    return {"$inc": {"taken": amount}, "$setOnInsert": {"ends_at": ends}}


def _allot(batch: Mapping[str, Sequence[_Waiting]], found: Mapping[str, Counted]) -> None:
    """Tell each that waits what the count was with it, in the order they came."""
    for key, waiting in batch.items():
        counted = found[key]
        total = counted.total - sum(each.amount for each in waiting)
        for each in waiting:
            total += each.amount
            if not each.answer.done():
                each.answer.set_result(Counted(total, counted.ends_at))


def _tell_all(batch: Mapping[str, Sequence[_Waiting]], failure: Exception) -> None:
    for waiting in batch.values():
        for each in waiting:
            if not each.answer.done():
                each.answer.set_exception(failure)
