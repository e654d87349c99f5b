"""Answers that a step of a record's lifecycle asks for: written like an application, by either side, and
handed over with the step itself (``RecordType.steps``).

They are an ``Application`` with ``step`` and ``about``, one open per record, step and side, so that a
colleague can go on with what somebody began. Nothing is decided about them: whether the step may be taken is
asked of the lifecycle when it is taken."""

from collections.abc import Mapping
from typing import Any

from models.documents.application import Application, Submission
from models.documents.application import Step as HistoryStep
from models.documents.base import Id
from models.documents.guarded import update_where
from models.documents.record import Record
from models.documents.store import Session
from models.errors import AlreadyOpen, AnswersInvalid, NotAllowed, NotFound, RecordChanged, TransitionRefused
from models.language import Language, Text
from models.permissions import Actor
from models.schema.definition import RecordType, StepAnswers
from models.services import lifecycles
from models.services.applications import (
    CHANGED_ELSEWHERE,
    compiled,
    find,
    form_of,
    may_type,
    operator_of,
    require_applicant,
    subject_of,
)
from models.services.beginning import draft_about, keep_draft, next_reference, prefilled
from models.services.carrying import carry
from models.services.deeds import Deed
from models.services.events import record_event
from models.services.lifecycle_mails import flow_of
from models.services.moving import CHANGED_MEANWHILE
from models.services.rosters import with_rosters
from models.services.seeing import worded_for
from models.services.sides import persons_for, require_reach
from models.services.site import Site
from models.services.step_reading import read_step
from models.services.step_renewing import renewed
from models.services.switches import require_writing
from models.workflow.answering import ENDED, TAKEN, WRITING

NEWER_FORM = (
    "The form of this step has changed since you began. What you wrote was taken over into the new one: look"
    " through it and send it again."
)
UNFIT = "What you wrote does not fit the form of this step any more. Give it up here, and begin again."
OLDER_RECORD = "What is registered does not fit the form of this step yet. Please ask the office."
NOT_ASKED = "This step asks for nothing to be filled in."


def asked_by(site: Site, record: Record, step: str) -> StepAnswers | None:
    """What step `step` of the lifecycle of `record` asks for; None where it asks for nothing."""
    return site.registry.current(record.type).definition.steps.get(step)


def label_of(site: Site, application: Application) -> Text:
    """What the answers of a step are called: as the step is."""
    definition = site.registry.at(application.type, application.schema_version).definition
    step = site.lifecycles[definition.lifecycle].transitions.get(application.step)
    return step.label if step else Text(ja=application.step)


async def begin(
    site: Site, actor: Actor, record: Record, step: str, language: Language = "ja"
) -> Application:
    """Begin to fill in what a step asks for, with the answers in force; where one's side has begun already,
    go on with that.

    Raises NotFound (no such record or step), NotAllowed, AlreadyDone (it is too late), TransitionRefused (the
    step asks for nothing), WritingStopped."""
    await require_reach(site, actor, record)
    if asked_by(site, record, step) is None:
        raise NotFound(NOT_ASKED)
    await require_writing(site, actor)
    await require_takeable(site, actor, record, step)
    if (known := await _open(actor, record, step)) is not None:
        return await renewed(site, known, record)
    application = await _draft(site, actor, record, step, language)
    try:
        await _keep(site, actor, application, record)
    except AlreadyOpen:
        if (known := await _open(actor, record, step)) is None:
            raise
        return known
    return application


async def require_takeable(site: Site, actor: Actor, record: Record, step: str) -> None:
    """Raise as ``lifecycles.outcome_of`` does where `actor` may not take the step now."""
    if step not in dict(lifecycles.possible_actions(site, actor, record)):
        await lifecycles.outcome_of(site, actor, record, step)
        raise NotAllowed(rule=f"{flow_of(site, record).name}.{step}")


async def _draft(site: Site, actor: Actor, record: Record, step: str, language: Language) -> Application:
    published = site.registry.current(record.type)
    carried = carry(site, record.type, record.data, record.schema_version)
    if carried.version != published.version:
        raise TransitionRefused(OLDER_RECORD)
    operator = await operator_of(site, record.operator_id)
    application = draft_about(site, actor, published, await next_reference(site), operator, record)
    application.kind, application.language = "change", language
    application.record_id, application.about, application.step = None, record.id, step
    application.state, application.due = WRITING, None
    before = prefilled(published.definition, carried.data)
    application.answers = await _beginning(site, published.definition, step, record, before)
    return application


async def _beginning(
    site: Site, definition: RecordType, step: str, record: Record, before: dict[str, Any]
) -> dict[str, Any]:
    """The answers a form begins with: those in force, and in a table of accounts a row for everybody; of a
    table that is only added to, one row nothing is in yet."""
    asked = definition.steps[step]
    if asked.appends:
        return {**before, **{name: [{}] for name in asked.asks}}
    filled = await with_rosters(site, definition, record.operator_id, before)
    return {**before, **{name: filled[name] for name in asked.asks if name in filled}}


async def _keep(site: Site, actor: Actor, application: Application, record: Record) -> None:
    async def body(session: Session) -> None:
        told = {"record": record.number, "step": application.step}
        await keep_draft(site, actor, application, "step.begun", session, **told)

    await site.store.transaction(body)


async def _open(actor: Actor, record: Record, step: str) -> Application | None:
    where = {"about": record.id, "step": step, "by_staff": actor.kind == "staff", "open": True}
    found: Application | None = await Application.find_one(where)
    return found


