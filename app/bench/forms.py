"""``bench forms``: the pages of a form under a burst, beside raw, and what became of what was sent.

Both servers get the same requests in turn, and the raw one reads and writes the same documents as durably
(``app.bench.raw``): session and application for a page, one guarded majority write for a page that is kept,
one transaction of five operations for an application that is handed over."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.bench.bulk import QUICK, ROWS, BulkRow, bulk_rows
from app.bench.client import post
from app.bench.compare import Row, compare
from app.bench.load import Requests
from app.bench.pages import Filling, Page
from app.bench.plan import Plan
from app.bench.run import fresh_database, server_at, site_on
from app.bench.server import OURS, RAW, Program, running
from app.bench.stage import Draft, Stage, build_stage, refresh_sessions
from app.cli.speech import say
from app.database import Database
from models.documents.application import Application
from models.documents.event import Event
from models.documents.message import Message
from models.services.site import Site

SHOWN, REFUSED = 3_000.0, 1_500.0
"""Pages a second one process is to show, and to answer with their errors."""

SAVED, SENT = 0.5, 0.4
"""Shares of the raw server's rate: keeping a page, handing over a complete application."""

BURST = 16
"""Connections that hand over at once."""

QUEUE = 200
"""Applications that wait beside."""


@dataclass
class Found:
    """What was measured. `sent` counts the applications handed over, `lost` those that are not as they should
    be afterwards."""

    rows: list[Row] = field(default_factory=list)
    sent: int = 0
    lost: int = 0
    bulk: BulkRow | None = None


@dataclass
class Sending:
    """Hands each draft of a side over once, all connections sharing them, and keeps which were sent."""

    drafts: Iterator[Draft]
    sent: list[str] = field(default_factory=list)

    def requests(self) -> Requests:
        """What one connection sends."""
        for draft in self.drafts:
            self.sent.append(draft.reference)
            yield post(f"/applications/{draft.reference}/check", draft.token, {"revision": "0"})


async def run_forms(plan: Plan, url: str, *, quick: bool = False) -> Found:
    """Measure with a database of its own on the server `url`. Raises DatabaseRefused, ConfigurationError."""
    with tempfile.TemporaryDirectory(prefix="toroku-bench-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        async with server_at(url, folder) as server:
            async with fresh_database(server, folder) as database:
                found = await _measure(replace(plan, queue=QUEUE), folder, database)
            async with fresh_database(server, folder) as database:
                say("Measuring: {page}", page="bulk")
                found.bulk = await bulk_rows(await site_on(folder, database), QUICK if quick else ROWS)
            return found


async def _measure(plan: Plan, folder: Path, database: Database) -> Found:
    site = await site_on(folder, database)
    stage = await build_stage(site, plan.queue, plan.ready)
    sending = [Sending(iter(side.ready)) for side in stage.sides]
    environment = {"TOROKU_DATABASE_URL": database.address}
    found = Found()
    async with (
        running(Program(OURS, folder, environment)) as ours,
        running(Program(RAW, folder, environment)) as raw,
    ):
        for page in form_pages(stage, sending, plan.most):
            await refresh_sessions(site)
            say("Measuring: {page}", page=page.name)
            found.rows += [row async for row in compare(page, (ours, raw), plan)]
    found.sent, found.lost = len(sending[0].sent), await count_lost(site, sending[0].sent)
    return found


def form_pages(stage: Stage, sending: Sequence[Sending], per_window: int) -> list[Page]:
    """The rows of the table."""
    filling = Filling.of(stage)
    return [
        Page("form page", 200, filling.show, rate=SHOWN, at=(8,)),
        Page("form page, invalid", 422, filling.refuse, rate=REFUSED, at=(8,)),
        Page("form page, saved", 303, filling.save, floor=SAVED, at=(8,)),
        Page(
            "submit", 303, lambda side, _: sending[side].requests(), floor=SENT, most=per_window, at=(BURST,)
        ),
    ]


async def count_lost(site: Site, references: Sequence[str]) -> int:
    """Of applications that were answered as handed over, how many are not: still a draft, or without what was
    sent, without its event, or without the mail that tells of it."""
    where = {"reference": {"$in": list(references)}, "submitted_at": {"$ne": None}, "data": {"$ne": None}}
    rows = await Application.raw().find(where, {"state": 1}).to_list(None)
    drafts = {flow.first for flow in site.workflows.values()}
    kept = {row["_id"] for row in rows if row["state"] not in drafts}
    events = {"subject.id": {"$in": list(kept)}, "action": "application.submit"}
    mails = {"application_id": {"$in": list(kept)}, "template": "application_received"}
    told = set(await Event.raw().distinct("subject.id", events))
    mailed = set(await Message.raw().distinct("application_id", mails))
    return len(references) - len(kept & told & mailed)
