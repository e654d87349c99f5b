"""Reports of loss and theft (terms of use 3.4.2): taken day and night, from who is signed in.

Service hours, windows, stops and the interruption of an operator do not hold them up: a stolen certificate
does harm at once, so nothing here asks whether writing is allowed (``require_writing``). What was lost is
suspended in the same transaction, unless the reporter says otherwise."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args

from models.documents.account import Account
from models.documents.base import Id, new_id, read_id
from models.documents.certificate import STOPPED, Certificate
from models.documents.counter import draw
from models.documents.event import Subject
from models.documents.guarded import insert_or
from models.documents.loss import Item, ItemKind, LossKind, LossReport
from models.documents.store import Session
from models.errors import AlreadyDone, AnswersInvalid, NotFound
from models.language import Message
from models.permissions import Actor, allowed, require
from models.schema.reading import AnswerError
from models.services.events import record_event
from models.services.loss_mails import KINDS, tell_operator, tell_staff
from models.services.roles import ADMINISTRATOR
from models.services.site import Site
from models.services.stopping import stop_certificate
from models.services.suspending import stop_account
from models.services.threads import About
from models.services.variables import operator_of

TEXT_LIMIT = 2000
WORDS_LIMIT = 200
OLDEST = timedelta(days=366)
"""How long ago a loss may have been noticed."""

SHOWN = 100
"""Most reports, certificates or accounts shown at once."""

OF_CERTIFICATES: frozenset[str] = frozenset({"certificate", "medium"})
"""The kinds of report that are about certificates; the others are about accounts."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A report as it was filled in: ``items`` are the names ``choices`` gives, ``noticed`` a local time."""

    kind: str
    noticed: str
    what: str
    items: tuple[str, ...] = ()
    words: str = ""
    contact: str = ""
    stop: bool = True
    key: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be named in a report: ``name`` is what the form sends, ``own`` whether it is what
    the reporter acts with now."""

    name: str
    kind: ItemKind
    id: Id
    label: str
    note: str
    own: bool = False
    stopped: bool = False
    main: bool = False
    """Whether it is the administrator's account."""


def kinds_for(site: Site, actor: Actor) -> list[LossKind]:
    """What `actor` may report: IDs are the administrator's to report (R57)."""
    mine = ("password", *OF_CERTIFICATES)
    full = allowed(actor, "loss.report_accounts")
    return [kind for kind in kinds_of(site) if full or kind in mine]


def kinds_of(site: Site) -> list[LossKind]:
    """What can be lost at all: nobody has a certificate where the site asks for none."""
    asks = site.configuration.site.certificates.needed
    return [kind for kind in get_args(LossKind) if asks or kind not in OF_CERTIFICATES]


async def choices(site: Site, actor: Actor) -> list[Choice]:
    """What `actor` can name in a report: the administrator everything of the operator, others the
    certificates they use or look after and their own account. Raises NotAllowed."""
    require(actor, "loss.report")
    if actor.operator_id is None:
        raise NotFound
    found = await choices_of(actor.operator_id, actor)
    if allowed(actor, "loss.report_accounts"):
        return found
    return [each for each in found if each.own or await _is_theirs(each, actor)]


async def _is_theirs(choice: Choice, actor: Actor) -> bool:
    if choice.kind == "account":
        return choice.id == actor.account_id
    mine = {"$or": [{"uses.account_id": actor.account_id}, {"holder_id": actor.account_id}]}
    return await Certificate.raw().find_one({"_id": choice.id, **mine}, {"_id": 1}) is not None


async def choices_of(operator_id: Id, actor: Actor | None = None) -> list[Choice]:
    """The certificates and accounts of an operator that can be named in a report."""
    fixed = {"operator_id": operator_id, "state": {"$nin": ["revoked", "retired"]}}
    certificates = await Certificate.find(fixed).sort("-not_after").limit(SHOWN).to_list()
    accounts = await Account.find({"operator_id": operator_id}).sort("login").limit(SHOWN).to_list()
    return [
        *(_certificate(each, actor) for each in certificates),
        *(_account(each, actor) for each in accounts),
    ]


