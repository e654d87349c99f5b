"""Records leaving and coming in many at a time, past the models that serve single ones."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from bson import json_util
from pymongo import ReplaceOne
from pymongo.errors import BulkWriteError, DuplicateKeyError, WriteError

from models.documents.application import Application
from models.documents.conversion import REFUSED
from models.documents.prepare import database_of
from models.documents.record import RecordVersion
from models.documents.records import duplicate
from models.documents.store import Session, Store
from models.errors import DuplicateValue, RecordChanged, TransferRefused

Query = Mapping[str, Any]
Rows = Sequence[dict[str, Any]]

BATCH = 100
"""Records read at once: a batch is decoded in one go, and others wait meanwhile."""


def query_text(where: Query) -> str:
    """A query as a text, whatever it holds (canonical Extended JSON)."""
    return json_util.dumps(where, json_options=json_util.CANONICAL_JSON_OPTIONS)


def read_query(text: str) -> dict[str, Any]:
    """The query ``query_text`` was given."""
    options = json_util.CANONICAL_JSON_OPTIONS.with_options(tz_aware=True)
    found: dict[str, Any] = json_util.loads(text, json_options=options) if text else {}
    return found


class Transfer:
    """The records of one collection, for the jobs that take them out or bring them in."""

    def __init__(self, store: Store, collection: str) -> None:
        self.transactional = store.transactional
        self.collection = database_of(store)[collection]

    async def count(self, where: Query) -> int:
        """How many records match."""
        if not where:
            return int(await self.collection.estimated_document_count())
        return int(await self.collection.count_documents(where))

    async def batches(
        self, where: Query, sort: Sequence[tuple[str, int]], projection: Query
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """Every record that matches, in this order, BATCH at a time."""
        cursor = self.collection.find(where, projection or None).sort(list(sort)).batch_size(BATCH)
        if self.transactional:
            cursor = cursor.allow_disk_use(True)
        batch: list[dict[str, Any]] = []
        async for found in cursor:
            batch.append(found)
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    async def find(self, where: Query, projection: Query | None = None) -> list[dict[str, Any]]:
        """The records that match, whole or projected."""
        found: list[dict[str, Any]] = await self.collection.find(where, projection).to_list(None)
        return found

    async def insert(self, records: Rows, session: Session) -> None:
        """Store new records. Raises DuplicateValue for a value that is taken, TransferRefused for what the
        wall of the collection refuses; in a transaction nothing is stored then."""
        if records:
            await _insert(self.collection, records, session)

    async def replace(self, records: Rows, session: Session) -> None:
        """Put records in force, each where its revision is the one before. Raises RecordChanged,
        DuplicateValue, TransferRefused."""
        if not self.transactional:
            for record in records:
                await self.collection.replace_one(_before(record), record)
            return
        if records:
            writes = [ReplaceOne(_before(record), record) for record in records]
            try:
                done = await self.collection.bulk_write(writes, ordered=True, session=session)
            except BulkWriteError as error:
                raise _refusal(error) from error
            if done.matched_count != len(records):
                raise RecordChanged


def _before(record: Query) -> dict[str, Any]:
    return {"_id": record["_id"], "revision": record["revision"] - 1}


async def insert_versions(versions: Rows, session: Session) -> None:
    """Store the history of records."""
    if versions:
        await RecordVersion.raw().insert_many(versions, ordered=True, session=session)


async def insert_applications(applications: Rows, session: Session) -> None:
    """Store drafts."""
    if applications:
        await _insert(Application.raw(), applications, session)


async def _insert(collection: Any, rows: Rows, session: Session) -> None:
    try:
        await collection.insert_many(rows, ordered=True, session=session)
    except BulkWriteError as error:
        raise _refusal(error) from error
    except DuplicateKeyError as error:
        raise duplicate(error) from error


def _refusal(error: BulkWriteError) -> Exception:
    """What a bulk write was refused for, as a typed error; anything unexpected as it is."""
    problems = (error.details or {}).get("writeErrors") or [{}]
    code = problems[0].get("code")
    if code == 11000:
        return duplicate(DuplicateKeyError(str(problems[0].get("errmsg", "")), 11000, problems[0]))
    if code in REFUSED:
        return TransferRefused("A record does not fit the collection.")
    return error


EXPECTED = (DuplicateValue, RecordChanged, TransferRefused, WriteError)
"""What one record of several may be refused for."""
