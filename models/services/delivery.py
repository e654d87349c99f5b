"""Sending the outbox, one message at a time: claim, render, mark. Delivery is at least once."""

from dataclasses import dataclass
from datetime import timedelta

from models.documents.base import read_id
from models.documents.event import Subject
from models.documents.guarded import update_where
from models.documents.message import Message
from models.documents.store import Session
from models.errors import NotFound
from models.permissions import SYSTEM, Actor, require
from models.services.events import record_event
from models.services.links import address_of
from models.services.messages import placeholder
from models.services.site import Site

LEASE = timedelta(minutes=2)
"""How long a worker holds a message; longer than the mail server's time-out."""

DELAYS = (10, 60, 300, 900, 3600, 7200, 14400)
"""Seconds to wait after each failed attempt; after the last it is given up (about 7 hours in all)."""

ERROR_LIMIT = 300


@dataclass(frozen=True)
class Envelope:
    """A message as it goes to the mail server."""

    message: Message
    body: str


async def claim_due(site: Site) -> Envelope | None:
    """Take the message that has waited longest, for LEASE; None when nothing is due."""
    now = site.now()
    free = [{"lease_until": None}, {"lease_until": {"$lte": now}}]
    message = await update_where(
        Message,
        {"next_at": {"$lte": now}, "$or": free},
        {"$set": {"lease_until": now + LEASE}, "$inc": {"attempts": 1}},
        first="next_at",
    )
    return None if message is None else Envelope(message, render(site, message))


def render(site: Site, message: Message) -> str:
    """The body with its links put in; they exist only in the mail itself."""
    body = message.body or ""
    for link_id in message.links.values():
        body = body.replace(placeholder(link_id), address_of(site, link_id))
    return body


async def mark_sent(site: Site, message: Message) -> None:
    """The mail server took it: mark that, and stamp the record that waits for this moment (R13)."""
    now = site.now()

    async def body(session: Session) -> None:
        values = {"sent_at": now, "next_at": None, "lease_until": None, "last_error": ""}
        marked = await update_where(Message, {"_id": message.id, "sent_at": None}, {"$set": values}, session)
        if marked is None:
            return
        await _stamp(site, message, session)
        await record_event(
            site, SYSTEM, "message.sent", _subject(message), session, template=message.template
        )

    await site.store.transaction(body)


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


async def mark_later(site: Site, message: Message, error: str) -> None:
    """It may work later: wait longer each time (with jitter), and give up after the last of DELAYS."""
    if message.attempts > len(DELAYS):
        await mark_failed(site, message, error)
        return
    delay = DELAYS[message.attempts - 1]
    jitter = 1 + int.from_bytes(site.entropy(1)) / 1024
    values = {
        "next_at": site.now() + timedelta(seconds=delay * jitter),
        "lease_until": None,
        "last_error": error[:ERROR_LIMIT],
    }
    await update_where(Message, {"_id": message.id, "sent_at": None}, {"$set": values})


async def mark_failed(site: Site, message: Message, error: str) -> None:
    """It will never work (a permanent refusal, or too many attempts): kept, shown in the admin."""

    async def body(session: Session) -> None:
        values = {
            "failed_at": site.now(),
            "next_at": None,
            "lease_until": None,
            "last_error": error[:ERROR_LIMIT],
        }
        marked = await update_where(Message, {"_id": message.id, "sent_at": None}, {"$set": values}, session)
        if marked is None:
            return
        await record_event(
            site, SYSTEM, "message.failed", _subject(message), session, template=message.template
        )

    await site.store.transaction(body)


async def retry(site: Site, actor: Actor, identifier: str) -> None:
    """Put a failed message back into the queue. Raises NotAllowed, and NotFound unless it has failed."""
    require(actor, "message.retry")
    failed = {"_id": read_id(identifier), "sent_at": None, "failed_at": {"$ne": None}}
    values = {"failed_at": None, "next_at": site.now(), "attempts": 0, "lease_until": None}

    async def body(session: Session) -> None:
        message = await update_where(Message, failed, {"$set": values}, session)
        if message is None:
            raise NotFound
        await record_event(site, actor, "message.retried", _subject(message), session)

    await site.store.transaction(body)


def _subject(message: Message) -> Subject:
    return Subject(kind="message", id=message.id, label=message.template)
