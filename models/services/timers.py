"""Taking the steps of lifecycles that are due by the clock. Any number of workers may look at once: each step
is one transaction, guarded by the revision seen."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from models.documents.event import Subject
from models.documents.record import Record
from models.documents.store import Session
from models.errors import RecordChanged, TorokuError, TransitionRefused
from models.permissions import SYSTEM
from models.services import lifecycles
from models.services.bells import ring
from models.services.clocks import NONE, clock_of, clocked_types, next_step, rules_of
from models.services.deeds import Standing
from models.services.events import record_event
from models.services.lifecycle_mails import flow_of
from models.services.site import Site

AGAIN = timedelta(hours=1)
"""After how long a step that was refused is tried again."""

BATCH = 200
"""Records whose clock is set anew at a time."""


async def take_due(site: Site) -> bool:
    """Take the step that is due longest; False when none is."""
    for name in clocked_types(site):
        where = {"next_at": {"$lte": site.now(), "$type": "date"}}
        for row in await site.records[name].rows(where, {"grams": 0}, [("next_at", 1)], 0, 1):
            await _take(site, name, row)
            return True
    return False


async def _take(site: Site, name: str, row: Mapping[str, Any]) -> None:
    """Take the step of a record that is due, or set its clock where none is; nothing where somebody else has
    written it meanwhile. Whoever has to be told that its term is over is told before. A refused step is an
    event and tried again later."""
    try:
        record = lifecycles.whole(row)
        found = next_step(site, record)
        if record.bell_at is not None and record.bell_at <= site.now():
            await ring(site, record)
        elif found is None or found[0] > site.now():
            await _set_clock(site, record)
        else:
            await _step(site, record, found[1])
    except RecordChanged:
        return
    except TorokuError as refusal:
        if refusal.status >= 500:  # nobody refuses: the database does not answer
            raise
        await _put_off(site, name, row, refusal)


async def _step(site: Site, record: Record, name: str) -> None:
    async def body(session: Session) -> None:
        await lifecycles.advance(site, SYSTEM, record, name, Standing(), "", session)

    await site.store.transaction(body)
    if flow_of(site, record).transitions[name].effects:
        await site.switchboard.refresh()


async def _put_off(site: Site, name: str, row: Mapping[str, Any], refusal: TorokuError) -> None:
    """Try again later, and leave word of it: somebody has to look."""

    async def body(session: Session) -> None:
        later = {"next_at": site.now() + AGAIN}
        await site.records[name].change(row["_id"], row.get("revision"), later, session)
        subject = Subject(kind=name, id=row["_id"], label=str(row.get("number", "")))
        owner = row.get("operator_id")
        await record_event(
            site, SYSTEM, "record.step_refused", subject, session, operator_id=owner, code=refusal.code
        )

    with suppress(RecordChanged):
        await site.store.transaction(body)


async def set_clocks(site: Site) -> bool:
    """Set the clocks of some records whose rules have changed since; False when there are none."""
    for name in clocked_types(site):
        where = {"clock": {"$ne": rules_of(site, name)}}
        rows = await site.records[name].rows(where, {"grams": 0}, [("clock", 1)], 0, BATCH)
        for row in rows:
            await _set_anew(site, name, row)
        if rows:
            return True
    return False


async def _set_anew(site: Site, name: str, row: Mapping[str, Any]) -> None:
    """Set one clock; a damaged record has none. Whoever writes the record meanwhile sets it too."""
    with suppress(RecordChanged):
        try:
            await _set_clock(site, lifecycles.whole(row))
        except TransitionRefused:
            none = {**NONE, "clock": rules_of(site, name)}
            await site.records[name].change(row["_id"], row.get("revision"), none, None)


async def _set_clock(site: Site, record: Record) -> None:
    await site.records[record.type].change(record.id, record.revision, clock_of(site, record), None)
