"""Taking in mails that came back: what each is about is looked up, never believed.

A mail is about one of ours when it carries a mark we signed, or names the Message-ID of a mail that we sent
to that very address. First its address is told, then the mail, then the row is written that says it was taken
in: each step is done once, however often a bounce is taken in again after a crash."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from models.documents.base import Id, new_id, read_id
from models.documents.bounce import Bounce, BounceKind, Reported
from models.documents.dead_address import Failure, address_key
from models.documents.guarded import find_document, insert_new, update_where
from models.documents.message import Message
from models.documents.store import Session
from models.errors import BounceUnreadable, NotFound
from models.interchange.delivery_status import READ, Outcome, Report, read_report
from models.interchange.status_codes import is_gone, read_status
from models.permissions import SYSTEM
from models.services.delivery import subject_of
from models.services.events import record_event
from models.services.return_paths import marked
from models.services.site import Site
from models.services.unreachable import note_failure

KEEP = timedelta(days=90)
"""How long it is known that a mail was taken in."""

KEPT = 64 * 1024
"""Octets that are kept of a mail that cannot be read."""

LATE = timedelta(days=30)
"""How long after it was sent a mail can come back; servers try for five days."""

ORDER: tuple[BounceKind, ...] = ("failed", "delayed", "foreign", "unknown", "delivered", "answer")
"""What a mail with several recipients counts as: the first of these it holds."""


class Taken(NamedTuple):
    """A mail that is taken in, and whether it was before."""

    bounce: Bounce
    again: bool


async def take_in(site: Site, raw: bytes, source: str) -> Taken:
    """Take one mail in, from `source`. Whatever it is, a row says what became of it; the same mail again
    changes nothing. Raises DatabaseUnavailable: then it is to be tried again."""
    digest = sha256(raw).hexdigest()
    known = await find_document(Bounce, {"digest": digest})
    if known is not None:
        return Taken(known, again=True)
    now = site.now()
    row = Bounce(id=new_id(), digest=digest, at=now, source=source[:100], kind="unread", ends_at=now + KEEP)
    try:
        report = read_report(raw)
    except BounceUnreadable as refusal:
        row.reason, row.kept = refusal.public, raw[:KEPT]
    else:
        row.reported = await _settle_all(site, report, raw)
        row.kind = _kind(row.reported)
    return Taken(row, again=not await insert_new(row))


def _kind(reported: Sequence[Reported]) -> BounceKind:
    found = {each.kind for each in reported}
    return next((kind for kind in ORDER if kind in found), "answer")


async def _settle_all(site: Site, report: Report, raw: bytes) -> list[Reported]:
    certain = set(marked(site, raw[:READ].decode("latin-1")))
    messages = await _messages(report, certain)
    found = [_about(outcome, messages, certain, len(report.outcomes)) for outcome in report.outcomes]
    return [
        await _settle(site, outcome, message, known=bool(messages))
        for outcome, message in zip(report.outcomes, found, strict=True)
    ]


async def _messages(report: Report, certain: set[Id]) -> Mapping[Id, Message]:
    """The mails of ours that a report names: by a signed mark, or by the Message-ID as it was sent."""
    named = {identity: name for name in report.message_ids if (identity := _identity(name)) is not None}
    rows = await Message.raw().find({"_id": {"$in": [*certain, *named]}}).to_list(None)
    messages = {row["_id"]: Message.model_validate(row) for row in rows}
    return {key: each for key, each in messages.items() if key in certain or each.message_id == named[key]}


def _identity(message_id: str) -> Id | None:
    try:
        return read_id(message_id.strip("<>").partition("@")[0].partition(".")[0])
    except NotFound:
        return None


def _about(
    outcome: Outcome, messages: Mapping[Id, Message], certain: set[Id], outcomes: int
) -> Message | None:
    """The mail an outcome is about: the one that went to its recipient. Behind a signed mark a single outcome
    may name another address: the one our mail was passed on to."""
    keys = set(map(address_key, outcome.addresses))
    for message in messages.values():
        if address_key(message.to_address) in keys:
            return message
    passed_on = [message for key, message in messages.items() if key in certain]
    return passed_on[0] if passed_on and outcomes == 1 else None


async def _settle(site: Site, outcome: Outcome, message: Message | None, *, known: bool) -> Reported:
    """Do what one outcome calls for, and say what it was."""
    told = {"address": outcome.addresses[0], "status": outcome.status, "text": outcome.text}
    if message is None or not _was_sent(site, message):
        foreign = known or message is not None
        return Reported(kind="foreign" if foreign else "unknown", **told)
    if outcome.action != "delivered":
        failure = Failure(
            at=site.now(), status=outcome.status, text=outcome.text, message_id=read_id(message.id)
        )
        gone = outcome.action == "failed" and is_gone(outcome.status, outcome.text)
        await note_failure(site, message.to_address, failure, gone=gone, sent_at=message.sent_at)
    if outcome.action == "failed":
        await _mark(site, message, outcome)
    return Reported(kind=outcome.action, message_id=read_id(message.id), **told)


def _was_sent(site: Site, message: Message) -> bool:
    """Whether a mail is with mail servers: lately sent, or being sent at this moment."""
    if message.sent_at is None:
        return message.lease_until is not None
    return message.sent_at > site.now() - LATE


async def _mark(site: Site, message: Message, outcome: Outcome) -> None:
    """Write on the mail that it came back, once."""
    values = {"bounced_at": site.now(), "bounce_status": outcome.status, "bounce_text": outcome.text}

    async def body(session: Session) -> None:
        where = {"_id": message.id, "bounced_at": None}
        if await update_where(Message, where, {"$set": values}, session) is None:
            return
        told: dict[str, Any] = {"template": message.template, "status": outcome.status}
        await record_event(site, SYSTEM, "message.bounced", subject_of(message), session, **told)

    await site.store.transaction(body)


async def note_refusal(site: Site, message: Message, said: str) -> None:
    """The mail server refused the recipient of a mail to our face, in these words: that counts as if the mail
    had come back."""
    status = read_status(said)
    if status:
        failure = Failure(at=site.now(), status=status, text=said[:500], message_id=read_id(message.id))
        await note_failure(site, message.to_address, failure, gone=is_gone(status, said))
