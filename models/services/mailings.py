"""Telling everybody of changed terms: one mail a person within the term, each accounted for (R8)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.configuration.terms import TermsText
from models.documents.account import Account
from models.documents.base import Id, read_id
from models.documents.event import Subject
from models.documents.guarded import insert_or, update_where
from models.documents.mailing import LineState, Mailing, MailingLine
from models.documents.message import Message
from models.documents.store import Session
from models.errors import AnswersInvalid, NotFound, TermsMoved
from models.language import LANGUAGES, Language
from models.language import Message as Said
from models.permissions import SYSTEM, Actor, require
from models.schema.reading import AnswerError
from models.services.events import record_event
from models.services.messages import Letter, Recipient, queue_letter
from models.services.outbox import retry
from models.services.site import Site

BATCH = 100
"""Recipients listed in one transaction, and mails whose outcome is looked up at once."""

MOST = 50
"""Mailings that can be open at once; older ones wait."""

RECIPIENTS: Mapping[str, Any] = {"kind": "operator", "status": {"$in": ["active", "invited"]}}
"""Everybody who uses the system or was invited to: delegates have accounts of their own."""

ALARM_ROLE = "system_administrator"


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


async def list_some(site: Site) -> bool:
    """Put the mails to the next BATCH people into the outbox; False when all are listed. Any number of
    workers may do so: the place reached is written with the mails."""
    found = await Mailing.raw().find_one({"listed_at": None}, sort=[("due", 1)])
    if found is None or not has_words(site):
        return False
    mailing = Mailing.model_validate(found)
    await site.store.transaction(lambda session: _list(site, mailing, session))
    return True


def has_words(site: Site) -> bool:
    """Whether the site has the mail that tells of changed terms."""
    return (site.configuration.site.terms.mail, site.configuration.site.languages[0]) in site.mail


async def _list(site: Site, mailing: Mailing, session: Session) -> None:
    people = await _following(mailing.last_id, session)
    last = people[-1].id if people else mailing.last_id
    values: dict[str, Any] = {"last_id": last}
    if len(people) < BATCH:
        values["listed_at"] = site.now()
    seen = {"_id": mailing.id, "last_id": mailing.last_id, "listed_at": None}
    update = {"$set": values, "$inc": {"listed": len(people)}}
    if await update_where(Mailing, seen, update, session) is None:
        return
    names = await names_of(site, {account.operator_id for account in people})
    for account in people:
        await _write(site, mailing, account, names.get(account.operator_id, ""), session)


async def names_of(site: Site, operators: Collection[Id | None]) -> dict[Id | None, str]:
    """What these operators are called, by their ids."""
    records = site.records[site.configuration.site.operator_type]
    where = {"_id": {"$in": [each for each in operators if each is not None]}}
    rows = await records.rows(where, {"title": 1}, [("_id", 1)], 0, len(operators)) if operators else []
    return {row["_id"]: str(row.get("title", "")) for row in rows}


async def _following(last: Id | None, session: Session) -> list[Account]:
    where = {**RECIPIENTS, "_id": {"$gt": last}} if last else dict(RECIPIENTS)
    rows = await Account.raw().find(where, session=session).sort("_id", 1).limit(BATCH).to_list(None)
    return [Account.model_validate(row) for row in rows]


async def _write(site: Site, mailing: Mailing, account: Account, operator: str, session: Session) -> None:
    template = site.configuration.site.terms.mail
    letter = Letter(
        template=template,
        recipient=Recipient(account.email, account.name, account.language),
        cause=f"terms:{mailing.id}:{account.id}",
        to="operator",
        values={**values_of(site, mailing, account.language), "operator_name": operator},
        operator_id=account.operator_id,
        account_id=account.id,
    )
    await queue_letter(site, letter, session)
    line = MailingLine(
        mailing_id=read_id(mailing.id),
        account_id=read_id(account.id),
        operator_id=account.operator_id,
        login=account.login,
        name=account.name,
        to_address=account.email,
        message_key=f"{letter.cause}:{template}:{account.email}",
        queued_at=site.now(),
    )
    await line.insert(session=session)


def values_of(site: Site, mailing: Mailing, language: Language) -> dict[str, str]:
    """What the mail says of the version."""
    return {
        "terms_title": mailing.title(language),
        "terms_version": mailing.version,
        "terms_change": mailing.change(language),
        "effective_day": mailing.effective_from,
        "page": f"{site.base_url}/terms/{mailing.version}",
    }


OUTCOMES: Sequence[Mapping[str, Any]] = (
    {
        "$lookup": {
            "from": Message.Settings.name,
            "localField": "message_key",
            "foreignField": "dedupe_key",
            "pipeline": [{"$project": {"sent_at": 1, "failed_at": 1, "last_error": 1}}],
            "as": "mail",
        }
    },
    {"$unwind": "$mail"},
    {"$match": {"$or": [{"mail.sent_at": {"$ne": None}}, {"mail.failed_at": {"$ne": None}}]}},
    {"$project": {"mail": 1}},
)
"""The mails of lines that have come to an end since."""


async def settle_some(site: Site) -> bool:
    """Write into the ledgers what became of the mails, and end a mailing whose mails are all sent; False when
    nothing had changed."""
    rows = await Mailing.raw().find({"settled_at": None}).sort("due", 1).limit(MOST).to_list(None)
    moved = [await _settle(site, Mailing.model_validate(row)) for row in rows]
    return any(moved)


async def _settle(site: Site, mailing: Mailing) -> bool:
    moved = await _take_outcomes(mailing)
    if mailing.listed_at is None:
        return moved
    left = {"mailing_id": mailing.id, "state": {"$in": ["queued", "failed"]}}
    if await MailingLine.raw().find_one(left, {"_id": 1}) is None:
        await _end(site, mailing)
        return True
    return moved


async def _take_outcomes(mailing: Mailing) -> bool:
    """Lines follow their mails: queued ones, and failed ones that were sent again."""
    moved = False
    for state in ("queued", "failed"):
        first = {"$match": {"mailing_id": mailing.id, "state": state}}
        cursor = await MailingLine.raw().aggregate([first, *OUTCOMES, {"$limit": BATCH}])
        for row in await cursor.to_list(None):
            values = _outcome(row["mail"])
            if values["state"] != state:
                await update_where(MailingLine, {"_id": row["_id"], "state": state}, {"$set": values})
                moved = True
    return moved


def _outcome(mail: Mapping[str, Any]) -> dict[str, Any]:
    state: LineState = "sent" if mail.get("sent_at") else "failed"
    return {
        "state": state,
        "sent_at": mail.get("sent_at"),
        "failed_at": mail.get("failed_at") if state == "failed" else None,
        "problem": mail.get("last_error", "") if state == "failed" else "",
    }


async def _end(site: Site, mailing: Mailing) -> None:
    async def body(session: Session) -> None:
        values = {"$set": {"settled_at": site.now()}}
        ended = await update_where(Mailing, {"_id": mailing.id, "settled_at": None}, values, session)
        if ended is not None:
            subject = _subject(ended)
            await record_event(
                site, SYSTEM, "terms.everybody_told", subject, session, recipients=ended.listed
            )

    await site.store.transaction(body)


async def alarm_one(site: Site) -> bool:
    """Raise the alarm, once, about a mailing whose term has passed while a mail is still owed; False when
    there is none."""
    now = site.now()
    late = {"settled_at": None, "due": {"$lte": now}, "alarmed_at": None}

    async def body(session: Session) -> bool:
        mailing = await update_where(Mailing, late, {"$set": {"alarmed_at": now}}, session, first="due")
        if mailing is None:
            return False
        figures = await figures_of(mailing, session)
        told: dict[str, Any] = {"queued": figures.queued, "failed": figures.failed}
        await record_event(site, SYSTEM, "terms.mailing_overdue", _subject(mailing), session, **told)
        await _alarm(site, mailing, figures, session)
        return True

    return await site.store.transaction(body)


ALARM = "terms_mailing_overdue"
"""Template of the mail that raises the alarm."""


async def _alarm(site: Site, mailing: Mailing, figures: "Figures", session: Session) -> None:
    if (ALARM, site.configuration.site.languages[0]) not in site.mail:
        return
    where = {"kind": "staff", "roles": ALARM_ROLE, "status": "active"}
    rows = await Account.raw().find(where, session=session).limit(BATCH).to_list(None)
    for account in map(Account.model_validate, rows):
        letter = Letter(
            template=ALARM,
            recipient=Recipient(account.email, account.name, account.language),
            cause=f"terms-overdue:{mailing.id}",
            to=ALARM_ROLE,
            values={
                **values_of(site, mailing, account.language),
                "due_date": site.calendar.due_day(mailing.due).isoformat(),
                "count": f"{figures.queued + figures.failed:,}",
                "page": f"{site.base_url}/admin/mailings/{mailing.id}",
            },
        )
        await queue_letter(site, letter, session)


@dataclass(frozen=True, slots=True)
class Figures:
    """How many mails of a mailing are where."""

    queued: int = 0
    sent: int = 0
    failed: int = 0
    otherwise: int = 0

    @property
    def total(self) -> int:
        return self.queued + self.sent + self.failed + self.otherwise


async def figures_of(mailing: Mailing, session: Session = None) -> Figures:
    """How many mails are queued, sent and failed, by the ledger."""
    steps = [{"$match": {"mailing_id": mailing.id}}, {"$group": {"_id": "$state", "count": {"$sum": 1}}}]
    cursor = await MailingLine.raw().aggregate(steps, session=session)
    return Figures(**{row["_id"]: row["count"] for row in await cursor.to_list(None) if row["_id"]})


async def mailings(actor: Actor) -> list[tuple[Mailing, Figures]]:
    """The last MOST mailings with their figures, newest first. Raises NotAllowed."""
    require(actor, "terms.mailing")
    rows = await Mailing.raw().find({}).sort("_id", -1).limit(MOST).to_list(None)
    found = [Mailing.model_validate(row) for row in rows]
    return [(each, await figures_of(each)) for each in found]


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


async def lines_of(mailing: Mailing, state: str = "", after: str = "") -> tuple[list[MailingLine], str]:
    """A page of the ledger, those that failed, or all; with the id of the last line where there are more."""
    where: dict[str, Any] = {"mailing_id": mailing.id}
    if state:
        where["state"] = state
    if after:
        where["_id"] = {"$gt": read_id(after)}
    rows = await MailingLine.raw().find(where).sort("_id", 1).limit(BATCH + 1).to_list(None)
    lines = [MailingLine.model_validate(row) for row in rows]
    return lines[:BATCH], str(lines[BATCH - 1].id) if len(lines) > BATCH else ""


async def send_again(site: Site, actor: Actor, mailing: Mailing) -> int:
    """Put the mails that failed back into the outbox, BATCH at a time; how many. Raises NotAllowed."""
    require(actor, "message.retry")
    lines, _ = await lines_of(mailing, "failed")
    keys = [line.message_key for line in lines]
    rows = await Message.raw().find({"dedupe_key": {"$in": keys}, "failed_at": {"$ne": None}}).to_list(None)
    for row in rows:
        await retry(site, actor, str(row["_id"]))
        changed = {"state": "queued", "failed_at": None, "problem": ""}
        await update_where(MailingLine, {"message_key": row["dedupe_key"]}, {"$set": changed})
    return len(rows)


NOTE_LIMIT = 300
"""Longest note on how somebody was told (characters)."""


async def note_told(site: Site, actor: Actor, mailing: Mailing, line: str, note: str) -> None:
    """Keep that somebody whose mail failed was told in another way, and how. Raises NotAllowed,
    AnswersInvalid (path ``note``), NotFound where no mail of this line has failed."""
    require(actor, "message.retry")
    if not 0 < len(note.strip()) <= NOTE_LIMIT:
        said = Said("Say how, in at most {limit} characters.", {"limit": NOTE_LIMIT})
        raise AnswersInvalid((AnswerError("note", "required", said),))
    where = {"_id": read_id(line), "mailing_id": mailing.id, "state": "failed"}

    async def body(session: Session) -> None:
        values = {"state": "otherwise", "problem": note.strip(), "sent_at": site.now()}
        told = await update_where(MailingLine, where, {"$set": values}, session)
        if told is None:
            raise NotFound
        subject = Subject(kind="account", id=told.account_id, label=told.login)
        await record_event(site, actor, "terms.told_otherwise", subject, session, version=mailing.version)

    await site.store.transaction(body)


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
