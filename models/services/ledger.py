"""The ledger of what was announced: who was told by which channel, who has read and acknowledged it.

Reading marks and acknowledgements are written here by readers; what became of the mails follows the outbox
(``models.services.mail_outcomes``)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.documents.account import Account
from models.documents.base import read_id
from models.documents.event import Subject
from models.documents.guarded import insert_new, update_where
from models.documents.ledger import Channel, LedgerLine, LineState, SourceKind
from models.documents.mailing import Mailing
from models.documents.message import Message
from models.documents.publication import Publication
from models.documents.store import Session
from models.errors import (
    AcknowledgementRefused,
    AnswersInvalid,
    MailErased,
    MailMoved,
    NotAllowed,
    NotFound,
)
from models.language import Message as Said
from models.permissions import Actor, allowed, require
from models.schema.reading import AnswerError
from models.services.audiences import belongs, names_of
from models.services.events import record_event
from models.services.outbox import retry
from models.services.site import Site
from models.services.switches import require_writing

Source = Publication | Mailing
"""What a ledger is of: an edition of a notice, or a change of the terms."""

PAGE = 100
"""Lines on one page of a ledger, and mails sent again at once."""

NOTE_LIMIT = 300
"""Longest note on how somebody was told (characters)."""

OWED: tuple[LineState, ...] = ("queued", "sending", "retrying", "failed", "bounced", "withheld")
"""States of a mail's line in which nobody has been told by it."""

UNDELIVERED: tuple[LineState, ...] = ("failed", "bounced", "withheld")
"""States of a mail's line somebody has to look at: another way of telling can be noted."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a ledger comes to: the accounts listed, how many of them have read and acknowledged, and the mails
    by state. Who acknowledged has read."""

    listed: int = 0
    read: int = 0
    acknowledged: int = 0
    mails: Mapping[LineState, int] = field(default_factory=dict)

    @property
    def mailed(self) -> int:
        """The lines of mails, those withheld among them."""
        return sum(self.mails.values())

    @property
    def undelivered(self) -> int:
        """The mails that reached nobody and will not by themselves."""
        return sum(self.mails.get(state, 0) for state in UNDELIVERED)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a ledger, and where the next begins ("" for none)."""

    lines: Sequence[LedgerLine]
    following: str


def kind_of(source: Source) -> SourceKind:
    """What kind of announcement a ledger is of."""
    return "publication" if isinstance(source, Publication) else "terms"


def subject_of(source: Source) -> Subject:
    """An announcement as the subject of events."""
    label = source.number if isinstance(source, Publication) else source.version
    return Subject(kind=kind_of(source), id=source.id, label=label)


# --- what its reader does --------------------------------------------------------------------------------


async def mark_read(site: Site, actor: Actor, publication: Publication) -> bool:
    """Keep that `actor` has seen a notice that was told to them; False where it was not, or was seen before.
    Who is in the audience but not listed yet is listed with that."""
    values = {"state": "read", "read_at": site.now()}
    seen = {**_portal_line(actor, publication), "state": "sent"}
    if actor.account_id is None:
        return False
    if await update_where(LedgerLine, seen, {"$set": values}) is not None:
        return True
    if await line_of(actor, publication) is not None:
        return False
    line = await _list_one(site, actor, publication)
    return line is not None and await update_where(LedgerLine, seen, {"$set": values}) is not None


async def acknowledge(site: Site, actor: Actor, publication: Publication) -> LedgerLine:
    """Keep that `actor` acknowledges a notice that asks for it, once: who, and when. Raises NotAllowed,
    NotFound where it is not for them, AcknowledgementRefused, WritingStopped."""
    if actor.account_id is None or not allowed(actor, "notice.view_operators"):
        raise NotAllowed(rule="notice.view_operators")
    await require_writing(site, actor)
    line = await line_of(actor, publication) or await _list_one(site, actor, publication)
    if line is None:
        raise NotFound
    if line.state == "acknowledged":
        return line
    await _require_asked(publication)
    return await _acknowledge(site, actor, publication)


async def _require_asked(publication: Publication) -> None:
    """Raise AcknowledgementRefused unless the notice asks for it and stands, by what is stored now."""
    standing = {"_id": publication.id, "acknowledge": True, "shown": True}
    if await Publication.raw().find_one(standing, {"_id": 1}) is None:
        raise AcknowledgementRefused


async def _acknowledge(site: Site, actor: Actor, publication: Publication) -> LedgerLine:
    now, seen = site.now(), {**_portal_line(actor, publication), "state": {"$in": ["sent", "read"]}}
    done = {"state": "acknowledged", "acknowledged_at": now, "acknowledged_as": actor.person.shown}
    first = {"read_at": {"$ifNull": ["$read_at", now]}}

    async def body(session: Session) -> LedgerLine | None:
        update = [{"$set": {name: {"$literal": value} for name, value in done.items()} | first}]
        row = await LedgerLine.raw().find_one_and_update(seen, update, return_document=True, session=session)
        if row is not None:
            subject, operator = subject_of(publication), actor.operator_id
            await record_event(site, actor, "notice.acknowledged", subject, session, operator_id=operator)
        return None if row is None else LedgerLine.model_validate(row)

    line = await site.store.transaction(body) or await line_of(actor, publication)
    if line is None:
        raise NotFound
    return line


async def line_of(actor: Actor, publication: Publication) -> LedgerLine | None:
    """The line of the portal's ledger that tells `actor` of a notice, or None."""
    if actor.account_id is None:
        return None
    return await LedgerLine.find_one(_portal_line(actor, publication))


