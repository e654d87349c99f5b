"""Telling everybody of changed terms: one mail a person within the term, each accounted for (R8).

Who is told, and what became of each mail, stands in the ledger (``models.services.ledger``)."""

from collections.abc import Mapping
from typing import Any

from models.configuration.terms import TermsText
from models.documents.account import Account
from models.documents.base import Id, read_id
from models.documents.event import Subject
from models.documents.guarded import insert_or, update_where
from models.documents.mailing import Mailing
from models.documents.store import Session
from models.errors import NotFound, TermsMoved
from models.language import LANGUAGES, Language
from models.permissions import SYSTEM, Actor, require
from models.services.announcements import terms_values
from models.services.audiences import USING, Stretch
from models.services.day_words import due_words
from models.services.events import record_event
from models.services.ledger import OWED, Figures, figures
from models.services.messages import Letter, Recipient, is_written, queue_letter
from models.services.site import Site

MOST = 50
"""Mailings that are shown at once."""

RECIPIENTS: Mapping[str, Any] = {"kind": "operator", "status": {"$in": list(USING)}}
"""Everybody who uses the system or was invited to: delegates have accounts of their own."""

ALARM_ROLE = "system_administrator"
ALARM_LIMIT = 100
"""Most people the alarm is mailed to."""


async def open_mailing(site: Site, text: TermsText, session: Session) -> None:
    """Begin to tell everybody of `text`, in the transaction that publishes it. The term runs from the day of
    the change: the day it was revised, or published if that was earlier, or came into force if that was."""
    changed = min(text.revised, text.effective_from, site.today())
    rules = site.configuration.site.terms
    mailing = Mailing(
        terms=text.terms,
        version=text.version,
        title=text.title,
        change=text.change,
        effective_from=text.effective_from.isoformat(),
        changed=changed.isoformat(),
        due=site.calendar.due(site.calendar.midnight(changed), rules.tell_within),
        created_at=site.now(),
    )
    await insert_or(TermsMoved(), mailing, session)


async def recipients(place: Id | None, size: int) -> Stretch:
    """The next `size` accounts behind the id `place` that are told of changed terms."""
    where = {**RECIPIENTS, "_id": {"$gt": place}} if place else dict(RECIPIENTS)
    rows = await Account.raw().find(where).sort("_id", 1).limit(size).to_list(None)
    accounts = [Account.model_validate(row) for row in rows]
    return Stretch(accounts, rows[-1]["_id"] if rows else place, len(rows) < size)


async def alarm_one(site: Site) -> bool:
    """Raise the alarm, once, about a mailing whose term has passed while a mail is still owed; False when
    there is none."""
    now = site.now()
    late = {"settled_at": None, "due": {"$lte": now}, "alarmed_at": None}

    async def body(session: Session) -> bool:
        mailing = await update_where(Mailing, late, {"$set": {"alarmed_at": now}}, session, first="due")
        if mailing is None:
            return False
        found = await figures(mailing, session)
        told: dict[str, Any] = {state: found.mails[state] for state in OWED if found.mails.get(state)}
        await record_event(site, SYSTEM, "terms.mailing_overdue", _subject(mailing), session, **told)
        await _alarm(site, mailing, owed(found), session)
        return True

    return await site.store.transaction(body)


ALARM = "terms_mailing_overdue"
"""Template of the mail that raises the alarm."""


async def _alarm(site: Site, mailing: Mailing, count: int, session: Session) -> None:
    if not is_written(site, ALARM):
        return
    where = {"kind": "staff", "roles": ALARM_ROLE, "status": "active"}
    rows = await Account.raw().find(where, session=session).limit(ALARM_LIMIT).to_list(None)
    for account in map(Account.model_validate, rows):
        letter = Letter(
            template=ALARM,
            recipient=Recipient(account.email, account.name, account.language),
            cause=f"terms-overdue:{mailing.id}",
            to=ALARM_ROLE,
            values={
                **terms_values(site, mailing, account.language),
                "due_date": due_words(site, mailing.due, account.language),
                "count": f"{count:,}",
                "page": f"{site.base_url}/admin/mailings/{mailing.id}",
            },
        )
        await queue_letter(site, letter, session)


def owed(found: Figures) -> int:
    """How many have not been told yet, by mail or otherwise."""
    return sum(found.mails.get(state, 0) for state in OWED)


async def mailings(actor: Actor) -> list[tuple[Mailing, Figures]]:
    """The last MOST mailings with their figures, newest first. Raises NotAllowed."""
    require(actor, "terms.mailing")
    rows = await Mailing.raw().find({}).sort("_id", -1).limit(MOST).to_list(None)
    found = [Mailing.model_validate(row) for row in rows]
    return [(each, await figures(each)) for each in found]


async def find_mailing(actor: Actor, identifier: str) -> Mailing:
    """One mailing. Raises NotAllowed, NotFound."""
    require(actor, "terms.mailing")
    found = await Mailing.get(read_id(identifier))
    if found is None:
        raise NotFound
    return found


async def mailing_of(terms: str, version: str) -> Mailing | None:
    """The mailing about one version; None where nobody had to be told of it."""
    return await Mailing.find_one({"terms": terms, "version": version})


async def overdue(site: Site) -> int:
    """How many mailings are past their term with a mail still owed."""
    where = {"settled_at": None, "due": {"$lte": site.now()}}
    return int(await Mailing.raw().count_documents(where, limit=MOST))


def languages_missing(site: Site) -> list[Language]:
    """The languages of the site in which the mail is not written."""
    name = site.configuration.site.terms.mail
    spoken = site.configuration.site.languages
    return [each for each in LANGUAGES if each in spoken and (name, each) not in site.mail]


def _subject(mailing: Mailing) -> Subject:
    return Subject(kind="terms", id=mailing.id, label=mailing.version)
