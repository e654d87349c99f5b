"""Rounds of mails to those in a notice's ledger: reminders, and word that it was withdrawn.

A round is begun by writing its name, once; workers work it off, a batch in one transaction with the place
reached, so that nobody is mailed twice and nobody is missed whatever breaks off."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.documents.account import Account
from models.documents.base import Id
from models.documents.guarded import update_where
from models.documents.ledger import LedgerLine, LineState
from models.documents.publication import Publication
from models.documents.store import Session
from models.services.addresses_dead import dead_among
from models.services.announcements import REMINDER, WITHDRAWAL, Words
from models.services.audiences import still_there
from models.services.letters_alike import queue_letters
from models.services.messages import is_written
from models.services.preferences import wants
from models.services.site import Site

BATCH = 500
"""Lines worked off in one transaction."""

TAKEN_BACK = "withdrawn"
"""The name of the round that tells of a withdrawal; all others are reminders."""

UNACKNOWLEDGED: tuple[LineState, ...] = ("sent", "read")
"""States of a line of the portal that has not been acknowledged."""


async def begin(site: Site, notice: Publication, name: str, session: Session = None) -> bool:
    """Begin a round of a notice; False where it was begun before, another one is under way, or reminders
    would be of a notice that stands no more."""
    seen: dict[str, Any] = {"_id": notice.id, "progress.rounds": {"$ne": name}, "progress.round": ""}
    if name != TAKEN_BACK:
        seen |= {"shown": True, "acknowledge": True}
    values = {"progress.round": name, "progress.round_place": None}
    update = {"$set": values, "$push": {"progress.rounds": name}}
    return await update_where(Publication, seen, update, session) is not None


async def work_some(site: Site) -> bool:
    """Mail the next BATCH people of a round; False when no round is under way. Raises JobMoved."""
    found = await Publication.raw().find_one({"progress.round": {"$gt": ""}}, sort=[("progress.round", 1)])
    if found is None:
        return False
    notice = Publication.model_validate(found)
    await site.store.transaction(lambda session: _work(site, notice, session))
    return True


async def _work(site: Site, notice: Publication, session: Session) -> None:
    """One batch. A round of reminders ends at once when the notice stands no more."""
    name, place = notice.progress.round, notice.progress.round_place
    lines = await _next(notice, place, session)
    over = len(lines) < BATCH or (name != TAKEN_BACK and not notice.shown)
    reached: Id | None = None if over else lines[-1].id
    values = {"progress.round": "" if over else name, "progress.round_place": reached}
    seen: dict[str, Any] = {"_id": notice.id, "shown": notice.shown}
    seen |= {"progress.round": name, "progress.round_place": place}
    if await update_where(Publication, seen, {"$set": values}, session) is None:
        return
    if name == TAKEN_BACK:
        await _mail(site, notice, lines, Words(site, notice, WITHDRAWAL, f"withdrawn:{notice.id}"), session)
    elif notice.shown:
        words = Words(site, notice, REMINDER, f"{name}:{notice.id}")
        await _count(site, await _mail(site, notice, lines, words, session), session)


async def _next(notice: Publication, place: Id | None, session: Session) -> list[LedgerLine]:
    """The lines of a round behind the one reached: of reminders those who have not acknowledged, of a
    withdrawal those whose mail was sent."""
    where: dict[str, Any] = {"source_id": notice.id, "channel": "mail", "state": "sent"}
    if notice.progress.round != TAKEN_BACK:
        where |= {"channel": "portal", "state": {"$in": list(UNACKNOWLEDGED)}}
    if place is not None:
        where["_id"] = {"$gt": place}
    found = LedgerLine.raw().find(where, session=session).sort("_id", 1).limit(BATCH)
    return [LedgerLine.model_validate(row) for row in await found.to_list(None)]


async def _mail(
    site: Site, notice: Publication, lines: Sequence[LedgerLine], words: Words, session: Session
) -> list[LedgerLine]:
    """Mail these people, as far as they can be and want to; the lines of those who were."""
    if not lines or not is_written(site, words.template):
        return []
    accounts = await _accounts(site, lines, session)
    dead = await dead_among({account.email for account in accounts.values()}, session)
    reached = [line for line in lines if _reaches(notice, words, accounts.get(line.account_id), dead)]
    letters = [words.letter(accounts[line.account_id], line.operator_name) for line in reached]
    await queue_letters(site, letters, session)
    return reached


async def _accounts(site: Site, lines: Sequence[LedgerLine], session: Session) -> Mapping[Id, Account]:
    where = {"_id": {"$in": [line.account_id for line in lines]}, **still_there(site)}
    found = await Account.raw().find(where, session=session).to_list(None)
    return {row["_id"]: Account.model_validate(row) for row in found}


def _reaches(notice: Publication, words: Words, account: Account | None, dead: set[str]) -> bool:
    if account is None or not account.email or account.email in dead:
        return False
    return words.template != REMINDER or notice.required or wants(account, "reminders", notice.importance)


async def _count(site: Site, lines: Sequence[LedgerLine], session: Session) -> None:
    """Keep with the lines that their people were reminded."""
    where = {"_id": {"$in": [line.id for line in lines]}}
    update = {"$set": {"reminded_at": site.now()}, "$inc": {"reminders": 1}}
    await LedgerLine.raw().update_many(where, update, session=session)
