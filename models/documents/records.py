"""Records in their collections: projected reads, guarded writes. The only door to record collections."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument, UpdateOne
from pymongo.errors import DuplicateKeyError

from models.documents.base import Id
from models.documents.indexes import UNIQUE
from models.documents.prepare import database_of
from models.documents.record import Record
from models.documents.store import Session, Store
from models.errors import DuplicateValue, NotFound, RecordChanged

SUMMARY = {
    "type": 1,
    "number": 1,
    "title": 1,
    "lifecycle": 1,
    "operator_id": 1,
    "schema_version": 1,
    "updated_at": 1,
}
"""What a list of records reads."""

Query = Mapping[str, Any]


class Records:
    """The records of one type."""

    def __init__(self, store: Store, collection: str) -> None:
        self.name = collection
        self.collection = database_of(store)[collection]

    async def insert(self, record: Record, session: Session) -> None:
        """Store a new record. Raises DuplicateValue naming the field whose value is taken."""
        try:
            await self.collection.insert_one(record.document(), session=session)
        except DuplicateKeyError as error:
            raise duplicate(error) from error

    async def replace(self, record: Record, expected: int, session: Session) -> None:
        """Put `record` in force if its revision is still `expected`. Raises RecordChanged, DuplicateValue."""
        try:
            done = await self.collection.replace_one(
                {"_id": record.id, "revision": expected}, record.document(), session=session
            )
        except DuplicateKeyError as error:
            raise duplicate(error) from error
        if done.matched_count == 0:
            raise RecordChanged

    async def change(
        self,
        identifier: Id,
        expected: int | None,
        values: Mapping[str, Any],
        session: Session,
        seen: Query | None = None,
    ) -> None:
        """Set some values of a record if its revision is still `expected` (None: a damaged one without any)
        and the others `seen` are too, leaving the rest as they are. Raises RecordChanged, DuplicateValue."""
        where = {**(seen or {}), "_id": identifier, "revision": expected}
        try:
            done = await self.collection.update_one(where, {"$set": dict(values)}, session=session)
        except DuplicateKeyError as error:
            raise duplicate(error) from error
        if done.matched_count == 0:
            raise RecordChanged

    async def touch(self, identifier: Id, at: datetime, session: Session) -> None:
        """Write on a record that it is being judged, so that two transactions that judge it collide."""
        await self.collection.update_one({"_id": identifier}, {"$set": {"judged_at": at}}, session=session)

    async def get(self, identifier: Id | None, session: Session = None) -> Record | None:
        """One record by id, or None."""
        found = await self.collection.find_one({"_id": identifier}, session=session) if identifier else None
        return Record.model_validate(found) if found else None

    async def found(self, where: Query, session: Session = None) -> Mapping[str, Any] | None:
        """A record that fulfils `where` as it is stored, whatever its shape, or None."""
        row: Mapping[str, Any] | None = await self.collection.find_one(dict(where), session=session)
        return row

    async def row(self, identifier: Id, where: Query | None = None) -> Mapping[str, Any] | None:
        """One record as it is stored, whatever its shape, or None; within `where`, if given."""
        query = {"$and": [{"_id": identifier}, where]} if where else {"_id": identifier}
        found: Mapping[str, Any] | None = await self.collection.find_one(query)
        return found

    async def by_number(self, number: str, where: Query) -> Record:
        """One record by its number, within `where`. Raises NotFound."""
        found = await self.collection.find_one({**where, "number": number})
        if found is None:
            raise NotFound
        return Record.model_validate(found)

    async def page(
        self, where: Query, *, sort: list[tuple[str, int]], skip: int = 0, limit: int = 50
    ) -> list[Record]:
        """A page of records, without their data."""
        cursor = self.collection.find(where, SUMMARY).sort(sort).skip(skip).limit(limit)
        return [Record.model_construct(**{**found, "id": found["_id"]}) async for found in cursor]

    async def rows(
        self, where: Query, projection: Mapping[str, Any], sort: list[tuple[str, int]], skip: int, limit: int
    ) -> list[dict[str, Any]]:
        """A page of raw projected documents, for lists that draw them themselves."""
        return await self.collection.find(where, projection).sort(sort).skip(skip).limit(limit).to_list(None)

    async def count(self, where: Query, limit: int) -> int:
        """How many match, counted up to `limit`; estimated when nothing is asked."""
        if not where:
            return min(await self.collection.estimated_document_count(), limit)
        return await self.collection.count_documents(where, limit=limit)

    async def ahead(self, last: Id | None, projection: Mapping[str, Any], limit: int) -> list[dict[str, Any]]:
        """The next raw records behind the id `last`, in the order of their ids; from the first for None."""
        where = {"_id": {"$gt": last}} if last else {}
        return await self.collection.find(where, projection).sort("_id", 1).limit(limit).to_list(None)

    async def keep_grams(self, found: Sequence[tuple[Id, int, list[str]]]) -> int:
        """Put new search entries (id, revision, entries) where that revision is still in force; how many."""
        writes = [
            UpdateOne({"_id": identifier, "revision": revision}, {"$set": {"grams": grams}})
            for identifier, revision, grams in found
        ]
        return (await self.collection.bulk_write(writes, ordered=False)).modified_count if writes else 0

    async def taken(self, query: Query, session: Session = None) -> bool:
        """Whether a record with these values exists."""
        return await self.collection.find_one(query, {"_id": 1}, session=session) is not None

    async def stamp(self, identifier: Id, name: str, at: datetime, session: Session) -> bool:
        """Mark a time on a record, once: False when it was there already."""
        stamped = await self.collection.find_one_and_update(
            {"_id": identifier, f"stamps.{name}": {"$exists": False}},
            {"$set": {f"stamps.{name}": at}},
            projection={"_id": 1},
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        return stamped is not None


def duplicate(error: DuplicateKeyError) -> DuplicateValue:
    """The field a unique index protects, as a typed error."""
    message = str((error.details or {}).get("errmsg", error))
    _, _, rest = message.partition(f"index: {UNIQUE}")
    return DuplicateValue(field=rest.split(" ")[0] if rest else "")
