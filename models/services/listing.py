"""Listing whom an announcement is for: a line of the ledger for each person and channel, and the mails.

Done by workers, a batch in one transaction. The place reached is written with the batch, so that a crash
anywhere, or several workers at once, list everybody once and nobody twice."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from models.documents.account import Account
from models.documents.base import Id, read_id
from models.documents.guarded import insert_rows, row_of, update_where
from models.documents.ledger import LedgerLine
from models.documents.mailing import Mailing
from models.documents.publication import Publication
from models.documents.store import Session
from models.errors import JobMoved
from models.language import Message as Said
from models.services.announcements import Words, words_of
from models.services.audiences import Stretch, names_of, rules, stretch, why_withheld
from models.services.inbox_notices import tell_listed
from models.services.ledger import Source, kind_of
from models.services.letters_alike import queue_letters
from models.services.mailings import recipients
from models.services.messages import Letter, is_written, key_of
from models.services.site import Site

BATCH = 1000
"""Accounts looked through for one transaction."""

SOON, LATER, SELDOM = timedelta(minutes=10), timedelta(hours=1), timedelta(days=1)
"""How often an open notice is looked through for newcomers: on its first day, in its first month, then."""

NO_WORDS = Said("The site has no mail for this.").msgid
"""Why a mail is withheld where its template is missing (message id)."""


async def list_some(site: Site) -> bool:
    """List the next BATCH accounts of an announcement that is not listed to the end; False when none is left.
    A notice whose audience the site has no more waits until it has. Raises JobMoved: try again."""
    source = await _waiting_notice(site) or await _waiting_mailing(site)
    if source is None:
        return False
    place = source.last_id
    part = await _stretch(site, source, place)
    batch = await _batch(site, source, part.accounts)
    values: dict[str, Any] = {"last_id": part.place}
    if part.over:
        values |= _over(site, source)
    seen: dict[str, Any] = {"_id": source.id, "last_id": place, "listed_at": None}
    if isinstance(source, Publication):
        seen["shown"] = True
    await _write(site, source, batch, seen, values)
    return True


async def _waiting_notice(site: Site) -> Publication | None:
    where = {"listed_at": None, "shown": True, "audience.name": {"$in": list(rules(site))}}
    found = await Publication.raw().find_one(where, sort=[("_id", 1)])
    return None if found is None else Publication.model_validate(found)


async def _waiting_mailing(site: Site) -> Mailing | None:
    found = await Mailing.raw().find_one({"listed_at": None}, sort=[("due", 1)])
    if found is None or not is_written(site, site.configuration.site.terms.mail):
        return None
    mailing: Mailing = Mailing.model_validate(found)
    return mailing


async def _stretch(site: Site, source: Source, place: Id | None) -> Stretch:
    if isinstance(source, Publication):
        return await stretch(site, source.audience, place, BATCH)
    return await recipients(place, BATCH)


def _over(site: Site, source: Source) -> dict[str, Any]:
    now = site.now()
    if not isinstance(source, Publication):
        return {"listed_at": now}
    return {"listed_at": now, "progress.look_at": now + SOON}


class _Batch:
    """The lines and letters of some accounts, as they are written."""

    def __init__(self, site: Site, source: Source, *, late: bool) -> None:
        self.accounts: list[Account] = []
        self.rows: list[dict[str, Any]] = []
        self.letters: dict[str, Letter] = {}
        line = LedgerLine(
            source_kind=kind_of(source),
            source_id=read_id(source.id),
            channel="portal",
            account_id=read_id(source.id),
            login="",
            name="",
            state="sent",
            queued_at=site.now(),
            sent_at=site.now(),
            late=late,
        )
        self._portal = row_of(line)
        self._mail = {**self._portal, "channel": "mail", "sent_at": None}

    def add(self, account: Account, operator: str) -> None:
        """List an account in the portal."""
        self.rows.append({**self._portal, **_facts(account, operator)})

    def add_mail(self, account: Account, operator: str, letter: Letter | str) -> None:
        """List an account's mail: its letter, or why there is none. Who shares an address shares the mail."""
        facts = {**self._mail, **_facts(account, operator), "to_address": account.email}
        if isinstance(letter, str):
            self.rows.append({**facts, "state": "withheld", "problem": letter})
            return
        key = key_of(letter)
        self.rows.append({**facts, "state": "queued", "message_key": key})
        self.letters.setdefault(key, letter)


def _facts(account: Account, operator: str) -> dict[str, Any]:
    return {
        "account_id": account.id,
        "operator_id": account.operator_id,
        "login": account.login,
        "name": account.name,
        "operator_name": operator,
    }


