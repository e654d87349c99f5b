"""How fast an operator's file is checked: ten thousand rows of a real form, and how long others wait."""

import asyncio
import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from models.documents.account import Account
from models.documents.base import Id, new_id
from models.documents.record import Record
from models.errors import ConfigurationError
from models.interchange.tables.spread import spell_row
from models.permissions import Actor
from models.schema.definition import RecordType
from models.services import batches, jobs
from models.services.applications import operator_of
from models.services.identifying import actor_for
from models.services.site import Site

ROWS = 10_000
QUICK = 2_000
CEILING = 10.0
"""Seconds ten thousand rows may take to be checked."""

WAIT = 0.1
"""Seconds anybody else's question to the database and back may take at most meanwhile."""

PAUSE = 0.005
WRONG = 50
"""One row in so many has an error: an answer that is required is missing."""

TABLE_ROWS = 2
"""Rows of each table within a form that a row of the file can hold."""


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One file checked: rows, seconds, rows with errors, and how long somebody else waited at the slowest and
    in the middle (seconds)."""

    type: str
    columns: int
    rows: int
    seconds: float
    wrong: int
    slowest: float
    median: float

    @property
    def whole(self) -> float:
        """Seconds for ROWS rows at this rate."""
        return self.seconds * ROWS / self.rows

    @property
    def is_slow(self) -> bool:
        """Whether it takes longer than it may, or keeps others waiting."""
        return self.whole > CEILING or self.slowest > WAIT


@dataclass
class _Waits:
    times: list[float] = field(default_factory=list)


async def bulk_rows(site: Site, rows: int = ROWS) -> BulkRow:
    """Check a file of so many rows of the type that asks most, while somebody asks for their record.

    Raises ConfigurationError where there is no such type with an example, or the check is not right."""
    actor = await _somebody(site)
    definition = _type(site, actor)
    content, width = _file(site, actor, definition, rows)
    job = await batches.begin(site, actor, definition, "bench.csv", content, "ja")
    job = await batches.check(site, actor, job)
    waits = _Waits()
    began = perf_counter()
    working = asyncio.create_task(jobs.run_this(site, job))
    await _watch(site, actor, waits, working)
    await working
    seconds = perf_counter() - began
    done = await jobs.find_job(job.id)  # type: ignore[arg-type]
    wrong = len(range(0, rows, WRONG))
    if done.counts.get("new") != rows or done.counts.get("incomplete") != wrong:
        raise ConfigurationError((), "The rows were judged otherwise: {counts}.", counts=done.counts)
    times = sorted(waits.times) or [0.0]
    return BulkRow(definition.name, width, rows, seconds, wrong, times[-1], times[len(times) // 2])


async def _watch(site: Site, actor: Actor, waits: _Waits, until: "asyncio.Task[Any]") -> None:
    """Ask for the operator's own record every few milliseconds until a task is done."""
    while not until.done():
        began = perf_counter()
        await operator_of(site, actor.operator_id)
        waits.times.append(perf_counter() - began)
        await asyncio.sleep(PAUSE)


def _type(site: Site, actor: Actor) -> RecordType:
    """Of the types with an example that can be applied for so, the one whose rows are the widest: no file
    takes longer to check, and a type that is added does not change what is measured unless it is wider."""
    known = (published.definition for published in site.registry.all_current().values())
    kinds = [kind for kind in known if "register" in batches.kinds(site, actor, kind) and _valid(kind)]
    if not kinds:
        raise ConfigurationError(message="No type can be applied for by a file.")
    return max(kinds, key=lambda kind: len(batches.columns(site, actor, kind, TABLE_ROWS)))


def _valid(kind: RecordType) -> Mapping[str, Any] | None:
    return next((example.given for example in kind.examples if example.can_be_sent), None)


def _file(site: Site, actor: Actor, definition: RecordType, rows: int) -> tuple[bytes, int]:
    """The example of the type so many times, its unique answers counted; one row in WRONG has an error."""
    columns = batches.columns(site, actor, definition, TABLE_ROWS)
    fields = {each.name: each for each in definition.fields if each.stored and each.asked}
    given = _valid(definition) or {}
    data = {name: fields[name].parse(value) for name, value in given.items() if name in fields}
    cells = ["" if cell is None else str(cell) for cell in spell_row(columns, data, "ja")]
    unique = [at for at, column in enumerate(columns) if column.field.unique and not column.table]
    broken = next(at for at, column in enumerate(columns) if column.field.required and not column.table)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.name for column in columns])
    for number in range(rows):
        row = [*cells]
        for at in unique:
            row[at] = _counted(cells[at], number)
        row[broken] = "" if number % WRONG == 0 else row[broken]
        writer.writerow(row)
    return out.getvalue().encode(), len(columns)


def _counted(text: str, number: int) -> str:
    """`text` with its last four characters counting, where they are digits or letters of a code."""
    return text if len(text) < 5 else f"{text[:-4]}{number:04}"


async def _somebody(site: Site) -> Actor:
    """An administrator of an operator of the bench's, allowed whatever the form asks of its operator."""
    kind = site.registry.current(site.configuration.site.operator_type)
    given = _valid(kind.definition) or {}
    identity: Id = new_id()
    fields = {each.name: each for each in kind.definition.fields if each.stored}
    now = site.now()
    record = Record(
        _id=identity,
        type=kind.definition.name,
        number=f"bulk-{identity}",
        schema_version=kind.version,
        operator_id=identity,
        lifecycle=site.lifecycles[kind.definition.lifecycle].first,
        data={name: fields[name].parse(value) for name, value in given.items() if name in fields},
        created_at=now,
        updated_at=now,
    )
    document = {**record.document(), "data": {**record.data, "operator_code": f"bulk-{identity}"}}
    await site.records[kind.definition.name].collection.insert_one(document, bypass_document_validation=True)
    account = Account(
        login=f"bulk-{identity}",
        kind="operator",
        name="bench",
        email="bulk@bench.invalid",
        roles=["administrator"],
        operator_id=identity,
        status="active",
        created_at=now,
    )
    await account.insert()
    return actor_for(account)
