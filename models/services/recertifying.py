"""Reviewing who has what: a round over the accounts, each confirmed or stopped by who answers for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from models.documents.account import Account
from models.documents.base import Id, new_id, read_id
from models.documents.event import Subject
from models.documents.guarded import insert_or, update_where
from models.documents.recertification import Recertification, RecertificationLine, Scope
from models.documents.store import Session
from models.errors import AccountGuarded, AnswersInvalid, NotFound, ReviewClosed
from models.language import Message
from models.permissions import Actor, require
from models.schema.reading import AnswerError
from models.services.administration import read_reason
from models.services.events import record_event
from models.services.roles import ADMINISTRATOR, organisation_of
from models.services.site import Site
from models.services.stepping_up import require_recent
from models.services.suspending import stop_account
from models.services.switches import require_writing

LINES_LIMIT = 500
"""Most lines of a round one page shows and decides about."""

ACCOUNTS_LIMIT = 20_000
"""Most accounts of one round."""

SHORTEST, LONGEST = 1, 180
"""Days from today to the day by which a round may be due."""

BATCH = 500


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a round is: lines by state."""

    open: int = 0
    kept: int = 0
    stopped: int = 0
    gone: int = 0

    @property
    def total(self) -> int:
        return self.open + self.kept + self.stopped + self.gone


async def begin_round(site: Site, actor: Actor, scope: Scope, due: str, note: str = "") -> Recertification:
    """Begin a round over the accounts of the staff, or of all operators but their administrators; those who
    decide are told by mail. `due` is a day, ISO 8601.

    Raises NotAllowed, AnswersInvalid (paths ``due``, ``note``), ReviewClosed where one is open,
    ConfirmationRequired."""
    require(actor, "review.begin")
    day = _read_due(site, due)
    kept = note.strip()
    if len(kept) > 500:
        raise AnswersInvalid((AnswerError("note", "long", Message("Write at most 500 characters.")),))
    require_recent(site, actor)
    found = await Account.find(_accounts(scope)).limit(ACCOUNTS_LIMIT).to_list()
    started = Recertification(
        id=new_id(), scope=scope, due=day, note=kept, begun_by=actor.person, begun_at=site.now()
    )
    lines = [_line(read_id(started.id), account) for account in found]

    async def body(session: Session) -> None:
        await insert_or(ReviewClosed("A review of these accounts is open already."), started, session)
        for start in range(0, len(lines), BATCH):
            batch = lines[start : start + BATCH]
            await RecertificationLine.raw().insert_many([dict(each) for each in batch], session=session)
        await _note(site, actor, "review.begun", started, session, accounts=len(lines), due=day)

    await site.store.transaction(body)
    return started


def _read_due(site: Site, due: str) -> str:
    try:
        day = date.fromisoformat(due.strip())
    except ValueError:
        day = None
    if day is None or not SHORTEST <= (day - site.today()).days <= LONGEST:
        said = Message("Enter a day within the next {days} days.", {"days": LONGEST})
        raise AnswersInvalid((AnswerError("due", "range", said),))
    return day.isoformat()


def _accounts(scope: Scope) -> dict[str, Any]:
    usable = {"status": {"$in": ["invited", "active"]}}
    if scope == "staff":
        return {**usable, "kind": "staff"}
    return {**usable, "kind": "operator", "roles": {"$ne": ADMINISTRATOR}}


def _line(round_id: Id, account: Account) -> dict[str, Any]:
    line = RecertificationLine(
        id=new_id(),
        round_id=round_id,
        account_id=read_id(account.id),
        login=account.login,
        name=account.name,
        operator_id=account.operator_id,
        organisation=organisation_of(account),
        roles=account.roles,
        last_login_at=account.last_login_at,
    )
    return {"_id": line.id, **line.model_dump(exclude={"id"})}


async def rounds(actor: Actor) -> list[Recertification]:
    """The rounds of the staff's pages, the newest first. Raises NotAllowed."""
    require(actor, "review.view")
    return await Recertification.find({}).sort("-begun_at").limit(50).to_list()


async def own_rounds(actor: Actor) -> list[Recertification]:
    """The rounds that hold lines of this administrator's operator, the newest first. Raises NotAllowed."""
    require(actor, "review.view_own")
    found = await RecertificationLine.raw().distinct("round_id", {"operator_id": actor.operator_id})
    return await Recertification.find({"_id": {"$in": found}}).sort("-begun_at").limit(50).to_list()


async def waiting_rounds(actor: Actor) -> list[Recertification]:
    """The open rounds with accounts of this administrator's operator still to decide about."""
    where = {"operator_id": actor.operator_id, "state": "open"}
    found = await RecertificationLine.raw().distinct("round_id", where)
    if not found:
        return []
    return await Recertification.find({"_id": {"$in": found}, "open": True}).sort("due").to_list()


async def find_round(actor: Actor, identifier: Id) -> Recertification:
    """One round `actor` may see. Raises NotAllowed, NotFound."""
    found = await Recertification.get(identifier)
    require(actor, "review.view_own" if actor.kind == "operator" else "review.view")
    if found is None or (actor.kind == "operator" and not await _has_lines(actor, identifier)):
        raise NotFound
    return found


async def _has_lines(actor: Actor, round_id: Id) -> bool:
    where = {"round_id": round_id, "operator_id": actor.operator_id or new_id()}
    return await RecertificationLine.raw().find_one(where, {"_id": 1}) is not None


def _within(actor: Actor, round_id: Id) -> dict[str, Any]:
    where: dict[str, Any] = {"round_id": round_id}
    return {**where, "operator_id": actor.operator_id or new_id()} if actor.kind == "operator" else where


