"""What the staff do with mails that wait or failed: send again, call off, one by one or all of one error."""

from collections.abc import Mapping
from typing import Any

from models.documents.base import read_id
from models.documents.event import Subject
from models.documents.guarded import update_where
from models.documents.message import Message
from models.documents.store import Session
from models.errors import AbortRefused, MailErased, MailMoved, NotFound
from models.permissions import Actor, require
from models.services.delivery import OVER, subject_of
from models.services.events import record_event
from models.services.site import Site

AT_ONCE = 1_000
"""Messages of one transaction."""

MOST = 20
"""Transactions of one act: 20,000 mails; whoever has more presses the button again."""

REASON_LIMIT = 300

FAILED: Mapping[str, Any] = {
    "failed_at": {"$type": "date"},
    "sent_at": None,
    "aborted_at": None,
    "withheld_at": None,
}
"""Mails that were given up and that nobody has dealt with."""


async def retry(site: Site, actor: Actor, identifier: str) -> None:
    """Put a failed, withheld or aborted mail back into the queue. Raises NotAllowed, NotFound, MailErased,
    and MailMoved where it is none of these (any more)."""
    require(actor, "message.retry")
    message = await find_message(identifier)
    if message.sent_at is not None or message.next_at is not None:
        raise MailMoved
    if message.body is None:
        raise MailErased
    where = {"_id": message.id, "sent_at": None, "next_at": None, "body": {"$ne": None}}

    async def body(session: Session) -> None:
        if await update_where(Message, where, {"$set": _anew(site)}, session) is None:
            raise MailMoved
        await record_event(site, actor, "message.retried", subject_of(message), session)

    await site.store.transaction(body)


async def abort(site: Site, actor: Actor, identifier: str, reason: str) -> None:
    """Call off a mail that waits or failed. Raises NotAllowed, NotFound, AbortRefused without a reason, and
    MailMoved where a worker holds it or it is over."""
    require(actor, "message.abort")
    message, why = await find_message(identifier), _reason(reason)
    where = {"_id": message.id, **_stoppable(site)}

    async def body(session: Session) -> None:
        if await update_where(Message, where, {"$set": _called_off(site)}, session) is None:
            raise MailMoved
        await record_event(site, actor, "message.aborted", subject_of(message), session, reason=why)

    await site.store.transaction(body)


async def retry_all(site: Site, actor: Actor, error: str) -> int:
    """Put all mails that failed with this error back into the queue; how many. Raises NotAllowed."""
    require(actor, "message.retry")
    where = {**FAILED, "last_error": error, "body": {"$ne": None}}
    return await _all(site, actor, where, _anew(site), "messages.retried", error=error)


async def abort_all(site: Site, actor: Actor, error: str, reason: str) -> int:
    """Call off all mails that failed with this error; how many. Raises NotAllowed, AbortRefused."""
    require(actor, "message.abort")
    where = {**FAILED, "last_error": error}
    why = _reason(reason)
    return await _all(site, actor, where, _called_off(site), "messages.aborted", error=error, reason=why)


async def find_message(identifier: str) -> Message:
    """A mail by its id. Raises NotFound."""
    message = await Message.get(read_id(identifier))
    if message is None:
        raise NotFound
    return message


async def _all(
    site: Site, actor: Actor, where: Mapping[str, Any], values: Mapping[str, Any], action: str, **details: Any
) -> int:
    """Change all that match, in transactions that each have their event."""
    done = 0
    for _ in range(MOST):
        rows = await Message.raw().find(where, {"_id": 1}).hint("failed").limit(AT_ONCE).to_list(None)
        if not rows:
            break
        done += await _some(site, actor, [row["_id"] for row in rows], where, values, action, details)
    return done


async def _some(
    site: Site,
    actor: Actor,
    ids: list[Any],
    where: Mapping[str, Any],
    values: Mapping[str, Any],
    action: str,
    details: Mapping[str, Any],
) -> int:
    async def body(session: Session) -> int:
        found = await Message.raw().update_many(
            {"_id": {"$in": ids}, **where}, {"$set": values}, session=session
        )
        count = int(found.modified_count)
        if count:
            subject = Subject(kind="messages", label=details["error"])
            await record_event(site, actor, action, subject, session, count=count, **details)
        return count

    return await site.store.transaction(body)


def _anew(site: Site) -> dict[str, Any]:
    """What a mail is that begins its way again."""
    now = site.now()
    times = dict.fromkeys(("failed_at", "withheld_at", "aborted_at", "deferred_since"))
    return {**OVER, **times, "withheld_why": "", "next_at": now, "due_at": now, "attempts": 0, "deferrals": 0}


def _called_off(site: Site) -> dict[str, Any]:
    return {**OVER, "failed_at": site.now(), "aborted_at": site.now()}


def _stoppable(site: Site) -> dict[str, Any]:
    """Neither sent nor called off, and held by no worker."""
    free = [{"lease_until": None}, {"lease_until": {"$lte": site.now()}}]
    return {"sent_at": None, "aborted_at": None, "$or": free}


def _reason(text: str) -> str:
    said = " ".join(text.split())[:REASON_LIMIT]
    if not said:
        raise AbortRefused
    return said
