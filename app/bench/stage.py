"""What is measured: a database with a full queue, drafts to fill in, and people signed in."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.bench.documents import PEOPLE, Maker, Row
from app.bench.example import Filled, fill_in
from models.documents.account import Account
from models.documents.base import Person, new_id
from models.documents.session import BrowserSession
from models.services.site import Site

BATCH = 2000
"""Documents sent to the database at once."""

REVIEWS = 200
"""Applications the reviewer is in charge of; the review page is asked for one after the other."""

RECORDS = 1000
"""Registered records beside the queue."""

WORKERS = 16
"""Connections that ask at once at most."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An application somebody fills in: its reference, and the token of the browser that may."""

    reference: str
    token: str


@dataclass(frozen=True, slots=True)
class Side:
    """The drafts of one of the two servers: to be shown and saved (one each connection), to be submitted."""

    writing: Sequence[Draft]
    ready: Sequence[Draft]


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything the requests are about."""

    filled: Filled
    reviewer: str
    reviews: Sequence[str]
    sides: tuple[Side, Side]


async def build_stage(site: Site, queue: int, ready: int) -> Stage:
    """Fill an empty database: `queue` applications that wait, `ready` drafts to submit for each server."""
    kind = site.registry.current(site.configuration.site.operator_type).definition
    maker = Maker(site, fill_in(kind, site.today()), _reviewer(site))
    maker.keep(maker.staff)
    token = maker.token("reviewer", account_id=maker.staff.id)
    maker.surroundings()
    reviews = [row["reference"] for row in _wait(site, maker, queue)]
    sides = (_side(maker, "ours", ready), _side(maker, "raw", ready))
    for number in range(RECORDS):
        maker.record(number)
    await insert(site, maker)
    return Stage(maker.filled, token, reviews, sides)


def _reviewer(site: Site) -> Account:
    return Account(
        id=new_id(),
        login="bench-reviewer",
        kind="staff",
        name=PEOPLE[4],
        email="reviewer@bench.invalid",
        roles=["reviewer"],
        status="active",
        created_at=site.now(),
    )


def _wait(site: Site, maker: Maker, queue: int) -> list[Row]:
    """The queue: received applications, and in the middle of them those the reviewer has taken on."""
    flow = site.configuration.workflows[maker.filled.definition.applications.workflow]
    steps = flow.transitions.values()
    submit = next(step for step in steps if flow.first in step.origins and not flow.states[step.to].final)
    claim = next(step for step in steps if step.sets == "assignee")
    mine = Person(kind="staff", id=maker.staff.id, name=maker.staff.name)
    taken = range(queue // 2, queue // 2 + min(REVIEWS, queue))
    found = []
    for number in range(queue):
        if number in taken:
            found.append(maker.submitted(claim.to, number, assignee=mine, due=site.now()))
        else:
            maker.submitted(submit.to, number)
    return found


def _side(maker: Maker, name: str, ready: int) -> Side:
    return Side(
        [_draft(maker, f"{name}-writing-{n}", n) for n in range(WORKERS)],
        [_draft(maker, f"{name}-ready-{n}", n, pages_done=maker.pages) for n in range(ready)],
    )


def _draft(maker: Maker, name: str, number: int, **changes: Any) -> Draft:
    first = maker.site.configuration.workflows[maker.filled.definition.applications.workflow].first
    row = maker.application(first, number, **changes)
    return Draft(row["reference"], maker.token(name, applications=[row["_id"]]))


async def insert(site: Site, maker: Maker) -> None:
    """Write everything the maker kept, collection by collection, in large batches."""
    kind = maker.filled.definition.name
    writes = [(model.raw(), rows) for model, rows in maker.rows.items()]
    writes.append((site.records[kind].collection, maker.records))
    for collection, rows in writes:
        await asyncio.gather(*(collection.insert_many(batch, ordered=False) for batch in _batches(rows)))


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


async def refresh_sessions(site: Site) -> None:
    """Everybody was seen just now: writing that down once a minute is nobody's page."""
    await BrowserSession.raw().update_many({}, {"$set": {"seen_at": site.now()}})
