"""Sending the outbox, one message at a time: claim, render, mark. Delivery is at least once.

A claim is a lease with a token: whoever lost it cannot mark over what another worker did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from models.documents.event import Subject
from models.documents.guarded import update_where
from models.documents.message import Message
from models.documents.store import Session
from models.permissions import SYSTEM
from models.services.addresses_dead import DEAD, is_withheld
from models.services.events import record_event
from models.services.links import address_of
from models.services.messages import placeholder
from models.services.rates import Lanes
from models.services.site import Site

LEASE = timedelta(minutes=2)
"""How long a worker holds a message; longer than the mail server's time-out."""

DELAYS = (60, 300, 900, 1800, 3600, 7200, 14400)
"""Seconds to wait after each “later” of the server to one mail; the last again and again until GIVE_UP."""

GIVE_UP = timedelta(days=5)
"""How long a server may go on saying “later” to one mail (RFC 5321, 4.5.4.1: four to five days)."""

ASKED_AGAIN = timedelta(minutes=1)
"""After how long in the outbox it is asked again whether mails to an address arrive; before, it was when the
mail was written."""

ERROR_LIMIT = 100
ANSWER_LIMIT = 300

PUT_OFF = 50
"""Messages one claim passes over because their domain's pace has no room for them yet."""


@dataclass(frozen=True)
class Envelope:
    """A message as it goes to the mail server."""

    message: Message
    body: str


async def claim_due(site: Site, lanes: Lanes | None = None) -> Envelope | None:
    """Take the message that has waited longest and whose domain has room, for LEASE; None when nothing is
    due."""
    lanes = lanes or Lanes(site)
    for _ in range(PUT_OFF):
        message = await _claim(site)
        if message is None:
            return None
        waited = site.now() - message.created_at >= ASKED_AGAIN
        if waited and await is_withheld(site, message.template, message.to_address):
            await mark_withheld(site, message, DEAD)
            continue
        slot = await lanes.slot(message)
        if slot is None:
            return Envelope(message, render(site, message))
        await _put_off(message, slot)
    return None


def due_at(now: datetime) -> dict[str, Any]:
    """The messages that may be taken now: due, and held by nobody. The type is said as their partial index
    says it, which is not used otherwise."""
    free = [{"lease_until": None}, {"lease_until": {"$lte": now}}]
    return {"next_at": {"$lte": now, "$type": "date"}, "$or": free}


async def _claim(site: Site) -> Message | None:
    now = site.now()
    held = {"lease_until": now + LEASE, "lease_token": site.entropy(8).hex()}
    return await update_where(
        Message,
        due_at(now),
        {"$set": held, "$inc": {"attempts": 1}},
        first="next_at",
    )


async def _put_off(message: Message, slot: datetime) -> None:
    """Let others overtake it until its domain has room; that was no attempt."""
    values = {"next_at": slot, "due_at": slot, "slot_at": slot, **FREE}
    await update_where(Message, _held(message), {"$set": values, "$inc": {"attempts": -1}})


def render(site: Site, message: Message) -> str:
    """The body with its links put in; they exist only in the mail itself."""
    body = message.body or ""
    for link_id in message.links.values():
        body = body.replace(placeholder(link_id), address_of(site, link_id))
    return body


FREE: Mapping[str, Any] = {"lease_until": None, "lease_token": ""}
"""What a message is without a worker that holds it."""

OVER: Mapping[str, Any] = {"next_at": None, "due_at": None, "slot_at": None, **FREE}
"""What a message is that is not to be sent any more."""


def _held(message: Message) -> dict[str, Any]:
    """The message, as long as nobody else has taken it since it was claimed."""
    return {"_id": message.id, "lease_token": message.lease_token, "sent_at": None}


async def mark_sent(site: Site, message: Message) -> bool:
    """The mail server took it: mark that, and stamp the record that waits for this moment (R13). False when
    the message is no longer held."""
    values: dict[str, Any] = {**OVER, "sent_at": site.now(), "last_error": "", "last_answer": ""}
    if message.sensitive:
        values |= {"body": None, "links": {}, "erased_at": site.now()}
    if message.stamp is None:
        marked = await Message.raw().update_one(_held(message), {"$set": values})
        return bool(marked.matched_count)

    async def body(session: Session) -> bool:
        if await update_where(Message, _held(message), {"$set": values}, session) is None:
            return False
        await _stamp(site, message, session)
        return True

    return await site.store.transaction(body)


async def _stamp(site: Site, message: Message, session: Session) -> None:
    stamp = message.stamp
    if stamp is None:
        return
    for records in site.records.values():
        if records.name == stamp.collection and await records.stamp(
            stamp.record_id, stamp.name, site.now(), session
        ):
            subject = Subject(kind=stamp.collection, id=stamp.record_id)
            await record_event(site, SYSTEM, f"record.{stamp.name}", subject, session)


async def mark_soon(site: Site, message: Message, error: str, wait: timedelta, answer: str = "") -> bool:
    """The mail server as a whole did not work: the message waits with all the others, as long as that takes;
    it is never given up for it."""
    values = {"next_at": site.now() + wait, **FREE, **_said(error, answer)}
    return await update_where(Message, _held(message), {"$set": values}) is not None


async def mark_later(site: Site, message: Message, error: str, answer: str = "") -> bool:
    """The server said “later” to this mail: wait longer each time (with jitter), give up after GIVE_UP."""
    now = site.now()
    since = message.deferred_since or now
    if now - since >= GIVE_UP:
        return await mark_failed(site, message, error, answer)
    delay = DELAYS[min(message.deferrals, len(DELAYS) - 1)]
    again = now + timedelta(seconds=delay * (1 + int.from_bytes(site.entropy(1)) / 1024))
    values = {"next_at": again, "due_at": again, "slot_at": None, "deferred_since": since}
    update = {"$set": {**values, **FREE, **_said(error, answer)}, "$inc": {"deferrals": 1}}
    return await update_where(Message, _held(message), update) is not None


async def mark_failed(site: Site, message: Message, error: str, answer: str = "") -> bool:
    """It will never work (a permanent refusal, or put off for too long): kept, shown in the admin."""
    values = {**OVER, "failed_at": site.now(), **_said(error, answer)}
    return await _end(site, message, values, "message.failed", error=error[:ERROR_LIMIT])


async def mark_withheld(site: Site, message: Message, why: str) -> bool:
    """It is not to be sent after all, and `why` names the reason: kept, shown in the admin."""
    values = {**OVER, "withheld_at": site.now(), "withheld_why": why}
    return await _end(site, message, values, "message.withheld", why=why)


async def _end(site: Site, message: Message, values: Mapping[str, Any], action: str, **details: Any) -> bool:
    async def body(session: Session) -> bool:
        if await update_where(Message, _held(message), {"$set": values}, session) is None:
            return False
        details["template"] = message.template
        await record_event(site, SYSTEM, action, subject_of(message), session, **details)
        return True

    return await site.store.transaction(body)


def _said(error: str, answer: str) -> dict[str, str]:
    return {"last_error": error[:ERROR_LIMIT], "last_answer": answer[:ANSWER_LIMIT]}


def subject_of(message: Message) -> Subject:
    """A message as events name it: by its template, never by whom it is to."""
    return Subject(kind="message", id=message.id, label=message.template)
