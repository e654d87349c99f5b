"""Reports of loss by people who cannot sign in any more, and the link by which their organisation confirms.

Nobody learns whether an organisation's code is known: every report is kept and answered the same, and at
whole multiples of a quarter of a second. Nothing is stopped on the word of a stranger: that takes the
one-time link mailed to the organisation's administrators, or the staff."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from time import monotonic

from models.documents.base import Person, new_id
from models.documents.guarded import insert_or, update_where
from models.documents.link import Link
from models.documents.loss import LossReport
from models.documents.message import Message as Mail
from models.documents.record import Record
from models.documents.store import Session
from models.errors import AlreadyDone, AnswersInvalid, LinkRefused
from models.language import Message
from models.permissions import Actor, require
from models.schema.reading import AnswerError
from models.services.allowances import network_of, take
from models.services.links import peek, use_link
from models.services.loss_answers import stop_chosen
from models.services.loss_mails import CONFIRMED, DENIED, ask_to_confirm, tell_staff
from models.services.losses import Choice, Typed, answer_time, check, choices_of, kinds_of, next_number, note
from models.services.resuming import ANSWER_EVERY
from models.services.site import Site
from models.services.spanning import spanned

FROM_ONE_NETWORK = 10
"""Most reports from one network address within an hour."""

LINKS_AN_HOUR = 3
"""Most reports within an hour for which an operator's administrators are mailed a link."""

CODE_LIMIT = 40
NAME_LIMIT = 100


async def report_outside(site: Site, actor: Actor, typed: Typed, code: str, name: str) -> None:
    """Take a report from somebody who is not signed in; a form sent twice is one report.

    Raises NotAllowed, TooManyRequests, AnswersInvalid (paths ``code``, ``name`` and those of ``check``)."""
    require(actor, "loss.report")
    begun = monotonic()
    drawn = _drawn(site, actor, typed, code, name)
    await take(site, "losses from", network_of(actor.address), FROM_ONE_NETWORK)
    try:
        await _keep(site, actor, drawn)
    except AlreadyDone:
        return
    finally:
        await asyncio.sleep((begun - monotonic()) % ANSWER_EVERY)


def _drawn(site: Site, actor: Actor, typed: Typed, code: str, name: str) -> LossReport:
    """The report as it was filled in, of no operator yet. Raises AnswersInvalid."""
    plain, known_as, errors = " ".join(code.split()), " ".join(name.split()), []
    if not 0 < len(plain) <= CODE_LIMIT:
        said = Message("Enter the code of your organisation.")
        errors.append(AnswerError("code", "required", said))
    if not 0 < len(known_as) <= NAME_LIMIT:
        errors.append(AnswerError("name", "required", Message("Enter your name.")))
    try:
        named = bool(typed.words.strip())
        checked = check(site, typed, kinds_of(site), named=named, reached=False)
    except AnswersInvalid as error:
        raise AnswersInvalid((*errors, *error.errors)) from error
    if errors:
        raise AnswersInvalid(tuple(errors))
    return LossReport(
        **checked,
        id=new_id(),
        number="",
        outside=True,
        organisation_code=plain,
        reporter=Person(kind="visitor", name=known_as),
        address=actor.address,
        key=f"outside:{typed.key[:64] or new_id()}",
        due=site.now() + answer_time(site),
        created_at=site.now(),
    )


async def _keep(site: Site, actor: Actor, drawn: LossReport) -> None:
    operator = await _operator(site, drawn.organisation_code)
    asked = operator is not None and await _may_ask(site, operator)
    theirs = {"operator_id": operator.id, "operator_name": operator.title} if operator else {}

    async def body(session: Session) -> None:
        number = await next_number(site, session)
        made = drawn.model_copy(deep=True, update={"number": number, **theirs})
        await insert_or(AlreadyDone("This report has arrived already."), made, session)
        await note(site, actor, "loss.reported", made, session, kind=made.kind, outside=True)
        await tell_staff(site, made, session)
        if asked:
            await ask_to_confirm(site, made, session)

    await site.store.transaction(body)


async def _operator(site: Site, code: str) -> Record | None:
    """The operator in force with this code: its registration number, or an answer of its own that is unique
    among operators; None where there is not exactly one."""
    published = site.registry.current(site.configuration.site.operator_type)
    records = site.records[published.definition.name]
    unique = [field.name for field in published.definition.fields if field.unique]
    places = [{"number": code}, *({f"data.{name}": code} for name in unique)]
    where = spanned(site, published.definition.name, {"$or": places})
    rows = await records.rows(where, {"_id": 1}, [("_id", 1)], 0, 2)
    return await records.get(rows[0]["_id"]) if len(rows) == 1 else None


async def _may_ask(site: Site, operator: Record) -> bool:
    """Whether the administrators may be mailed once more: a stranger must not flood them."""
    since = site.now() - timedelta(hours=1)
    where = {"template": "loss_confirm", "operator_id": operator.id, "created_at": {"$gt": since}}
    return await Mail.find(where).count() < LINKS_AN_HOUR


async def asked_by(site: Site, token: str) -> tuple[LossReport, list[Choice]]:
    """The report a link confirms, and what of the operator can be stopped, without using the link. Raises
    LinkRefused."""
    found = await _behind(await peek(site, token))
    assert found.operator_id is not None  # noqa: S101 - links are mailed to operators only
    return found, await choices_of(found.operator_id)


async def _behind(link: Link) -> LossReport:
    """The report of a link. One that was confirmed, denied or closed by another link is no longer asked
    about."""
    wanted = link.subject_id if link.purpose == "confirm_loss" else None
    found = await LossReport.get(wanted) if wanted else None
    if found is None or found.operator_id is None or not _is_open(found):
        raise LinkRefused
    return found


def _is_open(found: LossReport) -> bool:
    return found.confirmed_at is None and found.denied_at is None and found.state != "closed"


async def confirm(site: Site, actor: Actor, token: str, names: Sequence[str]) -> LossReport:
    """Stop what was chosen on the page of a link; the link is used with it.

    Raises LinkRefused, AnswersInvalid (path ``items``), LossMoved."""
    found = await _behind(await peek(site, token))
    who = _holder(actor, found)

    async def body(session: Session) -> LossReport:
        await use_link(site, token, "confirm_loss", session)
        told = {"confirmed_at": site.now()}
        changed = await stop_chosen(site, who, found, names, {"confirmed_at": None}, told, session)
        await note(site, who, "loss.confirmed", changed, session)
        await tell_staff(site, changed, session, CONFIRMED)
        return changed

    return await site.store.transaction(body)


async def deny(site: Site, actor: Actor, token: str) -> LossReport:
    """Say on the page of a link that the report is wrong: nothing is stopped, and the staff are told. Raises
    LinkRefused."""
    found = await _behind(await peek(site, token))
    who = _holder(actor, found)

    async def body(session: Session) -> LossReport:
        await use_link(site, token, "confirm_loss", session)
        where = {"_id": found.id, "denied_at": None, "confirmed_at": None}
        update = {"$set": {"denied_at": site.now()}, "$inc": {"revision": 1}}
        changed = await update_where(LossReport, where, update, session)
        if changed is None:
            raise LinkRefused
        await note(site, who, "loss.denied", changed, session)
        await tell_staff(site, changed, session, DENIED)
        return changed

    return await site.store.transaction(body)


def _holder(actor: Actor, found: LossReport) -> Actor:
    """Who holds a link mailed to an operator's administrators: somebody of theirs, whom nobody signed in."""
    return Actor(kind="visitor", name=found.operator_name, address=actor.address)
