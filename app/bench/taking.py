"""Taking an application on and deciding it, against the two writes that are the least of it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from app.bench.documents import Row
from models.documents.application import Application
from models.permissions import Actor
from models.services.site import Site
from models.services.steps import Given, take_step

FLOOR = 0.5
"""Share of the raw rate claiming and deciding with history and event should reach."""


@dataclass(frozen=True, slots=True)
class TakingRow:
    """Applications claimed and decided a second by so many people at once, by us and by two bare writes."""

    concurrency: int
    ours: float
    raw: float

    @property
    def ratio(self) -> float:
        return self.ours / self.raw

    @property
    def is_slow(self) -> bool:
        """Whether it is under the floor."""
        return self.ratio < FLOOR


Act = Callable[[Row], Awaitable[None]]


async def taking_rows(site: Site, actor: Actor, type_name: str, each: int) -> list[TakingRow]:
    """Claim and decide `each` waiting applications of a type, alone and eight at once."""
    flow = site.workflows[site.registry.current(type_name).definition.applications.workflow]
    claim = next(name for name, step in flow.transitions.items() if step.sets == "assignee")
    origin = flow.transitions[claim].origins[0]
    where = {"type": type_name, "state": origin, "assignee": None}
    waiting = await Application.raw().find(where).limit(each * 4).to_list(None)
    decide = next(
        name
        for name, step in flow.transitions.items()
        if flow.transitions[claim].to in step.origins and "checklist" in step.needs
    )
    ours, raw = _Ours(site, actor, claim, decide), _Bare(actor, origin, flow.transitions[claim].to)
    found = []
    for at, concurrency in enumerate((1, 8)):
        mine = waiting[2 * at * each : (2 * at + 1) * each]
        bare = waiting[(2 * at + 1) * each : (2 * at + 2) * each]
        rates = [await _rate(ours, mine, concurrency), await _rate(raw, bare, concurrency)]
        found.append(TakingRow(concurrency, *rates))
    return found


async def _rate(act: Act, rows: Sequence[Row], concurrency: int) -> float:
    left = iter(rows)

    async def work() -> None:
        for row in left:
            await act(row)

    began = perf_counter()
    await asyncio.gather(*(work() for _ in range(concurrency)))
    return len(rows) / (perf_counter() - began)


@dataclass(frozen=True, slots=True)
class _Ours:
    site: Site
    actor: Actor
    claim: str
    decide: str

    async def __call__(self, row: Row) -> None:
        application = Application.model_validate(row)
        claimed = await take_step(self.site, self.actor, application, self.claim)
        kind = self.site.registry.current(claimed.type).definition
        checklist = tuple(item.name for item in kind.review.checklist)
        await take_step(self.site, self.actor, claimed, self.decide, Given(checklist=checklist))


@dataclass(frozen=True, slots=True)
class _Bare:
    actor: Actor
    origin: str
    to: str

    async def __call__(self, row: Row) -> None:
        """Guarded by the state, with the history inside: nothing less keeps two people apart."""
        for origin, to in ((self.origin, self.to), (self.to, "bench_decided")):
            step = {"name": "step", "origin": origin, "to": to, "by": self.actor.person.model_dump()}
            change: dict[str, Any] = {
                "$set": {"state": to},
                "$push": {"history": step},
                "$inc": {"revision": 1},
            }
            await Application.raw().find_one_and_update({"_id": row["_id"], "state": origin}, change)