def _portal_line(actor: Actor, publication: Publication) -> dict[str, Any]:
    return {"source_id": publication.id, "channel": "portal", "account_id": actor.account_id}


async def _list_one(site: Site, actor: Actor, publication: Publication) -> LedgerLine | None:
    """List one account that is in the audience by now; None where it is not, or the notice stands no more."""
    if not publication.shown or not await belongs(site, publication.audience, actor.account_id):
        return None
    account = await Account.get(actor.account_id)
    if account is None:
        return None
    names = await names_of(site, {account.operator_id})
    late = publication.listed_at is not None
    line = portal_line(site, publication, account, names.get(account.operator_id, ""), late=late)
    await insert_new(line)
    return await line_of(actor, publication)


def portal_line(
    site: Site, source: Publication, account: Account, operator_name: str, *, late: bool = False
) -> LedgerLine:
    """The line that an account finds a notice in its portal."""
    return LedgerLine(
        source_kind=kind_of(source),
        source_id=read_id(source.id),
        channel="portal",
        account_id=read_id(account.id),
        operator_id=account.operator_id,
        login=account.login,
        name=account.name,
        operator_name=operator_name,
        state="sent",
        queued_at=site.now(),
        sent_at=site.now(),
        late=late,
    )


# --- what the staff see ----------------------------------------------------------------------------------


async def figures(source: Source, session: Session = None) -> Figures:
    """What the ledger comes to now."""
    steps = [
        {"$match": {"source_id": source.id}},
        {"$group": {"_id": {"channel": "$channel", "state": "$state"}, "count": {"$sum": 1}}},
    ]
    cursor = await LedgerLine.raw().aggregate(steps, session=session)
    counts = {
        (row["_id"]["channel"], row["_id"]["state"]): row["count"] for row in await cursor.to_list(None)
    }
    portal = {state: count for (channel, state), count in counts.items() if channel == "portal"}
    done = portal.get("acknowledged", 0)
    mails = {state: count for (channel, state), count in counts.items() if channel == "mail"}
    return Figures(sum(portal.values()), portal.get("read", 0) + done, done, mails)


