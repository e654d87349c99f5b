"""Writing into inboxes: always in the transaction of what is told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from models.documents.base import Id
from models.documents.event import Subject
from models.documents.inbox import InboxItem, put_items
from models.documents.store import Session
from models.services.inbox_kinds import KINDS
from models.services.site import Site

KEPT = timedelta(days=90)
"""How long an item stays after it was done."""

AT_LAST = timedelta(days=400)
"""How long one stays that nobody ever settled or read."""


@dataclass(frozen=True)
class Told:
    """What is told, to whomever: an item without its reader. See ``InboxItem``."""

    kind: str
    key: str
    cause: str
    subject: Subject
    type: str = ""
    operator_id: Id | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    due: datetime | None = None


async def tell(site: Site, told: Told, readers: Iterable[Id], session: Session) -> None:
    """Put an item into each of these accounts' inboxes; who was told of this occasion is not told again. In
    one write, however many they are."""
    await put_items(stored(site, told), told.key, readers, session, bulk=site.store.transactional)


def stored(site: Site, told: Told) -> dict[str, Any]:
    """The item as it is stored, without its reader."""
    now = site.now()
    return {
        "kind": told.kind,
        "cause": told.cause,
        "subject": told.subject.model_dump(),
        "task": KINDS[told.kind].task,
        "type": told.type,
        "operator_id": told.operator_id,
        "values": dict(told.values),
        "due": told.due,
        "at": now,
        "state": "unread",
        "read_at": None,
        "done_at": None,
        "ends_at": now + AT_LAST,
    }


async def settle(
    site: Site, causes: Iterable[str], session: Session, *, reader: Id | None = None, key: str = ""
) -> None:
    """Everything told of these causes is done: for everybody or for one `reader`, of every occasion or of one
    (`key`)."""
    where: dict[str, Any] = {"cause": {"$in": list(causes)}, "state": {"$in": ["unread", "read"]}}
    if reader is not None:
        where["account_id"] = reader
    if key:
        where["key"] = key
    await InboxItem.raw().update_many(where, {"$set": done_at(site.now())}, session=session)


def done_at(now: datetime) -> dict[str, Any]:
    """What is written into an item that is done."""
    return {"state": "done", "done_at": now, "ends_at": now + KEPT}


def cause_of(subject: Subject, side: str) -> str:
    """How what is told about `subject` to one `side` is called, until it is settled."""
    return f"{subject.kind}:{subject.id}:{side}"
