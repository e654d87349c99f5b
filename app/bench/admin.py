"""``bench admin``: the staff's site over a million records, beside the same site over ten thousand and beside
the raw server."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from time import perf_counter

from app.bench.admin_pages import Timed, compared, timed
from app.bench.client import Connection, get
from app.bench.compare import Row, compare
from app.bench.filling import fill
from app.bench.leaving import ExportRow, export_row
from app.bench.load import Sample, ask_often
from app.bench.pages import Page
from app.bench.plan import Plan
from app.bench.processor import Processor
from app.bench.run import EMBEDDED, fresh_database, site_on
from app.bench.server import OURS, RAW, Program, running
from app.bench.stage import Stage, build_stage, refresh_sessions
from app.bench.taking import taking_page
from app.bench.transfers import ROWS, ImportRow, import_row, steward
from app.cli.speech import say
from app.database import Database, open_database
from models.schema.definition import RecordType
from models.services.site import Site

SMALL = 10_000
"""Records of the smaller site; a tenth of the larger one where that has fewer."""

GROWTH = 1.2
"""Times the processor time of the smaller site a page of the larger one may take."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Processor time of a page (seconds, the database's included) over many records and over few."""

    name: str
    large: float
    small: float

    @property
    def ratio(self) -> float:
        return self.large / self.small if self.small else 0.0

    @property
    def is_high(self) -> bool:
        """Whether more records cost more than they may."""
        return self.ratio > GROWTH


@dataclass(frozen=True, slots=True)
class Latency:
    """Median and 99th percentile (milliseconds) of an address, beside those of the first page."""

    timed: Timed
    median: float
    worst: float
    first: float

    @property
    def is_slow(self) -> bool:
        """Whether it is over its limit."""
        limit, times = self.timed.limit, self.timed.times
        return (limit is not None and self.median > limit) or (
            times is not None and self.median > times * self.first
        )


