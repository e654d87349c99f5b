"""The alarm of the outbox: raised once when mails wait too long or the server refuses us, cleared by itself.

A mail cannot tell of it: it is an event, a line of the log and a banner of the admin."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from models.documents.event import Subject
from models.documents.mail_alarm import AlarmKind, MailAlarm
from models.documents.message import Message
from models.documents.store import Session
from models.permissions import SYSTEM
from models.services.events import record_event
from models.services.site import Site

logger = logging.getLogger(__name__)

RAISED = "mail.alarm"
OVER = "mail.alarm_over"


async def oldest_due() -> datetime | None:
    """Since when the mail that has waited longest could have been sent; None where none waits."""
    row = await Message.raw().find_one({"due_at": {"$type": "date"}}, {"due_at": 1}, sort=[("due_at", 1)])
    found: datetime | None = row and row["due_at"]
    return found


async def watch(site: Site) -> bool:
    """Raise the alarm when a mail has waited longer than the site allows, and clear what is over; whether
    something changed."""
    oldest, now = await oldest_due(), site.now()
    late = oldest is not None and now - oldest >= site.configuration.site.mail.alarm_after
    changed = await (_raise(site, "oldest") if late else _clear(site, "oldest"))
    refused = await MailAlarm.raw().find_one({"_id": "refused"})
    if refused is not None and await _was_sent_since(refused["since"]):
        return await _clear(site, "refused") or changed
    return changed


async def raise_refused(site: Site, error: str) -> bool:
    """Raise the alarm that the server does not take mails from us; False when it rings already."""
    return await _raise(site, "refused", error)


async def ringing() -> Sequence[MailAlarm]:
    """The alarms that ring."""
    return await MailAlarm.find_all().to_list()


async def _was_sent_since(moment: datetime) -> bool:
    return await Message.raw().find_one({"sent_at": {"$gt": moment, "$type": "date"}}, {"_id": 1}) is not None


async def _raise(site: Site, kind: AlarmKind, error: str = "") -> bool:
    """Let an alarm ring, with its event, whoever of several workers is first."""
    alarms, where = MailAlarm.raw(), {"_id": kind}
    if await alarms.find_one(where, {"_id": 1}) is not None:
        return False

    async def body(session: Session) -> bool:
        new = {"$setOnInsert": {"since": site.now(), "error": error}}
        found = await alarms.update_one(where, new, upsert=True, session=session)
        if found.upserted_id is None:
            return False
        await _tell(site, RAISED, kind, session, error=error)
        return True

    raised = await site.store.transaction(body)
    if raised:
        logger.error("mail alarm: %s %s", kind, error)
    return raised


async def _clear(site: Site, kind: AlarmKind) -> bool:
    alarms, where = MailAlarm.raw(), {"_id": kind}
    if await alarms.find_one(where, {"_id": 1}) is None:
        return False

    async def body(session: Session) -> bool:
        if (await alarms.delete_one(where, session=session)).deleted_count == 0:
            return False
        await _tell(site, OVER, kind, session)
        return True

    cleared = await site.store.transaction(body)
    if cleared:
        logger.warning("mail alarm over: %s", kind)
    return cleared


async def _tell(site: Site, action: str, kind: AlarmKind, session: Session, **details: Any) -> None:
    await record_event(site, SYSTEM, action, Subject(kind="mail", label=kind), session, **details)
