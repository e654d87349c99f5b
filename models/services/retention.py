"""What falls due by the retention classes of ``site.yaml`` (R49): asked for as a report, approved by a second
person, then done (``disposing``). Time counts from the end of a registration, or of the contract."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from typing import Any

from models.configuration.site import Retention
from models.documents.base import Id
from models.documents.event import Subject
from models.documents.guarded import insert_or, update_where
from models.documents.retention import RetentionItem, RetentionRun, list_items
from models.documents.store import Session
from models.errors import NotAllowed, NotFound, RetentionRefused
from models.permissions import SYSTEM, Actor, require
from models.services.events import record_event
from models.services.falling_due import Due, due_things, kept_anyway
from models.services.holds import held
from models.services.site import Site

BATCH = 200
"""Things written into a report at once."""

FRESH = timedelta(days=30)
"""How old a report may be when it is approved: after that a new one is made."""

LEASE = timedelta(minutes=5)
"""How long a worker has a run before another may take it up."""

RUNS = 50
"""Most runs of a list."""

CHANGED = "This run has gone on meanwhile. Look at it again."


async def ask_report(site: Site, actor: Actor) -> RetentionRun:
    """Have a report made of everything due today; nothing is erased by it. Raises NotAllowed,
    RetentionRefused (another run is not over yet)."""
    require(actor, "retention.run")
    run = RetentionRun(day=site.today().isoformat(), asked_by=actor.person, asked_at=site.now())

    async def body(session: Session) -> RetentionRun:
        await insert_or(RetentionRefused("Another run is not over yet."), run, session)
        await _tell(site, actor, "retention.asked", run, session)
        return run

    return await site.store.transaction(body)


async def approve(site: Site, actor: Actor, run_id: Id, *, revision: int) -> RetentionRun:
    """Let the worker do what a report says. Raises NotAllowed (one asked for it oneself), NotFound,
    RetentionRefused (changed meanwhile, or the report is too old)."""
    require(actor, "retention.approve")
    run = await find_run(run_id)
    if run.asked_by.id == actor.account_id:
        raise NotAllowed("A second person has to approve the report you asked for.", rule="retention.approve")
    if run.reported_at is None or run.reported_at < site.now() - FRESH:
        raise RetentionRefused("The report is older than {days} days. Have a new one made.", days=FRESH.days)
    values = {"state": "approved"}
    return await _decide(site, actor, run_id, revision, values, "retention.approved")


async def refuse(site: Site, actor: Actor, run_id: Id, reason: str, *, revision: int) -> RetentionRun:
    """End a run after its report; nothing is done. Who asked for it may, and who approves. Raises NotAllowed,
    NotFound, RetentionRefused (no reason, changed meanwhile)."""
    run = await find_run(run_id)
    if run.asked_by.id != actor.account_id:
        require(actor, "retention.approve")
    if not reason.strip() or len(reason.strip()) > 1000:
        raise RetentionRefused("Write the reason, in at most {limit} characters.", limit=1000)
    values = {"state": "refused", "live": False, "reason": reason.strip()}
    return await _decide(site, actor, run_id, revision, values, "retention.refused")


async def _decide(
    site: Site, actor: Actor, run_id: Id, revision: int, values: Mapping[str, Any], action: str
) -> RetentionRun:
    where = {"_id": run_id, "state": "reported", "revision": revision}
    decided = {**values, "decided_by": actor.person.model_dump(), "decided_at": site.now()}

    async def body(session: Session) -> RetentionRun:
        update = {"$set": decided, "$inc": {"revision": 1}}
        run = await update_where(RetentionRun, where, update, session)
        if run is None:
            raise RetentionRefused(CHANGED)
        await _tell(site, actor, action, run, session)
        return run

    return await site.store.transaction(body)


async def count_one(site: Site) -> bool:
    """Make the report that waits to be made; False when there is none. What a crash interrupts is begun
    anew, and nothing is listed twice."""
    run = await claim(site, "counting")
    if run is None:
        return False
    batch: list[Due] = []
    async for due in due_things(site):
        batch.append(due)
        if len(batch) == BATCH:
            await _list(site, run, batch)
            batch = []
    await _list(site, run, batch)
    await _report(site, run)
    return True


async def claim(site: Site, state: str) -> RetentionRun | None:
    """Borrow the run in this state for LEASE; None when there is none free."""
    now = site.now()
    free: dict[str, Any] = {"$or": [{"lease_until": None}, {"lease_until": {"$lte": now}}]}
    values = {"$set": {"lease_until": now + LEASE}}
    return await update_where(RetentionRun, {"live": True, "state": state, **free}, values)


async def _list(site: Site, run: RetentionRun, batch: list[Due]) -> None:
    """Write things into the report, those under a hold marked so."""
    if not batch:
        return
    kept = await held({identity for due in batch for identity in (due.thing_id, due.operator_id) if identity})
    items = [_item(run, due, kept) for due in batch]
    await list_items(items)
    await RetentionRun.raw().update_one({"_id": run.id}, {"$set": {"lease_until": site.now() + LEASE}})


def _item(run: RetentionRun, due: Due, kept: set[Id]) -> RetentionItem:
    is_held = due.thing_id in kept or due.operator_id in kept
    return RetentionItem(
        run_id=run.id,
        kind=due.kind,
        type=due.type,
        thing_id=due.thing_id,
        label=due.label,
        operator_id=due.operator_id,
        retention=due.retention,
        action=due.action,
        ended_at=due.ended_at,
        due_on=due.due_on.isoformat(),
        state="held" if is_held else "due",
    )


async def _report(site: Site, run: RetentionRun) -> None:
    """Close the report; where nothing is due there is nothing to approve, and the run is over with it."""
    counts, kept = await count_states(run), await kept_anyway(site)
    values = {"state": "reported", "reported_at": site.now(), "counts": counts, "kept": kept}
    if not counts.get("due"):
        values |= {"state": "done", "live": False, "finished_at": site.now()}

    async def body(session: Session) -> None:
        update = {"$set": {**values, "lease_until": None}, "$inc": {"revision": 1}}
        found = await update_where(RetentionRun, {"_id": run.id, "state": "counting"}, update, session)
        if found is not None:
            await _tell(site, SYSTEM, "retention.reported", found, session)

    await site.store.transaction(body)


async def count_states(run: RetentionRun) -> dict[str, int]:
    """How many things of a run are in each state."""
    pipeline = [{"$match": {"run_id": run.id}}, {"$group": {"_id": "$state", "count": {"$sum": 1}}}]
    found = await (await RetentionItem.raw().aggregate(pipeline)).to_list(None)
    return {str(row["_id"]): int(row["count"]) for row in found}


async def finish(site: Site, run: RetentionRun) -> None:
    """Close a run of which nothing is left to do, with its numbers."""
    counts = await count_states(run)
    values = {"state": "done", "live": False, "finished_at": site.now(), "counts": counts}

    async def body(session: Session) -> None:
        update = {"$set": {**values, "lease_until": None}, "$inc": {"revision": 1}}
        found = await update_where(RetentionRun, {"_id": run.id, "state": "approved"}, update, session)
        if found is not None:
            await _tell(site, SYSTEM, "retention.done", found, session)

    await site.store.transaction(body)


async def _tell(site: Site, actor: Actor, action: str, run: RetentionRun, session: Session) -> None:
    subject = Subject(kind="retention", id=run.id, label=run.day)
    await record_event(site, actor, action, subject, session, counts=dict(run.counts))


async def find_run(run_id: Id) -> RetentionRun:
    """One run. Raises NotFound."""
    found: RetentionRun | None = await RetentionRun.get(run_id)
    if found is None:
        raise NotFound
    return found


async def runs(actor: Actor) -> list[RetentionRun]:
    """The runs there were, newest first. Raises NotAllowed."""
    require(actor, "retention.view")
    return await RetentionRun.find_all().sort("-asked_at", "-_id").limit(RUNS).to_list()


async def items(run: RetentionRun, *, skip: int = 0, limit: int = 50) -> list[RetentionItem]:
    """A page of what a run found."""
    found = RetentionItem.find({"run_id": run.id}).sort("+_id").skip(skip).limit(limit)
    return await found.to_list()


async def report_rows(actor: Actor, run: RetentionRun) -> AsyncIterator[tuple[str, ...]]:
    """The report of a run as rows of a table, with a head of stable names. Raises NotAllowed."""
    require(actor, "retention.view")
    yield COLUMNS
    async for row in RetentionItem.raw().find({"run_id": run.id}).sort("_id", 1):
        ended = row["ended_at"].date().isoformat()
        told = {**row, "ended_on": ended, "done_at": row["done_at"].isoformat() if row["done_at"] else ""}
        yield tuple(str(told.get(name, "")) for name in COLUMNS)


COLUMNS = ("kind", "type", "label", "retention", "action", "ended_on", "due_on", "state", "done_at")
"""The columns of a report."""


def classes(site: Site) -> Iterator[tuple[str, Retention, list[str]]]:
    """Every class with what belongs to it: record types by name, and the other tables it covers."""
    kinds = site.registry.all_current()
    for name, retention in site.configuration.site.retention.items():
        own = [kind for kind, published in kinds.items() if published.definition.retention == name]
        yield name, retention, [*own, *retention.covers]
