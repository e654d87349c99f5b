"""Taking a step of a workflow: the one way an application moves, whoever opens the door."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models.documents.application import Applicant, Application, Remark, Step, Submission
from models.documents.base import Person
from models.documents.guarded import update_where
from models.documents.store import Session
from models.errors import AlreadyDone, AnswersInvalid, NotAllowed, NotFound, RecordChanged
from models.language import Text
from models.permissions import Actor, may_view, persons
from models.schema.reading import Reading
from models.services.applications import compiled, facts_of, form_of, read, subject_of, workflow_of
from models.services.effects import PERFORM, Work
from models.services.events import record_event
from models.services.needs import Given as Given
from models.services.needs import note_of, remarks_of, require_needs
from models.services.picking import check_picks
from models.services.positions import standing_of
from models.services.post import queue_mails
from models.services.seeing import require_in_reach, worded_for
from models.services.side_words import party_label
from models.services.sides import consent_missing, told_as, told_when
from models.services.signs import handed_over
from models.services.site import Site
from models.services.switches import require_writing
from models.services.windows import require_open
from models.workflow.definition import Transition, Workflow
from models.workflow.engine import holds, judge, steps


def possible_steps(site: Site, actor: Actor, application: Application) -> list[tuple[str, Transition]]:
    """The steps this actor may take now, as the workflow writes them."""
    who = persons(actor, application)
    return list(steps(workflow_of(site, application), standing_of(application), who))


async def take_step(
    site: Site, actor: Actor, application: Application, name: str, given: Given | None = None
) -> Application:
    """Take step `name`: state, history, effects, mails and event in one transaction.

    Raises NotFound, NotAllowed, AlreadyDone (somebody was faster), RecordChanged (another window, or the
    record in force changed), SendingClosed (outside the hours or the window), TransitionRefused (a need is
    not met), AnswersInvalid (on submitting)."""
    given = given or Given()
    workflow = workflow_of(site, application)
    _require_step(site, workflow, actor, application, name)
    await require_writing(site, actor)
    transition = workflow.transitions[name]
    require_open(site, actor, application, transition)
    await require_in_reach(site, actor, application)
    require_needs(site, actor, application, transition, given)
    reading = await _submitted(site, actor, workflow, application, transition)
    update = _update(site, actor, application, name, transition, given, reading)
    if reading is not None:
        update["$set"] |= await handed_over(site, application, reading.data)

    async def body(session: Session) -> Application:
        return await _move(site, actor, application, name, update, given, session)

    return await site.store.transaction(body)


def _require_step(site: Site, workflow: Workflow, actor: Actor, application: Application, name: str) -> None:
    if not may_view(actor, application):
        raise NotFound
    who = persons(actor, application)
    verdict = judge(workflow, name, standing_of(application), who)
    if verdict.refusal == "unknown":
        raise NotFound
    if verdict.refusal == "state" and who & set(workflow.transitions[name].by):
        raise already_done(site, actor, application, name)
    if verdict.refusal == "consent":
        raise consent_missing(named(site, party, application) for party in verdict.missing)
    if not verdict.allowed:
        raise NotAllowed(rule=verdict.rule)


def named(site: Site, party: str, application: Application) -> Text:
    """What a party of a workflow is called on this application: whoever applies by their name, everybody else
    by what they are."""
    applicant = application.operator_name or application.applicant.name
    if party == "applicant" and applicant:
        return Text(ja=applicant, en=applicant)
    if party == "staff":
        return site.configuration.site.organisation
    return party_label(site, party)


def already_done(site: Site, actor: Actor, application: Application, name: str) -> AlreadyDone:
    """Who was faster than `actor` with step `name`, with what, and when; kindly where they were it."""
    workflow = workflow_of(site, application)
    last = application.history[-1] if application.history else None
    if last is None:
        return AlreadyDone("This step is not possible now.")
    done = workflow.transitions.get(last.name)
    moment = told_when(site, last.at)
    what = done.label if done else last.name
    if last.name == name and last.by.id is not None and last.by.id == actor.account_id:
        return AlreadyDone("You did “{what}” already, at {when}. It was done once.", what=what, when=moment)
    return AlreadyDone(who=told_as(site, actor, last.by), what=what, when=moment)


def is_submission(workflow: Workflow, application: Application, transition: Transition) -> bool:
    """Whether the step hands the applicant's answers over."""
    return workflow.hands_over(application.state, transition)


