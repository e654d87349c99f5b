"""How fast rows come in: an import with its rehearsal and row errors, beside what one would write by hand for
the bare driver."""

import csv
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from pydantic import TypeAdapter
from pymongo import ASCENDING, IndexModel
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from app.bench.evolution import definition
from models.documents.account import Account
from models.documents.base import new_id
from models.documents.job import Job
from models.documents.record import Record
from models.documents.store import Store
from models.errors import ConfigurationError
from models.permissions import SYSTEM, Actor
from models.schema.search import entries
from models.services import jobs, transfers
from models.services.identifying import actor_for
from models.services.site import Site
from models.services.versions import publish_version

TYPE = "moved_plant"
COLLECTION = f"{TYPE}s"

ROWS = 10_000
BATCH = 1_000
"""Rows the bare driver is given at once."""

FLOOR = 0.4
"""The share of the bare driver's rate an import is to reach."""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """Imports of the same file: rows, and the seconds of the quickest rehearsal, of the quickest bringing in,
    and of the quickest bare driver: `raw` with a unique index, `searched` with the search index too, which
    every record of ours has."""

    rows: int
    checked: float
    applied: float
    raw: float
    searched: float

    @property
    def ratio(self) -> float:
        """The rate of bringing in as a share of the bare driver's that makes the search index too."""
        return self.searched / self.applied

    @property
    def whole(self) -> float:
        """The same with the rehearsal before it."""
        return self.searched / (self.checked + self.applied)

    @property
    def plain(self) -> float:
        """The rate of bringing in as a share of the bare driver's that makes nothing to search by."""
        return self.raw / self.applied

    @property
    def is_slow(self) -> bool:
        """Whether the import with its rehearsal is under the floor."""
        return self.whole < FLOOR


async def import_row(site: Site, actor: Actor, rounds: int, rows: int = ROWS) -> ImportRow:
    """Import a file of so many rows, one in a hundred wrong, in turn with the bare driver."""
    kind = definition("note", record_type=TYPE, collection=COLLECTION)
    await publish_version(site, SYSTEM, kind, base=0)
    await site.registry.refresh()
    content = _csv(rows, await _operator(site))
    found = []
    for _ in range(rounds):
        raw = await _timed(lambda: _bare(site.store, content, searched=False))
        searched = await _timed(lambda: _bare(site.store, content, searched=True))
        checked, applied = await _ours(site, actor, content, rows)
        found.append((checked, applied, raw, searched))
    return ImportRow(rows, *(min(times) for times in zip(*found, strict=True)))


async def _ours(site: Site, actor: Actor, content: bytes, rows: int) -> tuple[float, float]:
    """Seconds of checking a file and of bringing it in."""
    await site.records[TYPE].collection.delete_many({})
    job = await transfers.begin_import(site, actor, TYPE, "records", "bench.csv", content, purpose="bench")
    job = await transfers.go(site, actor, job, "check", mapping=job.parameters["mapping"])
    checked = await _timed(lambda: jobs.run_this(site, job))
    job = await transfers.go(site, actor, await _again(job), "apply")
    applied = await _timed(lambda: jobs.run_this(site, job))
    counts, wrong = (await _again(job)).counts, len(range(0, rows, 100))
    if counts != {"new": rows - wrong, "refused": wrong}:
        raise ConfigurationError((), "Only {counts} were brought in.", counts=counts)
    return checked, applied


async def _again(job: Job) -> Job:
    return await jobs.find_job(job.id)  # type: ignore[arg-type]


async def steward(site: Site) -> Actor:
    """Somebody who may take records away and bring them in; made once."""
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


async def _operator(site: Site) -> str:
    """The number of an operator whose records the rows become."""
    own, now, identity = site.configuration.site.operator_type, site.now(), new_id()
    record = Record(
        _id=identity,
        type=own,
        number="B000000001",
        schema_version=site.registry.current(own).version,
        operator_id=identity,
        lifecycle=site.lifecycles[site.registry.current(own).definition.lifecycle].first,
        created_at=now,
        updated_at=now,
    )
    await site.records[own].collection.insert_one(record.document(), bypass_document_validation=True)
    return record.number


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
    """What a programmer would have written down of a row."""

    title: str
    note: str
    contact: str
    power: int


async def _bare(store: Store, content: bytes, *, searched: bool) -> None:
    """What a programmer would write by hand: read, validate, number, insert many under a unique index, leave
    out what is wrong; with a search index, where one is asked for."""
    collection, adapter = store.mongo["bare_plants"], TypeAdapter(Plain)
    await collection.drop()
    grams = [IndexModel([("grams", ASCENDING)])] if searched else []
    await collection.create_indexes([IndexModel([("number", ASCENDING)], unique=True), *grams])
    good: list[dict[str, Any]] = []
    for number, row in enumerate(csv.DictReader(io.StringIO(content.decode()))):
        try:
            told: dict[str, Any] = {"number": f"{number:010}", **adapter.validate_python(row)}
        except ValueError:
            continue
        if searched:
            told["grams"] = list({*entries(told["number"]), *entries(told["title"])})
        good.append(told)
    for start in range(0, len(good), BATCH):
        await collection.insert_many(good[start : start + BATCH], ordered=False)


async def _timed(work: Callable[[], Awaitable[Any]]) -> float:
    began = perf_counter()
    await work()
    return perf_counter() - began
