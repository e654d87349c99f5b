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
    aged = {"created_at": {"$lte": limit}, "next_at": None}

    async def body(session: Session) -> int:
        kept = await Hold.raw().distinct("operator_id", {"standing": True}, session=session)
        old = {**aged, "operator_id": {"$nin": kept}}
        texts = await _some({**old, "body": {"$type": "string"}}, "bodies", session)
        secret = {"sensitive": True, "subject": {"$gt": ""}}
        subjects = await _some({**old, **secret}, "secret_subjects", session)
        if texts or subjects:
            await _erase(site, texts, subjects, session)
        return max(len(texts), len(subjects))

    return await site.store.transaction(body)


async def _some(where: Mapping[str, Any], index: str, session: Session) -> list[Id]:
    cursor = Message.raw().find(where, {"_id": 1}, session=session).hint(index).limit(AT_ONCE)
    return [row["_id"] for row in await cursor.to_list(None)]


async def _erase(site: Site, texts: list[Id], subjects: list[Id], session: Session) -> None:
    gone: Mapping[str, Any] = {"body": None, "preheader": "", "links": {}, "erased_at": site.now()}
    messages = Message.raw()
    await messages.update_many({"_id": {"$in": texts}}, {"$set": gone}, session=session)
    await messages.update_many({"_id": {"$in": subjects}}, {"$set": {"subject": ""}}, session=session)
    counts: dict[str, Any] = {"count": len(texts), "subjects": len(subjects)}
    await record_event(site, SYSTEM, ERASED, Subject(kind="messages"), session, **counts)