async def _submitted(
    site: Site, actor: Actor, workflow: Workflow, application: Application, transition: Transition
) -> Reading | None:
    if not is_submission(workflow, application, transition):
        return None
    reading = await read(site, application)
    errors = (*reading.errors, *await check_picks(site, actor, application, reading))
    if errors:
        raise AnswersInvalid(worded_for(actor, form_of(site, application), errors))
    return reading


Update = dict[str, dict[str, Any]]


def _update(
    site: Site,
    actor: Actor,
    application: Application,
    name: str,
    transition: Transition,
    given: Given,
    reading: Reading | None,
) -> Update:
    now, state = site.now(), workflow_of(site, application).states[transition.to]
    step = Step(
        name=name,
        origin=application.state,
        to=transition.to,
        by=actor.person if actor.name else _applicant(actor, application),
        at=now,
        note=note_of(site, application, given),
        reason=(given.code or None) if "reason" in transition.needs else None,
        consents=[each for each in application.consents if each.step == name],
    )
    values: dict[str, Any] = {
        "state": transition.to,
        "open": not state.final,
        "due": site.calendar.due(now, deadline) if (deadline := state.due or state.expires) else None,
        "updated_at": now,
    }
    if state.final:
        values["decided_at"] = now
    if transition.to != application.state or transition.anew:
        values["consents"] = []
    if "checklist" in transition.needs:
        values["checklist"] = list(given.checklist)
    values |= _assignment(actor, transition)
    pushed: dict[str, Any] = {"history": step.model_dump()}
    if reading is not None:
        values |= _submission(site, application, reading, now)
        pushed["submissions"] = Submission(
            round=application.round + 1, at=now, data=reading.data
        ).model_dump()
    if remarks := remarks_of(site, actor, application, given):
        pushed["remarks"] = {"$each": [remark.model_dump() for remark in remarks]}
    used = {} if "consents" in values else {"$pull": {"consents": {"step": name}}}
    return {"$set": values, "$push": pushed, "$inc": {"revision": 1}, **used}


def foreseen(site: Site, actor: Actor, application: Application, name: str, given: Given) -> Application:
    """The application as it would be after step `name`, but for what its effects bring about. Nothing is
    written, and nothing is asked: whether the step may be taken is another question."""
    transition = workflow_of(site, application).transitions[name]
    update = _update(site, actor, application, name, transition, given, None)
    return _applied(application, update)


def _applicant(actor: Actor, application: Application) -> Any:
    return actor.person.model_copy(update={"name": application.applicant.name or application.title})


def _assignment(actor: Actor, transition: Transition) -> dict[str, Any]:
    if transition.sets == "assignee":
        return {"assignee": actor.person.model_dump()}
    return {"assignee": None} if transition.clears == "assignee" else {}


def _submission(site: Site, application: Application, reading: Reading, now: datetime) -> dict[str, Any]:
    definition = compiled(site, application).definition
    before = application.data or {}
    data = {n: _affirmed_at(value, before.get(n), now.isoformat()) for n, value in reading.data.items()}
    reading.data.update(data)
    contact = definition.applications.contact
    applicant = application.applicant
    if applicant.account_id is None and contact is not None:
        applicant = Applicant(name=definition.title_of(data), email=str(data.get(contact) or ""))
    return {
        "data": data,
        "title": definition.title_of(data) or application.title,
        "applicant": applicant.model_dump(),
        "submitted_at": application.submitted_at or now,
    }


def _affirmed_at(value: Any, before: Any, moment: str) -> Any:
    """A declaration keeps the time it was first made in these words (R10, R86)."""
    if not isinstance(value, dict) or value.get("affirmed") is not True or "at" in value:
        return value
    if isinstance(before, dict) and before.get("text_version") == value.get("text_version"):
        return before
    return {**value, "at": moment}