async def open_for(actor: Actor, record: Record) -> Mapping[str, Application]:
    """What the side of `actor` has begun to fill in about a record, by the step; for who may see it."""
    where = {"about": record.id, "by_staff": actor.kind == "staff", "open": True}
    return {each.step: each for each in await Application.find(where).to_list()}


async def find_for(site: Site, actor: Actor, reference: str) -> tuple[Application, Record]:
    """The answers of a step with this reference and the record they are about, for who may take such a step
    at all. Raises NotFound for anything else."""
    application = await find(site, actor, reference)
    if not application.step:
        raise NotFound
    record = await record_of(site, actor, application)
    transition = flow_of(site, record).transitions.get(application.step)
    if transition is None or not persons_for(actor, record) & set(transition.by):
        raise NotFound
    return application, record


async def record_of(site: Site, actor: Actor, application: Application) -> Record:
    """The record whose step is answered. Raises NotFound where it is not theirs to see."""
    found = await site.records[application.type].get(application.about)
    if found is None:
        raise NotFound
    await require_reach(site, actor, found)
    return found


async def take(
    site: Site,
    actor: Actor,
    application: Application,
    deed: Deed | None = None,
    *,
    revision: int,
    seen: int,
) -> Record:
    """Take the step with what was filled in, in one transaction. `revision` is that of the answers, `seen`
    that of the record the person looked at. Doing it twice takes it once: the second call finds it done.

    Raises NotFound, NotAllowed, AnswersInvalid (of what the step asks for), AlreadyDone (somebody was
    faster), RecordChanged (the answers or the record changed meanwhile), and as ``lifecycles.act`` does."""
    record = await record_of(site, actor, application)
    if application.state == TAKEN:
        return record
    require_applicant(site, actor, application)
    await require_takeable(site, actor, record, application.step)
    if revision != application.revision:
        raise RecordChanged(CHANGED_ELSEWHERE)
    now = await renewed(site, application, record)
    if now is not application:
        same = now.schema_version == application.schema_version
        raise RecordChanged(CHANGED_MEANWHILE if same else NEWER_FORM)
    data = await answered(site, actor, application, record)

    async def close(moved: Record, session: Session) -> None:
        await _close(site, actor, application, moved, data, session)

    deed = deed or Deed()
    return await lifecycles.act(
        site,
        actor,
        record,
        application.step,
        reason=deed.reason,
        evidence=deed.evidence,
        ground=deed.ground,
        basis=deed.basis,
        review_on=deed.review_on,
        revision=seen,
        data=data,
        application=application,
        within=close,
    )


async def answered(site: Site, actor: Actor, application: Application, record: Record) -> dict[str, Any]:
    """All answers of the record as the step leaves them. Raises AnswersInvalid, TransitionRefused (the form
    has changed since)."""
    before = carry(site, record.type, record.data, record.schema_version)
    if before.version != application.schema_version:
        raise TransitionRefused(UNFIT)
    form = form_of(site, application)
    theirs = frozenset(
        n for n in _asks(site, application).asks if may_type(actor, form.by_name[n], application)
    )
    found = await read_step(site, actor, application, before.data, theirs)
    if found.errors:
        raise AnswersInvalid(worded_for(actor, form, found.errors))
    return dict(found.data)


def _asks(site: Site, application: Application) -> StepAnswers:
    return compiled(site, application).definition.steps[application.step]


async def _close(
    site: Site,
    actor: Actor,
    application: Application,
    moved: Record,
    data: Mapping[str, Any],
    session: Session,
) -> None:
    """Write down that the answers were handed over. Raises RecordChanged where somebody wrote on."""
    now, asks = site.now(), _asks(site, application).asks
    given = {name: data[name] for name in asks if name in data}
    values = {
        "state": TAKEN,
        "open": False,
        "data": given,
        "title": moved.title,
        "number": moved.number,
        "updated_at": now,
        "submitted_at": now,
        "decided_at": now,
    }
    pushed = {
        "history": _done(actor, application, TAKEN, site).model_dump(),
        "submissions": Submission(round=1, at=now, data=given).model_dump(),
    }
    where = {"_id": application.id, "state": WRITING, "revision": application.revision}
    update = {"$set": values, "$push": pushed, "$inc": {"revision": 1}}
    if await update_where(Application, where, update, session) is None:
        raise RecordChanged(CHANGED_ELSEWHERE)


def _done(actor: Actor, application: Application, state: str, site: Site) -> HistoryStep:
    return HistoryStep(
        name=application.step, origin=application.state, to=state, by=actor.person, at=site.now()
    )


async def discard(site: Site, actor: Actor, application: Application, *, revision: int) -> None:
    """Give up what was filled in for a step; it is erased like any draft that came to nothing. Raises
    NotFound, NotAllowed, RecordChanged, TransitionRefused."""
    require_applicant(site, actor, application)
    await require_writing(site, actor)
    if not await end(site, actor, application.id, application.step, revision=revision):
        raise RecordChanged(CHANGED_ELSEWHERE)


async def end(site: Site, actor: Actor, identifier: Id | None, step: str, *, revision: int) -> bool:
    """Close answers that were never handed over, with their event; False where they have changed since."""
    now = site.now()
    closed = {"state": ENDED, "open": False, "decided_at": now, "updated_at": now}

    async def body(session: Session) -> bool:
        where = {"_id": identifier, "state": WRITING, "revision": revision}
        update = {"$set": closed, "$inc": {"revision": 1}}
        found = await update_where(Application, where, update, session)
        if found is not None:
            subject, owner = subject_of(found), found.operator_id
            await record_event(site, actor, "step.given_up", subject, session, operator_id=owner, step=step)
        return found is not None

    return await site.store.transaction(body)
