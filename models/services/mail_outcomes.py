"""What became of announced mails, written into the ledger: lines follow the outbox, late bounces too."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from models.documents.base import Id
from models.documents.guarded import update_where
from models.documents.ledger import LedgerLine, LineState, Move, move_lines
from models.documents.mailing import Mailing
from models.documents.message import Message
from models.documents.publication import Publication
from models.documents.store import Session
from models.language import Message as Said
from models.permissions import SYSTEM
from models.services.audiences import DEAD_ADDRESS
from models.services.events import record_event
from models.services.ledger import OWED, Source, subject_of
from models.services.site import Site

BATCH = 1000
"""Lines looked at with one question to the outbox."""

MOST = 200
"""Announcements followed at once, the newest notices first."""

FOLLOWED = timedelta(days=30)
"""How long the mails of a notice that failed are looked at again: somebody may send them once more."""

ON_THE_WAY: tuple[LineState, ...] = ("queued", "sending", "retrying")
"""States of a mail's line that changes by itself."""

CALLED_OFF = Said("Called off by the staff.").msgid
WITHDRAWN = Said("The notice was withdrawn before the mail was sent.").msgid
REPLACED = Said("A later edition was published before the mail was sent.").msgid
"""Why a mail was not sent (message ids)."""

REASONS: Mapping[str, str] = {"dead": DEAD_ADDRESS, "withdrawn": WITHDRAWN, "replaced": REPLACED}
"""Why a mail was withheld, by the name the outbox gives it."""

LOOKED_AT: Mapping[str, Any] = dict.fromkeys(
    (
        *("dedupe_key", "sent_at", "failed_at", "bounced_at", "withheld_at", "aborted_at", "lease_until"),
        *("attempts", "last_error", "withheld_why", "bounce_status", "bounce_text"),
    ),
    1,
)
"""What of a mail says what became of it."""


async def settle_some(site: Site) -> bool:
    """Write into the ledgers what became of the mails, and end announcements with nothing left on its way;
    False when nothing had changed."""
    moved = await take_bounces(site)
    for source in await _open():
        moved = await follow(site, source) or moved
    return moved


async def _open() -> list[Source]:
    over = [{"listed_at": {"$ne": None}}, {"shown": False}]  # who is not listed by then never will be
    listed = {"settled_at": None, "$or": over}
    notices = Publication.raw().find(listed).sort("_id", -1).limit(MOST)
    terms = Mailing.raw().find({"settled_at": None}).sort("due", 1).limit(MOST)
    found: list[Source] = [Publication.model_validate(row) for row in await notices.to_list(None)]
    return [*found, *(Mailing.model_validate(row) for row in await terms.to_list(None))]


async def follow(site: Site, source: Source) -> bool:
    """Bring the ledger of one announcement up to its mails; False when nothing had changed."""
    place: Id | None = None
    moved = 0
    while True:
        rows = await _lines(source, place)
        moved += await _move(site, rows)
        if len(rows) < BATCH:
            break
        place = rows[-1]["_id"]
    return await _end_if_over(site, source) or moved > 0


async def _lines(source: Source, place: Id | None) -> list[Mapping[str, Any]]:
    """The next lines whose mails may have come further."""
    where: dict[str, Any] = {"source_id": source.id, "channel": "mail", "state": {"$in": list(OWED)}}
    where["message_key"] = {"$ne": ""}
    if place is not None:
        where["_id"] = {"$gt": place}
    wanted = {"message_key": 1, "state": 1, "problem": 1}
    found: list[Mapping[str, Any]] = (
        await LedgerLine.raw().find(where, wanted).sort("_id", 1).limit(BATCH).to_list(None)
    )
    return found


