"""How fast stored records follow a change: a rename, against the bare driver doing the same, while read."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from app.tasks import beside
from models.documents.base import new_id
from models.documents.record import Record, RecordVersion
from models.errors import ConfigurationError
from models.permissions import SYSTEM
from models.schema.definition import RecordType
from models.schema.search import grams
from models.services.jobs import enqueue, finish
from models.services.progress import Progress, silent
from models.services.site import Site
from models.services.versions import publish_version

FLOOR = 15_000.0
"""Records a second a rename over a million is to reach on two cores, with reads going on."""

TYPE = "renamed_plant"
COLLECTION = f"{TYPE}s"
BATCH = 10_000
PIECE = 50_000


@dataclass(frozen=True, slots=True)
class RenameRow:
    """One rename of so many records: seconds of the job and of the bare driver, and the reads meanwhile."""

    records: int
    seconds: float
    raw_seconds: float
    reads: int
    slowest_read: float

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds

    @property
    def raw_rate(self) -> float:
        return self.records / self.raw_seconds

    @property
    def ratio(self) -> float:
        """Our records a second as a share of the bare driver's."""
        return self.rate / self.raw_rate

    @property
    def is_slow(self) -> bool:
        """Whether it is under the floor."""
        return self.rate < FLOOR


@dataclass
class Reads:
    """What readers saw: how many reads, and how long the slowest took (seconds)."""

    times: list[float] = field(default_factory=list)


def definition(name: str, **keys: Any) -> RecordType:
    """A type of a few fields, one of them called `name`."""

    def text(field_name: str, **more: Any) -> dict[str, Any]:
        return {"name": field_name, "type": "text", "label": {"ja": field_name}, **more}

    return RecordType.model_validate(
        {
            "record_type": TYPE,
            "label": {"ja": "計測用の設備"},
            "collection": COLLECTION,
            "number": {"field": "plant_number"},
            "title": "{title}",
            "applications": {"workflow": "registration"},
            "lifecycle": "registered_record",
            "fields": [
                text("plant_number", read_only=True),
                text("title", search=True),
                text(name),
                text("contact"),
                {"name": "power", "type": "integer", "label": {"ja": "出力"}, "filter": True},
            ],
            **keys,
        }
    )


async def rename_row(site: Site, records: int, progress: Progress = silent) -> RenameRow:
    """Store `records` with their history, have the bare driver rename a field and then the job rename it
    back, both while records are read: the same work on the same documents and indexes."""
    await publish_version(site, SYSTEM, definition("note"), base=0)
    await fill(site, records)
    collection = site.records[TYPE].collection
    async with reading(site, records):
        raw = await _timed(lambda: _bare(collection, records))
    evolution = [{"from": 1, "rename": {"note": "remark"}}]
    await publish_version(site, SYSTEM, definition("remark", evolution=evolution), base=1)
    job = await enqueue(site, "rewrite", TYPE, 1, 2)
    async with reading(site, records) as reads:
        seconds = await _timed(lambda: finish(site, job, progress))
    await _require_all(collection, records)
    return RenameRow(records, seconds, raw, len(reads.times), max(reads.times, default=0.0))


async def _bare(collection: Any, records: int) -> None:
    """In pieces: a single update of a million would take longer than the driver waits for an answer."""
    for start in range(0, records, PIECE):
        where = {"number": {"$gte": f"{start:010}", "$lt": f"{start + PIECE:010}"}}
        await collection.update_many(where, BARE)


async def _require_all(collection: Any, records: int) -> None:
    """Raises ConfigurationError when a record did not follow: a rate of work not done says nothing."""
    done = await collection.count_documents({"schema_version": 2, "data.remark": {"$exists": True}})
    if done != records:
        raise ConfigurationError((), "Only {done} of {records} records followed.", done=done, records=records)


BARE: list[dict[str, Any]] = [
    {"$set": {"data.note": "$data.remark", "schema_version": 1}},
    {"$unset": ["data.remark"]},
]
"""What a programmer would write by hand; before it the field is called as it will be afterwards."""


async def fill(site: Site, records: int) -> None:
    """Store records as the program would, each with its history entry; past the wall, for the field has the
    name the bare driver will take from it."""
    collection = site.records[TYPE].collection
    for start in range(0, records, BATCH):
        rows = [_row(site, number) for number in range(start, min(start + BATCH, records))]
        await collection.insert_many(rows, ordered=False, bypass_document_validation=True)
        await RecordVersion.raw().insert_many([_version(row) for row in rows], ordered=False)


def _version(row: Mapping[str, Any]) -> dict[str, Any]:
    same = ("type", "revision", "schema_version", "lifecycle", "data")
    told = {"application_id": None, "by": SYSTEM.person.model_dump(), "at": row["updated_at"]}
    return {"_id": new_id(), "record_id": row["_id"], **{name: row[name] for name in same}, **told}


def _row(site: Site, number: int) -> dict[str, Any]:
    data = {"plant_number": f"{number:010}", "title": f"発電所 {number}", "remark": f"備考 {number % 97}"}
    record = Record.model_construct(
        id=new_id(),
        type=TYPE,
        number=data["plant_number"],
        title=data["title"],
        schema_version=1,
        operator_id=new_id(),
        lifecycle="active",
        data={**data, "contact": f"a{number}@example.jp", "power": number % 10_000},
        attic=[],
        revision=1,
        grams=grams(data["title"]),
        stamps={},
        created_at=site.now(),
        updated_at=site.now(),
    )
    return record.document()


async def _timed(work: Callable[[], Awaitable[Any]]) -> float:
    began = perf_counter()
    await work()
    return perf_counter() - began


@asynccontextmanager
async def reading(site: Site, records: int) -> AsyncIterator[Reads]:
    """One reader asks for records by their numbers, at most a hundred times a second."""
    reads = Reads()
    async with beside(_read(site, records, reads)):
        yield reads


async def _read(site: Site, records: int, reads: Reads) -> None:
    turn = 0
    while True:
        turn += 7919
        began = perf_counter()
        await site.records[TYPE].by_number(f"{turn % records:010}", {})
        reads.times.append(perf_counter() - began)
        await asyncio.sleep(0.01)
