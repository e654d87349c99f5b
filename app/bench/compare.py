"""Our program and the raw one, asked for the same page in turn: ours, raw, ours, raw."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from app.bench.client import Connection
from app.bench.load import Requests, Sample, ask_often
from app.bench.pages import Page
from app.bench.plan import Plan
from app.bench.server import Program

UNBOUNDED = 1_000_000
"""Requests of one window, when only time ends it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One page at one concurrency, measured on both targets."""

    page: Page
    concurrency: int
    ours: Sample
    raw: Sample

    @property
    def ratio(self) -> float:
        """Our requests a second as a share of the raw server's."""
        return self.ours.rate / self.raw.rate if self.raw.rate else 0.0

    @property
    def is_low(self) -> bool:
        """Whether the page is under its floor, or slower than it is to be."""
        slow = self.page.rate is not None and self.ours.rate < self.page.rate
        return slow or (self.page.floor is not None and self.ratio < self.page.floor)


@dataclass(frozen=True, slots=True)
class Target:
    """One server, the connections to it, and what each of them asks."""

    program: Program
    connections: Sequence[Connection]
    sources: Sequence[Requests]

    async def window(self, concurrency: int, status: int, seconds: float, most: int) -> Sample:
        """Ask for a while on some of the connections."""
        asking, asked = self.connections[:concurrency], self.sources[:concurrency]
        began = self.program.cpu()
        sample = await ask_often(asking, asked, status, seconds, most)
        sample.cpu = self.program.cpu() - began
        return sample


async def compare(page: Page, programs: tuple[Program, Program], plan: Plan) -> AsyncIterator[Row]:
    """Measure one page at every concurrency; `programs` are ours and the raw one."""
    async with AsyncExitStack() as stack:
        targets = [await _target(page, number, program, stack) for number, program in enumerate(programs)]
        for concurrency in page.at:
            yield await _measure(page, concurrency, targets, plan)


async def _target(page: Page, number: int, program: Program, stack: AsyncExitStack) -> Target:
    found = [await Connection.open(program.port) for _ in range(max(page.at))]
    for connection in found:
        stack.push_async_callback(connection.close)
    return Target(program, found, [page.requests(number, worker) for worker in range(len(found))])


async def _measure(page: Page, concurrency: int, targets: Sequence[Target], plan: Plan) -> Row:
    row = Row(page, concurrency, Sample(), Sample())
    most = page.most or UNBOUNDED
    for number in range(plan.rounds + 1):
        for target, kept in zip(targets, (row.ours, row.raw), strict=True):
            seconds = plan.seconds if number else plan.seconds / 2
            sample = await target.window(concurrency, page.status, seconds, most)
            if number:  # the first round warms both up
                kept.add(sample)
    return row
