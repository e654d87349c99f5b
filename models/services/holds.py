"""Legal holds (R37): placed by one, lifted by two; what one covers the retention job leaves alone."""

from collections.abc import Iterable
from typing import Any

from models.documents.base import Id
from models.documents.event import Subject
from models.documents.guarded import insert_or, update_where
from models.documents.hold import Hold, Lifting
from models.documents.record import Record
from models.documents.retention import RetentionItem
from models.documents.store import Session
from models.errors import HoldRefused, NotAllowed, NotFound
from models.permissions import Actor, require
from models.services.events import record_event
from models.services.site import Site

REASON_LIMIT = 1000
"""Longest reason (characters)."""

LISTED = 200
"""Most holds of one list."""

CHANGED = "Somebody else changed this hold meanwhile. Look at it again."


async def place(
    site: Site,
    actor: Actor,
    record: Record,
    reason: str,
    *,
    cause: Subject | None = None,
    session: Session = None,
) -> Hold:
    """Put a hold on a record; on an operator's own it covers all the operator has. With a `session` it is
    part of another act, which has asked who may. Raises NotAllowed, HoldRefused (no reason; the same cause
    holds it already)."""
    if session is None:
        require(actor, "hold.place")
    over = Subject(kind=record.type, id=record.id, label=record.number)
    hold = Hold(
        over=over,
        operator_id=record.operator_id,
        reason=_reason(reason),
        cause=cause,
        by=actor.person,
        at=site.now(),
    )

    async def body(session: Session) -> Hold:
        await site.records[record.type].touch(record.id, site.now(), session)
        await insert_or(HoldRefused("This is held already for the same cause."), hold, session)
        await _tell(site, actor, "hold.placed", hold, session)
        return hold

    return await (body(session) if session is not None else site.store.transaction(body))


async def propose_lift(site: Site, actor: Actor, hold_id: Id, reason: str, *, revision: int) -> Hold:
    """Say that a hold may end. Raises NotAllowed, NotFound, HoldRefused (no reason, changed meanwhile)."""
    require(actor, "hold.lift")
    lifting = Lifting(by=actor.person, at=site.now(), reason=_reason(reason))
    values = {"proposed": lifting.model_dump()}
    return await _change(site, actor, hold_id, revision, {"proposed": None}, values, "hold.lift_proposed")


async def keep(site: Site, actor: Actor, hold_id: Id, *, revision: int) -> Hold:
    """Say no to a proposal, or take one's own back. Raises as ``propose_lift``."""
    require(actor, "hold.lift")
    seen = {"proposed": {"$ne": None}}
    return await _change(site, actor, hold_id, revision, seen, {"proposed": None}, "hold.kept")


async def lift(site: Site, actor: Actor, hold_id: Id, *, revision: int) -> Hold:
    """End a hold somebody else proposed to lift. Raises NotAllowed (it is one's own proposal), NotFound,
    HoldRefused (nobody proposed it, or it changed meanwhile)."""
    require(actor, "hold.lift")
    hold = await find_hold(hold_id)
    if hold.revision != revision:
        raise HoldRefused(CHANGED)
    if hold.proposed is not None and hold.proposed.by.id == actor.account_id:
        raise NotAllowed("A second person has to confirm what you proposed.", rule="hold.lift")
    lifting = Lifting(by=actor.person, at=site.now(), reason=hold.proposed.reason if hold.proposed else "")
    values = {"lifted": lifting.model_dump(), "standing": False}
    seen = {"proposed": {"$ne": None}}
    return await _change(site, actor, hold_id, revision, seen, values, "hold.lifted")


async def _change(
    site: Site,
    actor: Actor,
    hold_id: Id,
    revision: int,
    seen: dict[str, Any],
    values: dict[str, Any],
    action: str,
) -> Hold:
    where = {"_id": hold_id, "revision": revision, "standing": True, **seen}

    async def body(session: Session) -> Hold:
        changed = await update_where(Hold, where, {"$set": values, "$inc": {"revision": 1}}, session)
        if changed is None:
            raise HoldRefused(CHANGED)
        await _tell(site, actor, action, changed, session)
        return changed

    await find_hold(hold_id)
    return await site.store.transaction(body)


async def _tell(site: Site, actor: Actor, action: str, hold: Hold, session: Session) -> None:
    cause = f"{hold.cause.kind}:{hold.cause.label}" if hold.cause else ""
    await record_event(
        site, actor, action, hold.over, session, operator_id=hold.operator_id, hold=str(hold.id), cause=cause
    )


def _reason(text: str) -> str:
    if not text.strip() or len(text.strip()) > REASON_LIMIT:
        raise HoldRefused("Write the reason, in at most {limit} characters.", limit=REASON_LIMIT)
    return text.strip()


async def find_hold(hold_id: Id) -> Hold:
    """One hold. Raises NotFound."""
    found: Hold | None = await Hold.get(hold_id)
    if found is None:
        raise NotFound
    return found


async def list_holds(actor: Actor, *, standing: bool = True) -> list[Hold]:
    """The holds that stand, or those that were lifted; newest first. Raises NotAllowed."""
    require(actor, "hold.view")
    return await Hold.find({"standing": standing}).sort("-at", "-_id").limit(LISTED).to_list()


async def holds_over(record: Record) -> list[Hold]:
    """The holds that cover a record: its own, and those over its operator."""
    about = {"$in": [record.id, record.operator_id]}
    return await Hold.find({"standing": True, "over.id": about}).sort("-at").limit(LISTED).to_list()


async def is_held_for(record_id: Id, cause: Subject, session: Session = None) -> bool:
    """Whether a hold for this cause stands over the record."""
    where = {"standing": True, "over.id": record_id, "cause.id": cause.id}
    return await Hold.raw().find_one(where, {"_id": 1}, session=session) is not None


async def guard(site: Site, item: RetentionItem, session: Session) -> None:
    """Let emptying something and putting a hold on it, or on its operator, exclude each other: both write on
    the same records, so that of two transactions at the same moment the later sees the other's."""
    own = site.configuration.site.operator_type
    if item.operator_id is not None:
        await site.records[own].touch(item.operator_id, site.now(), session)
    if item.kind == "record" and item.thing_id != item.operator_id:
        await site.records[item.type].touch(item.thing_id, site.now(), session)


async def held(identifiers: Iterable[Id], session: Session = None) -> set[Id]:
    """Which of these records (or operators) a hold stands over."""
    where = {"standing": True, "over.id": {"$in": list(identifiers)}}
    rows = await Hold.raw().find(where, {"over.id": 1}, session=session).to_list(None)
    return {row["over"]["id"] for row in rows}


async def record_to_hold(site: Site, actor: Actor, type_name: str, number: str) -> Record:
    """The record a hold is to be put on, by its type and number. Raises NotAllowed, HoldRefused."""
    require(actor, "hold.place")
    if type_name not in site.records:
        raise HoldRefused("Choose what kind of registration it is.", field="type")
    found = await site.records[type_name].rows({"number": number.strip()}, {"_id": 1}, [("_id", 1)], 0, 1)
    record = await site.records[type_name].get(found[0]["_id"]) if found else None
    if record is None:
        raise HoldRefused("There is no registration with this number.", field="number")
    return record
