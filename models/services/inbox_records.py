"""What the steps of a record's lifecycle put into inboxes: that it is now one's turn, until it is so no more;
and that its term ends soon, or has ended."""

from collections.abc import Mapping

from models.documents.inbox import InboxItem
from models.documents.record import Record
from models.documents.store import Session
from models.services.holders import Side, readers_of
from models.services.inbox_writing import Told, cause_of, settle, tell
from models.services.site import Happened, Site
from models.services.terms_of_records import entered_at

SIDES: tuple[Side, ...] = ("staff", "operator")

BELLS = {"record.due_soon": "record_due", "record.overdue": "record_overdue"}
"""What is told of terms, by the event."""

OWN = "own_"
"""What the kinds of items for operators begin with."""


async def follow_record(site: Site, happened: Happened, session: Session) -> None:
    """Put into inboxes whose turn a record has become by what happened to it, and settle whose it is no
    more."""
    subject = happened.subject
    published = site.registry.all_current().get(subject.kind)
    if published is None or not site.lifecycles[published.definition.lifecycle].clocked:
        return
    record = await site.records[subject.kind].get(subject.id, session)
    if record is None:
        return
    for side in SIDES:
        waits = record.awaits in (side, "both")
        if happened.action in BELLS:
            if waits:
                await _tell(site, record, happened, side, BELLS[happened.action], session)
        else:
            await _turn(site, record, happened, side, waits, session)


async def _turn(
    site: Site, record: Record, happened: Happened, side: Side, waits: bool, session: Session
) -> None:
    """A state that was left settles what was told of it; within one nobody is told twice."""
    cause = _cause(happened, side)
    if not waits or _has_moved(happened.details):
        await settle(site, [cause], session)
    elif await _is_told(cause, session):
        return
    if waits:
        await _tell(site, record, happened, side, "record_turn", session)


def _has_moved(details: Mapping[str, object]) -> bool:
    return details.get("to") is not None and details.get("origin") != details.get("to")


async def _is_told(cause: str, session: Session) -> bool:
    where = {"cause": cause, "state": {"$in": ["unread", "read"]}}
    return await InboxItem.raw().find_one(where, {"_id": 1}, session=session) is not None


def _cause(happened: Happened, side: Side) -> str:
    return cause_of(happened.subject, f"turn-{side}")


async def _tell(
    site: Site, record: Record, happened: Happened, side: Side, kind: str, session: Session
) -> None:
    readers = [
        a.account_id for a in await readers_of(site, record, side, session) if a.account_id is not None
    ]
    told = Told(
        kind=f"{OWN}{kind}" if side == "operator" else kind,
        key=f"{kind}:{record.id}:{_occasion(record, happened)}:{side}",
        cause=_cause(happened, side),
        subject=happened.subject,
        type=record.type,
        operator_id=record.operator_id,
        values={"state": record.lifecycle},
        due=record.due,
    )
    acted = happened.actor.account_id
    await tell(site, told, [one for one in readers if one != acted], session)


def _occasion(record: Record, happened: Happened) -> str:
    """A turn is one's anew with each version that makes it so, a term is over once in each state."""
    if happened.action in BELLS:
        return f"{entered_at(record)}:{record.due}"
    return str(record.revision)