def _certificate(each: Certificate, actor: Actor | None) -> Choice:
    own = actor is not None and actor.certificate == each.fingerprint
    name, label = f"certificate:{each.id}", each.label or each.subject
    stopped = each.state in STOPPED
    return Choice(name, "certificate", read_id(each.id), each.serial, label, own, stopped)


def _account(each: Account, actor: Actor | None) -> Choice:
    own = actor is not None and actor.account_id == each.id
    name, stopped = f"account:{each.id}", each.status == "suspended"
    main = ADMINISTRATOR in each.roles
    return Choice(name, "account", read_id(each.id), each.login, each.name, own, stopped, main)


async def report(site: Site, actor: Actor, typed: Typed) -> LossReport:
    """Report a loss or theft and, unless told not to, suspend what was lost, in one transaction; the staff
    and the operator's administrators are told. A form sent twice is one report.

    Raises NotAllowed, AnswersInvalid (paths ``kind``, ``items``, ``noticed``, ``what``, ``contact``)."""
    chosen = _chosen(actor, typed, await choices(site, actor))
    checked = check(site, typed, kinds_for(site, actor), named=bool(chosen) or bool(typed.words.strip()))
    operator = await operator_of(site, actor.operator_id)
    drawn = LossReport(
        **checked,
        id=new_id(),
        number="",
        operator_id=actor.operator_id,
        operator_name=operator.title if operator else "",
        items=[Item(kind=each.kind, id=each.id, label=each.label) for each in chosen],
        reporter=actor.person,
        address=actor.address,
        key=f"{actor.account_id}:{typed.key[:64] or new_id()}",
        due=site.now() + answer_time(site),
        created_at=site.now(),
    )

    async def body(session: Session) -> LossReport:
        number = await next_number(site, session)
        made: LossReport = drawn.model_copy(deep=True, update={"number": number})
        if typed.stop:
            made.items = await stop_items(site, actor, number, made.items, session)
        await insert_or(AlreadyDone("This report has arrived already."), made, session)
        await note(site, actor, "loss.reported", made, session, **_told(made))
        await tell_staff(site, made, session)
        await tell_operator(site, made, session)
        return made

    try:
        return await site.store.transaction(body)
    except AlreadyDone:
        return await _sent_before(drawn.key)


async def _sent_before(key: str) -> LossReport:
    found: LossReport | None = await LossReport.find_one({"key": key})
    if found is None:
        raise NotFound
    return found


def _chosen(actor: Actor, typed: Typed, offered: Sequence[Choice]) -> list[Choice]:
    """What was named of what can be; names of nothing offered are left out. The administrator may name a
    certificate and an ID in one report (a notebook that holds both), others what fits its kind alone. Raises
    AnswersInvalid (path ``items``)."""
    chosen = [each for each in offered if each.name in typed.items]
    wanted: ItemKind = "certificate" if typed.kind in OF_CERTIFICATES else "account"
    if not allowed(actor, "loss.report_accounts") and any(each.kind != wanted for each in chosen):
        said = Message("What you chose does not fit what was lost.")
        raise AnswersInvalid((AnswerError("items", "choice", said),))
    return chosen


async def stop_items(
    site: Site, actor: Actor, number: str, items: Sequence[Item], session: Session
) -> list[Item]:
    """Suspend these items for the report of this number; the items with the time at which that was."""
    reason = Message("Reported lost or stolen ({number})", {"number": number})
    why = reason(site.configuration.site.languages[0])
    for item in items:
        await _stop(site, actor, item, why, session)
    return [item.model_copy(update={"stopped_at": site.now()}) for item in items]


async def _stop(site: Site, actor: Actor, item: Item, why: str, session: Session) -> None:
    if item.kind == "certificate":
        certificate = await Certificate.get(item.id)
        if certificate is not None:
            await stop_certificate(site, actor, certificate, why, session)
    else:
        account = await Account.get(item.id)
        if account is not None:
            await stop_account(site, actor, account, why, session)