@dataclass
class Found:
    """Everything ``bench admin`` measured."""

    records: int
    filled: float = 0.0
    pages: list[Row] = field(default_factory=list)
    growth: list[Growth] = field(default_factory=list)
    latencies: list[Latency] = field(default_factory=list)
    imports: list[ImportRow] = field(default_factory=list)
    exports: list[ExportRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ground:
    """One filled database: the site on it, the environment its servers get, its people and applications."""

    site: Site
    database: Database
    stage: Stage


async def run_admin(plan: Plan, url: str = EMBEDDED) -> Found:
    """Fill two databases, measure, and drop them. Raises DatabaseRefused for ``memory://``,
    ConfigurationError when a page fails."""
    with tempfile.TemporaryDirectory(prefix="toroku-bench-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        if url != EMBEDDED:
            return await _on(plan, folder, url)
        async with open_database(EMBEDDED, data_dir=folder / "database", owner=True) as database:
            return await _on(plan, folder, database.address)


async def _on(plan: Plan, folder: Path, server: str) -> Found:
    found, few = Found(plan.records), min(SMALL, plan.records // 10 or 1)
    async with fresh_database(server, folder) as one, fresh_database(server, folder) as other:
        small = await _ground(plan, folder, one, few)
        say("{count} records are stored.", count=plan.records)
        began = perf_counter()
        large = await _ground(plan, folder, other, plan.records)
        found.filled = perf_counter() - began
        async with _servers(folder, small, large) as programs:
            await _measure(plan, found, large, programs)
        await _transfers(plan, folder, found, large)
    return found


async def _ground(plan: Plan, folder: Path, database: Database, records: int) -> Ground:
    site = await site_on(folder, database)
    stage = await build_stage(site, plan.queue, 0)
    await fill(site, _measured(site).name, records)
    return Ground(site, database, stage)


def _measured(site: Site) -> RecordType:
    """The type whose list is measured: of those with an example, the one with the most columns to sort by."""
    kinds = [kind.definition for kind in site.registry.all_current().values()]
    usable = [kind for kind in kinds if any(example.can_be_sent for example in kind.examples)]
    return max(usable, key=lambda kind: sum(f.sortable + f.filterable for f in kind.fields))


async def _transfers(plan: Plan, folder: Path, found: Found, large: Ground) -> None:
    """A file brought in, and all records taken away by a server that answers somebody meanwhile."""
    say("Measuring: {page}", page="import")
    name, actor = _measured(large.site).name, await steward(large.site)
    found.imports.append(await import_row(large.site, actor, plan.rounds, min(ROWS, plan.records)))
    say("Measuring: {page}", page="export")
    environment = {"TOROKU_DATABASE_URL": large.database.address, "TOROKU_WORKER": "true"}
    requests = [get("/healthz"), get(f"/admin/{name}/list", large.stage.reviewer)]
    await refresh_sessions(large.site)
    async with running(Program(OURS, folder, environment)) as program:
        row = await export_row(large.site, actor, name, program, requests, 3 * plan.seconds)
    found.exports.append(row)


@asynccontextmanager
async def _servers(
    folder: Path, small: Ground, large: Ground
) -> AsyncIterator[tuple[Program, Program, Program]]:
    """Ours and the raw one over the larger database, and ours over the smaller."""
    here, there = ({"TOROKU_DATABASE_URL": ground.database.address} for ground in (large, small))
    async with AsyncExitStack() as stack:
        programs = [Program(OURS, folder, here), Program(RAW, folder, here), Program(OURS, folder, there)]
        for program in programs:
            await stack.enter_async_context(running(program))
        yield programs[0], programs[1], programs[2]


async def _measure(
    plan: Plan, found: Found, large: Ground, programs: tuple[Program, Program, Program]
) -> None:
    ours, raw, smaller = programs
    kind = _measured(large.site)
    await refresh_sessions(large.site)
    pages = compared(kind, large.stage.reviewer, list(large.stage.reviews))
    server = await Processor.of(large.database)
    for page in pages:
        say("Measuring: {page}", page=page.name)
        found.pages += [row async for row in compare(page, (ours, raw), plan)]
        if page.name.startswith("list"):
            found.growth.append(await _growth(page, (ours, smaller), plan, server))
    say("Measuring: {page}", page="claim, decide")
    taking = await taking_page(large.site, large.stage, ours, plan)
    found.pages += [row async for row in compare(taking, (ours, raw), plan)]
    addresses = await timed(large.site, kind)
    found.latencies = [row async for row in _latencies(addresses, ours, large.stage.reviewer, plan)]


async def _growth(page: Page, programs: tuple[Program, Program], plan: Plan, server: Processor) -> Growth:
    """The same page in turn on both; both have a session of the same name and key."""
    costs: list[list[float]] = [[], []]
    connections = [await Connection.open(program.port) for program in programs]
    for number in range(plan.rounds + 1):
        for side, (program, connection) in enumerate(zip(programs, connections, strict=True)):
            before = program.cpu() + server.cpu()
            asked = await ask_often([connection], [page.requests(0, 0)], 200, plan.seconds, 1_000_000)
            if number:
                spent = program.cpu() + server.cpu() - before
                costs[side].append(spent / max(len(asked.latencies), 1))
    for connection in connections:
        await connection.close()
    return Growth(page.name, min(costs[0]), min(costs[1]))


async def _latencies(
    addresses: Sequence[Timed], program: Program, token: str, plan: Plan
) -> AsyncIterator[Latency]:
    """One connection, each address a few times in turn with the first page."""
    connection = await Connection.open(program.port)
    first, seconds = get(addresses[0].address, token), max(plan.seconds / 4, 0.05)
    for address in addresses:
        say("Measuring: {page}", page=address.name)
        samples = Sample(), Sample()
        for number in range(plan.rounds + 1):
            for sample, request in zip(samples, (get(address.address, token), first), strict=True):
                asked = await ask_often([connection], [cycle([request])], 200, seconds, 40)
                if number:
                    sample.add(asked)
        median, worst = (samples[0].quantile(share) * 1000 for share in (0.5, 0.99))
        yield Latency(address, median, worst, samples[1].quantile(0.5) * 1000)
        await asyncio.sleep(0)
    await connection.close()
