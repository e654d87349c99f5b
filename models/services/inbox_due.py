"""What is due tomorrow and what is overdue, put into inboxes once a day."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from models.documents.application import Application
from models.documents.base import Id, read_id
from models.documents.event import Subject
from models.documents.guarded import update_where
from models.documents.inbox import InboxRound
from models.documents.store import Session
from models.permissions import Actor
from models.services import inbox_readers
from models.services.applications import is_with_applicant
from models.services.inbox_steps import ANSWERS
from models.services.inbox_writing import Told, cause_of, settle, tell
from models.services.site import Site

NAME = "due"

BATCH = 100
"""Applications looked at before the worker writes down how far it is."""

LOOKED_BACK = timedelta(days=30)
"""How long what is overdue is looked for: longer than a worker is ever away."""

KEPT = timedelta(days=7)
"""How long it is known that a round was done."""


async def tell_due(site: Site) -> bool:
    """Look at the next applications of today's round: who has one that is due today or tomorrow is told so
    once, and once more when it is overdue. False when the round is over."""
    going = await next_round(site, NAME)
    if going is None:
        return False
    found = await _next(site, going.place)
    for application in found:
        await _tell(site, application)
    await go_on(site, going, read_id(found[-1].id) if len(found) == BATCH else None)
    return True


async def _next(site: Site, after: Id | None) -> list[Application]:
    now = site.now()
    until = site.calendar.midnight(site.today() + timedelta(days=2))
    where: dict[str, Any] = {"open": True, "due": {"$gt": now - LOOKED_BACK, "$lte": until}}
    if after is not None:
        where["_id"] = {"$gt": after}
    rows = Application.raw().find(where, ANSWERS).sort("_id", 1).limit(BATCH)
    return [Application.model_validate(row) async for row in rows]


async def _tell(site: Site, application: Application) -> None:
    """One word to whoever has it: it is due, or it was."""
    if application.due is None:
        return
    over, own = application.due <= site.now(), is_with_applicant(site, application)
    kind = "own_due" if own and not application.by_staff else "overdue" if over else "due"
    found = await _who_have_it(site, application)
    subject = Subject(kind="application", id=application.id, label=application.reference)
    told = Told(
        kind=kind,
        key=_key(application, "overdue" if over else "due"),
        cause=cause_of(subject, "turn"),
        subject=subject,
        type=application.type,
        operator_id=application.operator_id,
        due=application.due,
    )

    async def body(session: Session) -> None:
        seen = {"_id": application.id, "revision": application.revision, "open": True}
        if await Application.raw().find_one(seen, {"_id": 1}, session=session):
            if over:
                await settle(site, [told.cause], session, key=_key(application, "due"))
            await tell(site, told, [a.account_id for a in found if a.account_id is not None], session)

    if found:
        await site.store.transaction(body)


def _key(application: Application, what: str) -> str:
    """One occasion for each last day an application comes to have."""
    return f"{what}:{application.id}:{application.due:%Y%m%d%H%M}"


async def _who_have_it(site: Site, application: Application) -> Sequence[Actor]:
    """The applicant's side, who is in charge, or whoever may take the next step."""
    if is_with_applicant(site, application):
        return await inbox_readers.applicants(site, application)
    charge = await inbox_readers.in_charge(site, application)
    return charge or await inbox_readers.next_to_act(site, application, queued=True)


# --- rounds ------------------------------------------------------------------------------------------------


async def next_round(site: Site, name: str) -> InboxRound | None:
    """Today's round of this name, begun where it was not; None when it is over."""
    identity = f"{name}:{site.today().isoformat()}"
    fresh = {"place": None, "done_at": None, "ends_at": site.now() + KEPT}
    await InboxRound.raw().update_one({"_id": identity}, {"$setOnInsert": fresh}, upsert=True)
    row = await InboxRound.raw().find_one({"_id": identity, "done_at": None})
    return None if row is None else InboxRound.model_validate(row)


async def go_on(site: Site, going: InboxRound, place: Id | None) -> None:
    """Write down how far a round is; without a `place` it is over. Whoever was slower writes nothing."""
    values: dict[str, datetime | Id | None] = {"place": place} if place else {"done_at": site.now()}
    where = {"_id": going.id, "place": going.place, "done_at": None}
    await update_where(InboxRound, where, {"$set": values})