async def lines(
    source: Source,
    channel: Channel | None = None,
    state: LineState | Sequence[LineState] | None = None,
    after: str = "",
    limit: int = PAGE,
) -> Page:
    """A page of the ledger, of one channel and one state or several, or whole, in the order it was written.
    Raises NotFound for an `after` that is no place."""
    where: dict[str, Any] = {"source_id": source.id}
    if channel:
        where["channel"] = channel
    if state:
        where["state"] = state if isinstance(state, str) else {"$in": list(state)}
    if after:
        where["_id"] = {"$gt": read_id(after)}
    rows = await LedgerLine.raw().find(where).sort("_id", 1).limit(limit + 1).to_list(None)
    found = [LedgerLine.model_validate(row) for row in rows[:limit]]
    return Page(found, str(found[-1].id) if len(rows) > limit else "")


async def not_yet(
    source: Publication, what: LineState = "acknowledged", after: str = "", limit: int = PAGE
) -> Page:
    """A page of those who have not read (``what="read"``) or not acknowledged a notice yet."""
    waiting: tuple[LineState, ...] = ("sent",) if what == "read" else ("sent", "read")
    return await lines(source, "portal", waiting, after, limit)


async def send_again(site: Site, actor: Actor, source: Source) -> int:
    """Put mails that failed back into the outbox, PAGE at a time; how many. Those that were called off, or
    whose text is erased, are left. Raises NotAllowed."""
    require(actor, "message.retry")
    rows = await _failed(source)
    sent = [row["dedupe_key"] for row in rows if await _retry(site, actor, str(row["_id"]))]
    changed = {"state": "queued", "failed_at": None, "problem": ""}
    waiting = {"message_key": {"$in": sent}, "state": "failed"}
    await LedgerLine.raw().update_many(waiting, {"$set": changed})
    if sent:
        await update_where(type(source), {"_id": source.id}, {"$set": {"settled_at": None}})
    return len(sent)


async def _failed(source: Source) -> list[Mapping[str, Any]]:
    """The first mails that failed and can be sent again, PAGE at most, wherever they stand among those that
    cannot."""
    wanted = {"failed_at": {"$ne": None}, "aborted_at": None, "body": {"$ne": None}}
    found: list[Mapping[str, Any]] = []
    page = await lines(source, "mail", "failed", limit=PAGE)
    while page.lines:
        keys = [line.message_key for line in page.lines]
        rows = Message.raw().find({"dedupe_key": {"$in": keys}, **wanted}, {"dedupe_key": 1})
        found += await rows.to_list(None)
        if len(found) >= PAGE or not page.following:
            break
        page = await lines(source, "mail", "failed", page.following, PAGE)
    return found[:PAGE]


async def _retry(site: Site, actor: Actor, message: str) -> bool:
    """Send one mail again; False where somebody else dealt with it meanwhile."""
    try:
        await retry(site, actor, message)
    except (MailMoved, MailErased):
        return False
    return True


async def note_told(site: Site, actor: Actor, source: Source, line: str, note: str) -> None:
    """Keep that somebody no mail reached was told in another way, and how. Raises NotAllowed, AnswersInvalid
    (path ``note``), NotFound unless the mail of this line failed, came back or was withheld."""
    require(actor, "message.retry")
    if not 0 < len(note.strip()) <= NOTE_LIMIT:
        said = Said("Say how, in at most {limit} characters.", {"limit": NOTE_LIMIT})
        raise AnswersInvalid((AnswerError("note", "required", said),))
    where: dict[str, Any] = {"_id": read_id(line), "source_id": source.id, "channel": "mail"}
    where["state"] = {"$in": list(UNDELIVERED)}

    async def body(session: Session) -> None:
        values = {"state": "otherwise", "problem": note.strip(), "sent_at": site.now()}
        told = await update_where(LedgerLine, where, {"$set": values}, session)
        if told is None:
            raise NotFound
        subject = Subject(kind="account", id=told.account_id, label=told.login)
        action, about = f"{_family(source)}.told_otherwise", subject_of(source).label
        await record_event(site, actor, action, subject, session, operator_id=told.operator_id, of=about)

    await site.store.transaction(body)


def _family(source: Source) -> str:
    return "notice" if isinstance(source, Publication) else "terms"
