"""Stored records on their way to another version: read in ranges, written only as they were read."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError, WriteError

from models.documents.base import Id, Person, new_id
from models.documents.prepare import database_of
from models.documents.record import RecordVersion
from models.documents.store import Store

REFUSED = frozenset({121, 11000})
"""DocumentValidationFailure, DuplicateKey: the collection's wall or a unique index refuses a record."""


@dataclass(frozen=True, slots=True)
class Range:
    """Some records in the order of their ids: (id, revision, version) of each."""

    rows: Sequence[tuple[Id, int, int]]

    @property
    def last(self) -> Id:
        return self.rows[-1][0]

    def where(self, version: int) -> dict[str, Any]:
        """The records of this range that are still of `version`."""
        return {"_id": {"$gte": self.rows[0][0], "$lte": self.last}, "schema_version": version}

    def count(self, version: int) -> int:
        """How many were of `version` when the range was read."""
        return sum(1 for _, _, found in self.rows if found == version)

    def versions(self, below: int) -> list[int]:
        """The versions below `below` there are in it."""
        return sorted({version for _, _, version in self.rows if version < below})


@dataclass(frozen=True, slots=True)
class ByServer:
    """An update the server does by itself: the `stages` of a pipeline, and the same as a plain `rename` where
    it is no more than that."""

    stages: list[dict[str, Any]]
    rename: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Converted:
    """A record's new form; written only where its revision and version are still those it was read with."""

    id: Id
    revision: int
    version: int
    values: Mapping[str, Any]


class Conversion:
    """The records of one type, for the job that carries them over."""

    def __init__(self, store: Store, collection: str) -> None:
        self.transactional = store.transactional
        self.collection = database_of(store)[collection]

    async def total(self) -> int:
        """How many records there are, about."""
        return int(await self.collection.estimated_document_count())

    async def ranges(self, after: Id | None, size: int) -> AsyncIterator[Range]:
        """All records after `after`, `size` at a time."""
        last = after
        while True:
            where = {"_id": {"$gt": last}} if last else {}
            rows = await self._rows(where, size)
            if not rows:
                return
            yield Range(rows)
            last = rows[-1][0]

    async def read(self, part: Range, version: int) -> list[dict[str, Any]]:
        """The records of a range that are of `version`, whole."""
        found: list[dict[str, Any]] = await self.collection.find(part.where(version)).to_list(None)
        return found

    async def left(self, below: int, after: Id | None, size: int) -> Range | None:
        """The next records after `after` that are still of an earlier version; None when there are none."""
        where: dict[str, Any] = {"schema_version": {"$lt": below}}
        rows = await self._rows(where | ({"_id": {"$gt": after}} if after else {}), size)
        return Range(rows) if rows else None

    async def _rows(self, where: Mapping[str, Any], size: int) -> list[tuple[Id, int, int]]:
        found = self.collection.find(where, {"revision": 1, "schema_version": 1}).sort("_id", 1)
        rows = await found.limit(size).batch_size(size + 1).to_list(None)
        return [(row["_id"], row["revision"], row["schema_version"]) for row in rows]

    async def by_server(self, part: Range, version: int, update: "ByServer", to: int) -> bool:
        """Have the server convert a range; False when it refused a record, the others may be converted."""
        try:
            if update.rename:
                free = {new: {"$exists": False} for new in update.rename.values()}
                renamed = {"$rename": dict(update.rename), "$set": {"schema_version": to}}
                done = await self.collection.update_many(part.where(version) | free, renamed)
                if done.matched_count == part.count(version):
                    return True
            stages = [*update.stages, {"$set": {"schema_version": to}}]
            await self.collection.update_many(part.where(version), stages)
        except WriteError as error:
            if error.code not in REFUSED:
                raise
            return False
        return True

    async def write(self, converted: Sequence[Converted], to: int) -> dict[Id, int]:
        """Write new forms; the records refused, with the code of the refusal. A record that was changed
        meanwhile is left for the next look."""
        if not self.transactional:
            return await self._write_each(converted, to)
        writes = [UpdateOne(*_replacing(each, to)) for each in converted]
        if not writes:
            return {}
        try:
            await self.collection.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            problems = error.details.get("writeErrors", [])
            if any(problem["code"] not in REFUSED for problem in problems) or not problems:
                raise
            return {converted[problem["index"]].id: problem["code"] for problem in problems}
        return {}

    async def _write_each(self, converted: Sequence[Converted], to: int) -> dict[Id, int]:
        """``memory://`` has no writes in bulk."""
        refused = {}
        for each in converted:
            try:
                await self.collection.update_one(*_replacing(each, to))
            except DuplicateKeyError:
                refused[each.id] = 11000
        return refused

    async def keep_originals(self, part: Range, below: int, by: Person, at: datetime) -> int:
        """Write the history entry of every record of the range that has none for its revision; how many.

        Records changed in between need none of ours: whoever changes one writes its entry."""
        ids = [identity for identity, _, version in part.rows if version < below]
        if not ids:
            return 0
        there = RecordVersion.raw().find(
            {"record_id": {"$gte": ids[0], "$lte": ids[-1]}}, {"_id": 0, "record_id": 1, "revision": 1}
        )
        rows = await there.batch_size(2 * len(ids)).to_list(None)
        known = {(row["record_id"], row["revision"]) for row in rows}
        missing = [i for i, revision, version in part.rows if version < below and (i, revision) not in known]
        if missing:
            found = self.collection.find({"_id": {"$in": missing}, "schema_version": {"$lt": below}})
            await _insert_missing([_original(row, by, at) for row in await found.to_list(None)])
        return len(missing)

    async def originals(self, records: Sequence[Mapping[str, Any]]) -> dict[Id, dict[str, Any]]:
        """The history entry of each record's present revision."""
        revisions = {record["_id"]: record["revision"] for record in records}
        found = RecordVersion.raw().find({"record_id": {"$in": list(revisions)}})
        return {
            row["record_id"]: row
            for row in await found.to_list(None)
            if row["revision"] == revisions[row["record_id"]]
        }


def _replacing(each: Converted, to: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The record as it was read, and what becomes of it."""
    as_read = {"_id": each.id, "revision": each.revision, "schema_version": each.version}
    return as_read, {"$set": {**each.values, "schema_version": to}}


def _original(record: Mapping[str, Any], by: Person, at: datetime) -> dict[str, Any]:
    kept = ("type", "revision", "schema_version", "lifecycle", "data")
    return {
        "_id": new_id(),
        "record_id": record["_id"],
        **{name: record[name] for name in kept},
        "application_id": None,
        "by": by.model_dump(),
        "at": record.get("updated_at", at),
    }


async def _insert_missing(rows: Sequence[dict[str, Any]]) -> None:
    """Insert; what another worker inserted first is there already."""
    if not rows:
        return
    try:
        await RecordVersion.raw().insert_many(rows, ordered=False)
    except BulkWriteError as error:
        if any(problem["code"] != 11000 for problem in error.details["writeErrors"]):
            raise
    except DuplicateKeyError:
        return
