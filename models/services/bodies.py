"""How long the texts of mails are kept: what was written goes after a while, that it was sent stays."""

from collections.abc import Mapping
from typing import Any

from models.documents.base import Id
from models.documents.event import Subject
from models.documents.hold import Hold
from models.documents.message import Message
from models.documents.store import Session
from models.permissions import SYSTEM
from models.services.events import record_event
from models.services.site import Site

AT_ONCE = 500
"""Mails of one transaction."""

ERASED = "messages.erased"


async def erase_bodies(site: Site) -> int:
    """Erase the texts of up to AT_ONCE mails that are older than the site keeps them, and the subjects of
    sensitive ones; how many. Mails that still wait, and those of operators with a legal hold, stay as they
    are."""
    limit = site.now() - site.configuration.site.mail.keep_bodies

    async def body(session: Session) -> int:
        kept = await Hold.raw().distinct("operator_id", {"standing": True}, session=session)
        where = {"body": {"$type": "string"}, "created_at": {"$lte": limit}, "next_at": None}
        cursor = Message.raw().find({**where, "operator_id": {"$nin": kept}}, {"_id": 1}, session=session)
        rows = await cursor.hint("bodies").limit(AT_ONCE).to_list(None)
        if rows:
            await _erase(site, [row["_id"] for row in rows], session)
        return len(rows)

    return await site.store.transaction(body)


async def _erase(site: Site, ids: list[Id], session: Session) -> None:
    gone: Mapping[str, Any] = {"body": None, "preheader": "", "links": {}, "erased_at": site.now()}
    messages = Message.raw()
    await messages.update_many({"_id": {"$in": ids}}, {"$set": gone}, session=session)
    secret = {"_id": {"$in": ids}, "sensitive": True}
    await messages.update_many(secret, {"$set": {"subject": ""}}, session=session)
    await record_event(site, SYSTEM, ERASED, Subject(kind="messages"), session, count=len(ids))