def check(
    site: Site, typed: Typed, kinds: Sequence[LossKind], *, named: bool, reached: bool = True
) -> dict[str, Any]:
    """The plain values of a report; `named` says whether it is known what was lost, `reached` whether we know
    where to reach the reporter. Raises AnswersInvalid for all that is wrong with them."""
    noticed = read_moment(site, typed.noticed)
    values: dict[str, Any] = {
        "kind": typed.kind,
        "words": " ".join(typed.words.split())[:WORDS_LIMIT],
        "noticed_at": noticed,
        "what": typed.what.replace("\r\n", "\n").strip(),
        "contact": " ".join(typed.contact.split()),
    }
    faults = {
        "kind": (typed.kind not in kinds, Message("Choose what was lost.")),
        "items": (not named, Message("Choose at least one, or describe it in words.")),
        "noticed": (noticed is None, Message("Enter when it was noticed: a time that has passed.")),
        "what": (not 0 < len(values["what"]) <= TEXT_LIMIT, TOO_LONG),
        "contact": (not (reached or values["contact"]) or len(values["contact"]) > WORDS_LIMIT, NO_CONTACT),
    }
    errors = [AnswerError(path, "required", said) for path, (wrong, said) in faults.items() if wrong]
    if errors:
        raise AnswersInvalid(tuple(errors))
    return values


TOO_LONG = Message("Write what happened, in at most {limit} characters.", {"limit": TEXT_LIMIT})
NO_CONTACT = Message(
    "Enter where we can reach you now, in at most {limit} characters.", {"limit": WORDS_LIMIT}
)


def read_moment(site: Site, text: str) -> datetime | None:
    """A local time somebody typed, at most OLDEST ago; None for anything else."""
    plain = unicodedata.normalize("NFKC", text.strip())[:20].replace("/", "-").replace(" ", "T")
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError:
        return None
    if moment.tzinfo is not None:
        return None
    there = moment.replace(tzinfo=site.calendar.zone)
    return there if site.now() - OLDEST <= there <= site.now() else None


def answer_time(site: Site) -> timedelta:
    """Within how long the staff answer."""
    return timedelta(hours=site.configuration.site.losses.answer_within)


async def next_number(site: Site, session: Session) -> str:
    """The number of the next report, counted within the calendar year."""
    year = site.today().year
    return f"L{year}-{await draw(f'losses:{year}', session):05}"


def _told(made: LossReport) -> Mapping[str, Any]:
    stopped = sum(item.stopped_at is not None for item in made.items)
    return {"kind": made.kind, "items": len(made.items), "stopped": stopped}


async def note(
    site: Site, actor: Actor, action: str, made: LossReport, session: Session, **details: Any
) -> None:
    """Write the event of something done with a report."""
    subject = Subject(kind="loss", id=read_id(made.id), label=made.number)
    await record_event(site, actor, action, subject, session, operator_id=made.operator_id, **details)


async def reports_of(site: Site, actor: Actor) -> list[LossReport]:
    """The reports of the actor's operator, newest first: the administrator sees all, others their own.
    Raises NotAllowed."""
    require(actor, "loss.view_own")
    return await LossReport.find(_own(actor)).sort("-_id").limit(SHOWN).to_list()


async def instructed(actor: Actor, limit: int) -> list[LossReport]:
    """Those of them that wait for the operator, newest first; none for actors who see no reports."""
    if not allowed(actor, "loss.view_own"):
        return []
    return await LossReport.find({**_own(actor), "waits_for": "operator"}).sort("-_id").limit(limit).to_list()


async def own_report(site: Site, actor: Actor, number: str) -> LossReport:
    """One of them. Raises NotAllowed, NotFound."""
    require(actor, "loss.view_own")
    found: LossReport | None = await LossReport.find_one({**_own(actor), "number": number[:40]})
    if found is None:
        raise NotFound
    return found


def _own(actor: Actor) -> dict[str, Any]:
    where: dict[str, Any] = {"operator_id": actor.operator_id or new_id()}
    return where if allowed(actor, "loss.report_accounts") else {**where, "reporter.id": actor.account_id}


def about(site: Site, made: LossReport) -> About:
    """The thread of a report. Raises NotFound for one that is about no operator we know."""
    if made.operator_id is None:
        raise NotFound
    return About(
        operator_id=made.operator_id,
        title=made.number,
        page=f"/portal/losses/{made.number}",
        staff_page=f"/admin/losses/{made.number}",
        roles=site.configuration.site.losses.to,
    )


def label_of(kind: LossKind) -> Message:
    """What a kind of report is called."""
    return KINDS[kind]