async def _move(site: Site, rows: Sequence[Mapping[str, Any]]) -> int:
    """Bring these lines up to their mails; how many had to be."""
    keys = list({row["message_key"] for row in rows})
    found = Message.raw().find({"dedupe_key": {"$in": keys}}, LOOKED_AT)
    mails = {row["dedupe_key"]: row for row in await found.to_list(None)} if keys else {}
    now, moves = site.now(), []
    for row in rows:
        mail = mails.get(row["message_key"])
        values = outcome(mail, now) if mail is not None else {}
        if values and (values["state"] != row["state"] or values["problem"] != row.get("problem", "")):
            moves.append(Move(row["_id"], row["state"], values))
    return await move_lines(moves)


def outcome(mail: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What a mail's line says of the mail."""
    status = Message.model_construct(**mail).status(now)
    state: LineState = "failed" if status == "aborted" else status
    return {
        "state": state,
        "problem": _problem(status, mail),
        "sent_at": mail.get("sent_at"),
        "failed_at": mail.get("failed_at") if state == "failed" else None,
        "bounced_at": mail.get("bounced_at"),
    }


def _problem(status: str, mail: Mapping[str, Any]) -> str:
    if status == "withheld":
        why = str(mail.get("withheld_why", ""))
        return REASONS.get(why, why)
    if status == "bounced":
        return f"{mail.get('bounce_status', '')} {mail.get('bounce_text', '')}".strip()[:300]
    if status == "aborted":
        return CALLED_OFF
    return str(mail.get("last_error", "")) if status in ("failed", "retrying") else ""


# --- the end, and what comes after it --------------------------------------------------------------------


async def _end_if_over(site: Site, source: Source) -> bool:
    """End an announcement when its mails are over; False when they are not, or it has ended."""
    if source.listed_at is None and not (isinstance(source, Publication) and not source.shown):
        return False
    waited_for = OWED if _is_owed(site, source) else ON_THE_WAY
    left = {"source_id": source.id, "channel": "mail", "state": {"$in": list(waited_for)}}
    if await LedgerLine.raw().find_one(left, {"_id": 1}) is not None:
        return False

    async def body(session: Session) -> bool:
        values = {"$set": {"settled_at": site.now()}}
        ended = await update_where(type(source), {"_id": source.id, "settled_at": None}, values, session)
        if ended is None:
            return False
        action = "notice.everybody_told" if isinstance(source, Publication) else "terms.everybody_told"
        if source.listed_at is not None:
            await record_event(site, SYSTEM, action, subject_of(source), session, recipients=source.listed)
        return True

    return await site.store.transaction(body)


def _is_owed(site: Site, source: Source) -> bool:
    """Whether who was not reached is waited for: always where the terms have it so, else for a while."""
    return not isinstance(source, Publication) or site.now() < source.published_at + FOLLOWED


async def take_bounces(site: Site) -> bool:
    """Write into the ledgers which sent mails have come back since; False when none has. An announcement that
    had ended is owed again."""
    since = site.followed.get("bounces", site.now() - FOLLOWED)
    late = {"bounced_at": {"$gte": since, "$type": "date"}}
    found = Message.raw().find(late, LOOKED_AT).sort("bounced_at", 1).limit(BATCH)
    mails = {row["dedupe_key"]: row for row in await found.to_list(None)}
    if not mails:
        return False
    site.followed["bounces"] = max(row["bounced_at"] for row in mails.values())
    where = {"message_key": {"$in": list(mails)}, "state": "sent", "channel": "mail"}
    rows = await LedgerLine.raw().find(where).to_list(None)
    moved = await move_lines(
        [Move(row["_id"], "sent", outcome(mails[row["message_key"]], site.now())) for row in rows]
    )
    await _open_again([row["source_id"] for row in rows])
    return moved > 0


async def _open_again(sources: Sequence[Id]) -> None:
    ended = {"_id": {"$in": list(set(sources))}, "settled_at": {"$ne": None}}
    for model in (Mailing, Publication):
        await model.raw().update_many(ended, {"$set": {"settled_at": None}})