async def take_within(
    site: Site, actor: Actor, application: Application, name: str, session: Session
) -> Application:
    """Take a step that asks for nothing in a transaction under way, for somebody it was asked before whether
    they may. Raises as the effects of the step do."""
    transition = workflow_of(site, application).transitions[name]
    given = Given(revision=application.revision)
    update = _update(site, actor, application, name, transition, given, None)
    return await _move(site, actor, application, name, update, given, session)


async def _move(
    site: Site,
    actor: Actor,
    application: Application,
    name: str,
    update: Update,
    given: Given,
    session: Session,
) -> Application:
    seen = {} if given.revision is None else {"revision": given.revision}
    transition = workflow_of(site, application).transitions[name]
    guard = {"_id": application.id, "state": application.state, **seen, **_still_consented(name, transition)}
    if _is_plain(application, transition, update, given.revision):
        moved = await _moved(application, guard, update, session)
    else:
        moved = await update_where(Application, guard, update, session)
    if moved is None:
        raise await _overtaken(site, actor, application, name, session)
    if transition.effects or transition.mail:
        moved = await _follow(Work(site, actor, moved, session, summed=given.summed), transition)
    await record_event(
        site,
        actor,
        f"application.{name}",
        subject_of(moved),
        session,
        operator_id=moved.operator_id,
        origin=application.state,
        to=moved.state,
        round=moved.round,
    )
    return moved


def _still_consented(name: str, transition: Transition) -> dict[str, Any]:
    """That the consents a step rests on stand at the moment it is taken."""
    needed = [{"$elemMatch": {"step": name, "party": each.party}} for each in transition.all_of]
    return {"consents": {"$all": needed}} if needed else {}


def _is_plain(application: Application, transition: Transition, update: Update, revision: int | None) -> bool:
    """Whether a step does nothing but move the application that was looked at: what it is afterwards is known
    without reading it again."""
    follows = transition.effects or transition.mail or transition.all_of or "submissions" in update["$push"]
    return not follows and revision == application.revision


async def _moved(
    application: Application, guard: Mapping[str, Any], update: Update, session: Session
) -> Application | None:
    done = await Application.raw().update_one(dict(guard), update, session=session)
    return _applied(application, update) if done.matched_count else None


def _applied(application: Application, update: Update) -> Application:
    """The application as `update` leaves it, which hands nothing over."""
    values, pushed = dict(update["$set"]), update["$push"]
    if values.get("assignee") is not None:
        values["assignee"] = Person.model_validate(values["assignee"])
    added = pushed.get("remarks", {}).get("$each", ())
    values |= {
        "history": [*application.history, Step.model_validate(pushed["history"])],
        "remarks": [*application.remarks, *map(Remark.model_validate, added)],
        "revision": application.revision + 1,
    }
    moved: Application = application.model_copy(update=values)
    return moved


async def _follow(work: Work, transition: Transition) -> Application:
    """What a step brings about: its effects, and the mails."""
    for call in transition.effects:
        if holds(call.when, facts_of(work.application)):
            await PERFORM[call.effect](work, call.parameters)
    moved = await _keep_outcome(work)
    await queue_mails(work, transition)
    return moved


async def _overtaken(
    site: Site, actor: Actor, application: Application, name: str, session: Session
) -> Exception:
    """Why the guard did not hold: the state moved (say who), or only the answers did."""
    found = await Application.raw().find_one({"_id": application.id}, session=session)
    if found is None:
        return NotFound("This application no longer exists.")
    if found["state"] != application.state:
        return already_done(site, actor, Application.model_validate(found), name)
    return RecordChanged("This application was changed in another window. Look at it again before you go on.")


async def _keep_outcome(work: Work) -> Application:
    """What the effects brought about, on the application."""
    if work.record is None or work.application.record_id is not None:
        return work.application
    values = {
        "record_id": work.record.id,
        "number": work.record.number,
        "operator_id": work.record.operator_id,
    }
    kept = await update_where(Application, {"_id": work.application.id}, {"$set": values}, work.session)
    return kept or work.application
