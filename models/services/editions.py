"""One notice as its reader opens it: the edition asked for, the one that stands, and what is attached."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.documents.account import Account
from models.documents.base import Id, read_id
from models.documents.ledger import LedgerLine
from models.documents.publication import Publication
from models.documents.store import Attachment
from models.errors import NotFound, NoticeMoved, TermsNotAccepted
from models.permissions import Actor, allowed
from models.services import audiences, ledger
from models.services.accepting import owes_acceptance
from models.services.site import Site
from models.services.switches import require_writing

MOST = 50
"""Most editions of one notice that are named, most people of an operator."""

FEW = 5
"""Most notices that share a number."""

KEY_LIMIT = 100
"""Longest number of a notice looked for (characters)."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice somebody may read. ``edition`` is the one asked for, ``latest`` the last there is of it;
    ``line`` tells what the reader did with it, None where they were not told of it."""

    edition: Publication
    latest: Publication
    line: LedgerLine | None = None

    @property
    def is_latest(self) -> bool:
        return self.edition.id == self.latest.id

    @property
    def is_unread(self) -> bool:
        return self.line is not None and self.line.state == "sent"

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was taken back: no edition of it is shown any more."""
        return self.latest.withdrawn_at is not None

    @property
    def is_owed(self) -> bool:
        """Whether its reader is asked to acknowledge it and did not yet."""
        told = self.line is not None and self.line.acknowledged_at is None
        return told and self.edition.acknowledge and self.edition.shown


@dataclass(frozen=True, slots=True)
class Earlier:
    """One edition of a notice among the others."""

    id: Id
    edition: int
    published_at: datetime
    replaced_at: datetime | None


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the reader's operator who was told of a notice."""

    name: str
    read_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_as: str


async def find(site: Site, actor: Actor, key: str) -> Notice:
    """The notice of a number, of an edition's id or of its record's. Raises NotFound where there is none, or
    none for this reader. An earlier edition is for those who may read the last one too."""
    for asked in await _named(key):
        latest = await _latest(asked)
        edition = asked if str(asked.id) == key else latest
        if await _may_read(site, actor, {latest.id: latest, edition.id: edition}):
            return Notice(edition, latest, await ledger.line_of(actor, edition))
    raise NotFound


async def _may_read(site: Site, actor: Actor, found: Mapping[Any, Publication]) -> bool:
    return all([await audiences.may_read(site, actor, each) for each in found.values()])


async def _named(key: str) -> list[Publication]:
    """The editions a key may mean, the last published first; of several types with one number, one each."""
    identifier = _id_of(key)
    where: dict[str, Any] = {"number": key[:KEY_LIMIT]}
    if identifier is not None:
        where = {"$or": [{"_id": identifier}, {"record_id": identifier}, where]}
    found = Publication.raw().find({**where, "replaced_at": None} if identifier is None else where)
    rows = await found.sort([("published_at", -1), ("_id", -1)]).limit(FEW).to_list(None)
    return sorted(map(Publication.model_validate, rows), key=lambda each: str(each.id) != key)


def _id_of(key: str) -> Id | None:
    try:
        return read_id(key)
    except NotFound:
        return None


async def _latest(edition: Publication) -> Publication:
    """The last edition of the same notice."""
    where = {"record_id": edition.record_id}
    row = await Publication.raw().find_one(where, sort=[("edition", -1)])
    found: Publication = Publication.model_validate(row)
    return found


async def editions(site: Site, actor: Actor, notice: Notice) -> Sequence[Earlier]:
    """The other editions of a notice its reader may look at, the last first (at most MOST)."""
    if notice.latest.edition == 1:
        return ()
    others = {"record_id": notice.latest.record_id, "_id": {"$ne": notice.edition.id}}
    where = {"$and": [others, await audiences.readable(site, actor)]}
    columns = {"edition": 1, "published_at": 1, "replaced_at": 1}
    rows = await Publication.raw().find(where, columns).sort("edition", -1).limit(MOST).to_list(None)
    return [Earlier(row["_id"], row["edition"], row["published_at"], row.get("replaced_at")) for row in rows]


async def open_attachment(
    site: Site, actor: Actor, key: str, identifier: str
) -> tuple[Attachment, AsyncIterator[bytes]]:
    """A file attached to the edition asked for, and its bytes. Raises NotFound for any other file, and once
    the notice was withdrawn."""
    notice = await find(site, actor, key)
    named = any(each.get("id") == identifier for each in notice.edition.attachments)
    if notice.is_withdrawn or not named:
        raise NotFound
    stored = await site.store.attachments.get(read_id(identifier))
    if stored is None:
        raise NotFound
    return stored, site.store.attachments.read(stored.id)


async def acknowledge(site: Site, actor: Actor, key: str, edition: str) -> Notice:
    """Confirm having read the edition that was shown (`edition`: its id); once, whoever sends it again finds
    the first time. Raises NotFound, WritingStopped, TermsNotAccepted, NoticeMoved where another edition
    stands meanwhile, AcknowledgementRefused where nothing is asked."""
    await require_writing(site, actor)
    if owes_acceptance(site, actor):
        raise TermsNotAccepted
    notice = await find(site, actor, key)
    if str(notice.latest.id) != edition:
        raise NoticeMoved
    await ledger.acknowledge(site, actor, notice.latest)
    return notice


async def colleagues(actor: Actor, publication: Publication) -> list[Colleague]:
    """How a notice stands with the people of one's own operator, for who may see its users: those who still
    have to acknowledge it first."""
    if not allowed(actor, "account.view_own") or actor.operator_id is None:
        return []
    people = (
        await Account.raw().find({"operator_id": actor.operator_id}, {"_id": 1}).limit(MOST).to_list(None)
    )
    ids = [row["_id"] for row in people]
    where = {"source_id": publication.id, "channel": "portal", "account_id": {"$in": ids}}
    rows = await LedgerLine.raw().find(where).to_list(None)
    lines = sorted(
        map(LedgerLine.model_validate, rows), key=lambda line: (line.acknowledged_at is not None, line.login)
    )
    return [Colleague(each.name, each.read_at, each.acknowledged_at, each.acknowledged_as) for each in lines]
