"""How an export of many records goes in the process that also answers people: its rate, its memory, and how
long others wait meanwhile."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from app.bench.client import Connection
from app.bench.server import Program
from models.documents.job import Job
from models.errors import ConfigurationError
from models.permissions import Actor
from models.services import jobs, transfers
from models.services.site import Site
from models.services.transfers import Wanted

PAUSE = 0.005
"""Seconds between two requests of somebody else."""

LOOK = 0.5
"""Seconds between two looks at the job and the memory."""

CEILING = 200.0
"""Megabytes the whole process may come to need more while it exports."""

DELAY = 0.1
"""Seconds a request may be delayed by an export."""


@dataclass
class Waits:
    """How long the answers to somebody else's requests took (seconds)."""

    times: list[float] = field(default_factory=list)

    @property
    def slowest(self) -> float:
        return max(self.times, default=0.0)

    @property
    def median(self) -> float:
        return sorted(self.times)[len(self.times) // 2] if self.times else 0.0


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One export: records, seconds, the memory the server took besides (MB), and how long others waited for
    an answer before it and while it ran."""

    records: int
    seconds: float
    memory: float
    before: Waits
    during: Waits

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds

    @property
    def delay(self) -> float:
        """Seconds the slowest answer took longer than the usual one without an export."""
        return max(self.during.slowest - self.before.median, 0.0)

    @property
    def is_slow(self) -> bool:
        """Whether memory or a wait is over its limit."""
        return self.memory > CEILING or self.delay > DELAY


async def export_row(
    site: Site, actor: Actor, type_name: str, program: Program, requests: Sequence[bytes], seconds: float
) -> ExportRow:
    """Have `program`, whose worker runs, export all records of a type as CSV, while somebody asks it in turn,
    and for so many seconds before. Raises ConfigurationError when the export fails."""
    before, during = Waits(), Waits()
    await _watch(program, requests, before, asyncio.create_task(asyncio.sleep(seconds)))
    held = _memory(program)
    began = perf_counter()
    job = await transfers.ask_export(site, actor, type_name, Wanted(purpose="bench"))
    working = asyncio.create_task(_done(job, program))
    await _watch(program, requests, during, working)
    done, most = await working
    return ExportRow(done.done, perf_counter() - began, most - held, before, during)


async def _watch(
    program: Program, requests: Sequence[bytes], waits: Waits, until: "asyncio.Task[Any]"
) -> None:
    """Ask every few milliseconds until a task is done."""
    connection, asked = await Connection.open(program.port), 0
    while not until.done():
        began = perf_counter()
        answer = await connection.ask(requests[asked % len(requests)])
        waits.times.append(perf_counter() - began)
        if answer.status != 200:
            raise ConfigurationError(message=f"A page was answered with {answer.status}.")
        asked += 1
        await asyncio.sleep(PAUSE)
    await connection.close()


async def _done(job: Job, program: Program) -> tuple[Job, float]:
    """The job when it is over, and the most memory (MB) its process was seen to hold."""
    most = 0.0
    while True:
        await asyncio.sleep(LOOK)
        most = max(most, _memory(program))
        found = await jobs.find_job(job.id)  # type: ignore[arg-type]
        if found.state == "done":
            return found, most
        if found.is_over:
            raise ConfigurationError((), "The export ended as {state}.", state=found.state)


def _memory(program: Program) -> float:
    """What a server holds in memory now (MB); 0 where there is no ``/proc``."""
    if program.process is None:
        return 0.0
    try:
        status = Path(f"/proc/{program.process.pid}/status").read_text()
    except OSError:
        return 0.0
    held = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(held.split()[1]) / 1024