async def lines_of(actor: Actor, review: Recertification, state: str = "") -> list[RecertificationLine]:
    """The lines of a round that are theirs to see, those still open first (at most LINES_LIMIT)."""
    where = {**_within(actor, read_id(review.id)), **({"state": state} if state else {})}
    found = await RecertificationLine.find(where).sort("login").limit(LINES_LIMIT).to_list()
    return sorted(found, key=lambda line: line.state != "open")


async def tally(actor: Actor, review: Recertification) -> Tally:
    """How far a round is, of the lines that are theirs to see."""
    pipeline = [
        {"$match": _within(actor, read_id(review.id))},
        {"$group": {"_id": "$state", "count": {"$sum": 1}}},
    ]
    rows = await (await RecertificationLine.raw().aggregate(pipeline)).to_list(None)
    return Tally(**{row["_id"]: row["count"] for row in rows})


async def by_operator(actor: Actor, review: Recertification) -> list[tuple[Id | None, Tally]]:
    """How far each operator is with a round, those with most still open first (at most LINES_LIMIT)."""
    counts = {
        state: {"$sum": {"$cond": [{"$eq": ["$state", state]}, 1, 0]}}
        for state in ("open", "kept", "stopped", "gone")
    }
    pipeline = [
        {"$match": _within(actor, read_id(review.id))},
        {"$group": {"_id": "$operator_id", **counts}},
        {"$sort": {"open": -1, "_id": 1}},
        {"$limit": LINES_LIMIT},
    ]
    rows = await (await RecertificationLine.raw().aggregate(pipeline)).to_list(None)
    return [(row.pop("_id"), Tally(**row)) for row in rows]


def may_decide(actor: Actor, review: Recertification, line: RecertificationLine) -> bool:
    """Whether the account of a line is theirs to confirm or stop: nobody's own, and of an operator's only its
    administrator's."""
    if not review.open or line.state != "open" or line.account_id == actor.account_id:
        return False
    if review.scope == "operators":
        return actor.kind == "operator" and line.operator_id == actor.operator_id
    return actor.kind == "staff"


async def decide(
    site: Site, actor: Actor, review: Recertification, lines: Sequence[Id], *, keep: bool, reason: str = ""
) -> int:
    """Confirm these accounts, or stop them for a reason; how many were decided. Each is a transaction of its
    own, so that one that cannot be stopped (the last system administrator) keeps no other back.

    Raises NotAllowed, AnswersInvalid (paths ``lines``, ``reason``), ReviewClosed where none of them is open
    any more, ConfirmationRequired, WritingStopped."""
    require(actor, "review.decide_own" if actor.kind == "operator" else "review.decide")
    await require_writing(site, actor)
    why = "" if keep else read_reason(reason)
    if not lines or len(lines) > LINES_LIMIT:
        raise AnswersInvalid((AnswerError("lines", "required", Message("Choose at least one account.")),))
    if not keep:
        require_recent(site, actor)
    where = {**_within(actor, read_id(review.id)), "_id": {"$in": list(lines)}}
    found = await RecertificationLine.find(where).sort("login").to_list()
    theirs = [line for line in found if may_decide(actor, review, line)]
    decided = sum([await _decide_one(site, actor, review, line, why) for line in theirs])
    if not decided:
        raise ReviewClosed
    await close_when_done(site, actor, review)
    return decided


async def _decide_one(
    site: Site, actor: Actor, review: Recertification, line: RecertificationLine, why: str
) -> bool:
    account = await Account.get(line.account_id)
    usable = account is not None and account.status in ("invited", "active")
    state = ("stopped" if why else "kept") if usable else "gone"
    values = {"state": state, "by": actor.person.model_dump(), "at": site.now(), "reason": why}

    async def body(session: Session) -> bool:
        where = {"_id": line.id, "state": "open"}
        changed = await update_where(RecertificationLine, where, {"$set": values}, session)
        if changed is None:
            return False
        if account is not None and usable and why:
            await stop_account(site, actor, account, why, session)
        subject = Subject(kind="account", id=line.account_id, label=line.login)
        action = f"review.{state}"
        await record_event(
            site, actor, action, subject, session, operator_id=line.operator_id, round=str(review.id)
        )
        return True

    try:
        return await site.store.transaction(body)
    except AccountGuarded:
        return False


async def close_when_done(site: Site, actor: Actor, review: Recertification) -> None:
    """Close a round no line of which is open."""
    where = {"round_id": review.id, "state": "open"}
    if await RecertificationLine.raw().find_one(where, {"_id": 1}) is None:
        await _close(site, actor, review)


async def close_round(site: Site, actor: Actor, identifier: Id) -> Recertification:
    """Close a round before every line is decided; those still open stay on record as not reviewed. Raises
    NotAllowed, NotFound, ReviewClosed."""
    require(actor, "review.begin")
    review = await find_round(actor, identifier)
    if not await _close(site, actor, review):
        raise ReviewClosed
    return review


async def _close(site: Site, actor: Actor, review: Recertification) -> bool:
    values = {"open": False, "closed_by": actor.person.model_dump(), "closed_at": site.now()}

    async def body(session: Session) -> bool:
        where = {"_id": review.id, "open": True}
        if await update_where(Recertification, where, {"$set": values}, session) is None:
            return False
        await _note(site, actor, "review.closed", review, session)
        return True

    return await site.store.transaction(body)


async def _note(
    site: Site, actor: Actor, action: str, review: Recertification, session: Session, **details: Any
) -> None:
    subject = Subject(kind="review", id=review.id, label=review.scope)
    await record_event(site, actor, action, subject, session, **details)