async def _batch(site: Site, source: Source, accounts: Sequence[Account], *, late: bool = False) -> _Batch:
    """What is written for some accounts; nothing is written yet."""
    batch, names = _Batch(site, source, late=late), await names_of(site, {a.operator_id for a in accounts})
    batch.accounts, words = list(accounts), words_of(site, source)
    withheld = await _withheld(site, words, accounts) if words.template else {}
    for account in accounts:
        operator = names.get(account.operator_id, "")
        if isinstance(source, Publication):
            batch.add(account, operator)
        if words.template and (not late or words.required):
            why = withheld.get(account.id)
            batch.add_mail(account, operator, words.letter(account, operator) if why is None else why)
    return batch


async def _withheld(site: Site, words: Words, accounts: Sequence[Account]) -> dict[Id | None, str]:
    """Whose mails are not sent, and why (message ids)."""
    if not is_written(site, words.template):
        return {account.id: NO_WORDS for account in accounts}
    importance = words.source.importance if isinstance(words.source, Publication) else "normal"
    return await why_withheld(accounts, importance, required=words.required)


async def _write(
    site: Site, source: Source, batch: _Batch, seen: dict[str, Any], values: dict[str, Any]
) -> bool:
    """Write a batch with the place reached; False where another worker was first. Raises JobMoved where it
    has to be tried again, because somebody opened the notice at this moment."""

    async def body(session: Session) -> bool:
        known = await _known(source, batch, session)
        new = [dict(row) for row in batch.rows if (row["account_id"], row["channel"]) not in known]
        people = len({row["account_id"] for row in new})
        update = {"$set": values, "$inc": {"listed": people}} if people else {"$set": values}
        if await update_where(type(source), seen, update, session) is None:
            return False
        keys = {row["message_key"] for row in new}
        await insert_rows(JobMoved(), LedgerLine, new, session)
        await tell_listed(site, source, _operators(new), session)
        await queue_letters(site, [each for key, each in batch.letters.items() if key in keys], session)
        return True

    return await site.store.transaction(body)


def _operators(new: Sequence[Mapping[str, Any]]) -> list[Id]:
    """The people of operators among those listed now, each once."""
    return list(dict.fromkeys(row["account_id"] for row in new if row["operator_id"] is not None))


async def _known(source: Source, batch: _Batch, session: Session) -> set[tuple[Id, str]]:
    """The lines there are of these accounts already: who opened a notice before they were listed has one."""
    ids = [account.id for account in batch.accounts]
    if not ids:
        return set()
    where = {"source_id": source.id, "channel": {"$in": ["portal", "mail"]}, "account_id": {"$in": ids}}
    found = LedgerLine.raw().find(where, {"account_id": 1, "channel": 1}, session=session)
    return {(row["account_id"], row["channel"]) for row in await found.to_list(None)}


# --- newcomers -------------------------------------------------------------------------------------------


async def look_through(site: Site) -> bool:
    """Look through the next BATCH accounts for newcomers to the audience of an open notice: they are listed
    as such, and mailed only what is required; False when no notice is due to be looked through. Raises
    JobMoved."""
    where = {
        "shown": True,
        "progress.look_at": {"$lte": site.now()},
        "audience.name": {"$in": list(rules(site))},
    }
    found = await Publication.raw().find_one(where, sort=[("progress.look_at", 1)])
    if found is None:
        return False
    notice = Publication.model_validate(found)
    place = notice.progress.place
    part = await stretch(site, notice.audience, place, BATCH)
    batch = await _batch(site, notice, await _unlisted(notice, part.accounts), late=True)
    values: dict[str, Any] = {"progress.place": None if part.over else part.place}
    if part.over:
        values["progress.look_at"] = site.now() + interval(site.now() - notice.published_at)
    if batch.letters:
        values["settled_at"] = None
    seen = {"_id": notice.id, "shown": True, "progress.place": place}
    seen["progress.look_at"] = notice.progress.look_at
    await _write(site, notice, batch, seen, values)
    return True


async def _unlisted(notice: Publication, accounts: Sequence[Account]) -> list[Account]:
    ids = [account.id for account in accounts]
    where = {"source_id": notice.id, "channel": "portal", "account_id": {"$in": ids}}
    found = await LedgerLine.raw().find(where, {"account_id": 1}).to_list(None) if ids else []
    known = {row["account_id"] for row in found}
    return [account for account in accounts if account.id not in known]


def interval(age: timedelta) -> timedelta:
    """How long until an open notice of this age is looked through again."""
    if age < timedelta(days=1):
        return SOON
    return LATER if age < timedelta(days=30) else SELDOM
