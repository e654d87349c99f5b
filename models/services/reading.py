"""What an account was told of by the portal and what it read: marks beside notices, and what waits on every
page."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from models.documents.base import Id
from models.documents.ledger import LedgerLine
from models.documents.publication import Publication
from models.language import Text
from models.permissions import Actor, allowed

MOST = 1_000
"""Most notices of which an account's marks are looked at, the ones told last."""

COUNTED = 99
"""Most unread notices that are counted."""

URGENT = 3
"""Most urgent notices that are named on every page."""

LINE: Mapping[str, Any] = {"_id": 0, "source_id": 1, "read_at": 1, "acknowledged_at": 1}


@dataclass(frozen=True, slots=True)
class Mark:
    """What one account did with one notice."""

    is_told: bool = False
    read_at: datetime | None = None
    acknowledged_at: datetime | None = None

    @property
    def is_unread(self) -> bool:
        return self.is_told and self.read_at is None and self.acknowledged_at is None


Marks = Mapping[Id, Mark]
"""By publication, the ones told last first."""


@dataclass(frozen=True, slots=True)
class Urgent:
    """An urgent notice that was not read yet."""

    id: Id
    number: str
    title: Text


@dataclass(frozen=True, slots=True)
class News:
    """What every page of the portal says of notices: how many are unread (counted to COUNTED + 1), and the
    urgent ones among them."""

    unread: int = 0
    urgent: tuple[Urgent, ...] = ()

    @property
    def told(self) -> str:
        """How many are unread, as it is written; "" for none."""
        return f"{COUNTED}+" if self.unread > COUNTED else str(self.unread or "")

    def after_reading(self, identifier: Id | None) -> "News":
        """The same once one of the unread was read."""
        left = tuple(each for each in self.urgent if each.id != identifier)
        return replace(self, unread=max(self.unread - 1, 0), urgent=left)


NO_NEWS = News()


async def marks_of(actor: Actor, among: Collection[Id] | None = None, most: int = MOST) -> Marks:
    """What somebody was told of, of all notices or `among` these, the `most` last; nothing for those without
    an account, and where their role leaves no notices."""
    if not reads(actor):
        return {}
    where: dict[str, Any] = {"account_id": actor.account_id, "channel": "portal"}
    where["source_kind"] = "publication"
    if among is not None:
        where["source_id"] = {"$in": list(among)}
    rows = await LedgerLine.raw().find(where, LINE).sort("queued_at", -1).limit(most).to_list(None)
    return {row["source_id"]: Mark(True, row.get("read_at"), row.get("acknowledged_at")) for row in rows}


async def news_of(actor: Actor) -> News:
    """What waits for somebody to be read; a second question only where there may be something."""
    if not reads(actor):
        return NO_NEWS
    where = {"account_id": actor.account_id, "channel": "portal", "state": "sent"}
    found = LedgerLine.raw().find(where, {"_id": 0, "source_id": 1}).sort("queued_at", -1)
    rows = await found.limit(COUNTED + 1).to_list(None)
    return await _news([row["source_id"] for row in rows]) if rows else NO_NEWS


def reads(actor: Actor) -> bool:
    """Whether there are notices somebody is told of by the portal."""
    return actor.account_id is not None and allowed(actor, "notice.view_operators")


async def _news(identifiers: Sequence[Id]) -> News:
    where = {"_id": {"$in": list(identifiers)}, "shown": True}
    columns = {"number": 1, "title": 1, "importance": 1}
    rows = await Publication.raw().find(where, columns).sort("_id", -1).to_list(None)
    urgent = [row for row in rows if row.get("importance") == "urgent"]
    named = (Urgent(row["_id"], row["number"], Text.model_validate(row["title"])) for row in urgent[:URGENT])
    return News(len(rows), tuple(named))
