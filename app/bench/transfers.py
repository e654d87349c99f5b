"""How fast records come in and leave: an import with its rehearsal beside the bare driver's, and an export
while others are answered."""

import asyncio
import csv
import io
import resource
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from pydantic import TypeAdapter
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from app.bench.evolution import BATCH, definition
from models.documents.account import Account
from models.documents.base import new_id
from models.documents.job import Job
from models.documents.record import Record
from models.documents.store import Store
from models.errors import ConfigurationError
from models.permissions import SYSTEM, Actor
from models.schema.search import grams_of
from models.services import jobs, transfers
from models.services.sessions import actor_for
from models.services.site import Site
from models.services.transfers import Wanted
from models.services.versions import publish_version

TYPE = "moved_plant"
COLLECTION = f"{TYPE}s"

ROWS = 10_000
RECORDS = 1_000_000
QUICK = 20_000

FLOOR = 0.4
"""The share of the bare driver's rate an import is to reach."""

CEILING = 200.0
"""Megabytes of memory an export may take besides what the process has."""

DELAY = 0.1
"""Seconds somebody else may wait longer while an export runs."""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One import: its rows, and seconds of the rehearsal, of bringing them in, and of the bare driver."""

    rows: int
    checked: float
    applied: float
    raw: float

    @property
    def ratio(self) -> float:
        """The rate of bringing in, with its row errors, as a share of the bare driver's."""
        return self.raw / self.applied

    @property
    def whole(self) -> float:
        """The same with the rehearsal before it."""
        return self.raw / (self.checked + self.applied)

    @property
    def is_slow(self) -> bool:
        return self.ratio < FLOOR


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One export: records and seconds, the memory it took (MB), and the longest wait of the loop."""

    format: str
    records: int
    seconds: float
    memory: float
    slowest: float

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds

    @property
    def is_slow(self) -> bool:
        """Whether memory or a wait is over its limit."""
        return self.memory > CEILING or self.slowest > DELAY


async def transfer_rows(site: Site, quick: bool = False) -> list[ImportRow | ExportRow]:
    """An import of ROWS rows, and an export of RECORDS records (QUICK in a hurry) in each format."""
    kind = definition("note", record_type=TYPE, collection=COLLECTION)
    await publish_version(site, SYSTEM, kind, base=0)
    await site.registry.refresh()
    actor = await _steward(site)
    found: list[ImportRow | ExportRow] = [await _import_row(site, actor)]
    await _fill(site, QUICK if quick else RECORDS)
    for name in ("csv", "xlsx", "jsonl"):
        found.append(await _export_row(site, actor, name))
    return found


async def _steward(site: Site) -> Actor:
    account = Account(
        login="bench-steward",
        kind="staff",
        name="bench",
        email="bench@example.jp",
        roles=["steward"],
        status="active",
        created_at=site.now(),
    )
    await account.insert()
    return actor_for(account)


async def _import_row(site: Site, actor: Actor) -> ImportRow:
    [owner] = [_document(site, site.configuration.site.operator_type, 1)]
    await site.records[site.configuration.site.operator_type].collection.insert_one(
        owner, bypass_document_validation=True
    )
    content = _csv(ROWS, owner["number"])
    raw = await _timed(lambda: _bare(site.store, content))
    job = await transfers.begin_import(site, actor, TYPE, "records", "bench.csv", content, purpose="bench")
    job = await transfers.go(site, actor, job, "check", mapping=job.parameters["mapping"])
    checked = await _timed(lambda: jobs.run_this(site, job))
    job = await transfers.go(site, actor, await _again(job), "apply")
    applied = await _timed(lambda: jobs.run_this(site, job))
    done = await _again(job)
    if done.counts != {"new": ROWS - ROWS // 100, "refused": ROWS // 100}:
        raise ConfigurationError((), "Only {counts} were brought in.", counts=done.counts)
    return ImportRow(ROWS, checked, applied, raw)


async def _again(job: Job) -> Job:
    return await jobs.find_job(job.id)  # type: ignore[arg-type]


def _csv(rows: int, operator: str) -> bytes:
    """Rows of a file, one in a hundred with an error."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("_number", "_operator", "title", "note", "contact", "power"))
    for number in range(rows):
        power = "much" if number % 100 == 0 else number % 10_000
        writer.writerow(
            ("", operator, f"発電所 {number}", f"備考 {number % 97}", f"a{number}@example.jp", power)
        )
    return out.getvalue().encode()


class Plain(TypedDict):
    title: str
    note: str
    contact: str
    power: int


async def _bare(store: Store, content: bytes) -> None:
    """What a programmer would write by hand: read, validate, insert many, leave out what is wrong."""
    collection, adapter = store.mongo["bare_plants"], TypeAdapter(Plain)
    good: list[Any] = []
    for row in csv.DictReader(io.StringIO(content.decode())):
        try:
            good.append({"operator": row["_operator"], **adapter.validate_python(row)})
        except ValueError:
            continue
    for start in range(0, len(good), BATCH):
        await collection.insert_many(good[start : start + BATCH], ordered=False)


async def _fill(site: Site, records: int) -> None:
    collection = site.records[TYPE].collection
    for start in range(0, records, BATCH):
        rows = [_document(site, TYPE, n) for n in range(start, min(start + BATCH, records))]
        for row in rows:
            row["number"] = f"F{row['number']}"
        await collection.insert_many(rows, ordered=False, bypass_document_validation=True)


def _document(site: Site, type_name: str, number: int) -> dict[str, Any]:
    kind = site.registry.current(type_name).definition
    data = {"title": f"発電所 {number}", "note": f"備考 {number % 97}", "contact": f"a{number}@example.jp"}
    name = f"{number:010}"
    return Record.model_construct(
        id=new_id(),
        type=type_name,
        number=name,
        title=data["title"],
        schema_version=1,
        operator_id=new_id() if number < 50 else OWNER,
        lifecycle="active",
        data={**data, "power": number % 10_000},
        attic=[],
        revision=1,
        grams=grams_of(kind, name, data),
        stamps={},
        created_at=site.now(),
        updated_at=site.now(),
    ).document()


OWNER = new_id()


async def _export_row(site: Site, actor: Actor, name: str) -> ExportRow:
    before, watch = _memory(), _Watch()
    job = await transfers.ask_export(site, actor, TYPE, Wanted(format=name, purpose="bench"))
    watching = asyncio.create_task(watch.run())
    seconds = await _timed(lambda: jobs.run_this(site, job))
    watching.cancel()
    done = await _again(job)
    if done.state != "done":
        raise ConfigurationError((), "The export ended as {state}.", state=done.state)
    return ExportRow(name, done.done, seconds, _memory() - before, watch.slowest)


def _memory() -> float:
    """The most memory this process ever held (MB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class _Watch:
    """Somebody else in the same process: how long the longest turn of the loop took."""

    slowest = 0.0

    async def run(self) -> None:
        while True:
            before = perf_counter()
            await asyncio.sleep(0)
            self.slowest = max(self.slowest, perf_counter() - before)
            await asyncio.sleep(0.001)


async def _timed(work: Callable[[], Awaitable[Any]]) -> float:
    began = perf_counter()
    await work()
    return perf_counter() - began
