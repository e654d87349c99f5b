"""Consents to the steps of a workflow that rest on several parties, as ``models.services.consents`` has them
for records: given on an application as it stands, taken back until the step is taken."""

from typing import Any, Literal

from models.documents.application import Application
from models.documents.guarded import update_where
from models.documents.record import Consent
from models.documents.store import Session
from models.errors import AlreadyDone, NotAllowed, NotFound, RecordChanged, TransitionRefused
from models.permissions import SYSTEM, Actor, may_view, persons
from models.services.applications import subject_of, workflow_of
from models.services.consents import (
    GIVEN,
    NOT_GIVEN,
    ONE_EACH,
    ConsentOffer,
    consent_of,
    consented_otherwise,
    party_standing,
    require_note,
    resting_on,
)
from models.services.events import record_event
from models.services.positions import standing_of
from models.services.seeing import require_in_reach
from models.services.sides import told_as, told_when
from models.services.site import Site
from models.services.steps import already_done, named, take_within
from models.services.switches import require_writing
from models.services.windows import require_open
from models.workflow.definition import Transition
from models.workflow.engine import missing_of, steps_with_consents

ELSEWHERE = "This application was changed in another window. Look at it again before you go on."

Given = Literal["given", "withdrawn"]


def standing_for(site: Site, actor: Actor, application: Application) -> list[ConsentOffer]:
    """The steps of an application that rest on consents, and how they stand for `actor`, who may see it. What
    the staff agree on among themselves is for them alone."""
    who, found = persons(actor, application), standing_of(application)
    return [
        ConsentOffer(
            name,
            step,
            tuple(
                party_standing(
                    site, actor, application.consents, name, each, who, named(site, each.party, application)
                )
                for each in step.all_of
            ),
        )
        for name, step in steps_with_consents(workflow_of(site, application), found)
        if actor.kind == "staff" or "applicant" in {each.party for each in step.all_of}
    ]


async def give(
    site: Site,
    actor: Actor,
    application: Application,
    step: str,
    party: str,
    note: str = "",
    *,
    revision: int,
) -> Application:
    """Consent to a step for one of its parties; one that is the program's is taken with the last consent, in
    the same transaction. Consents of others do not count as changes since the `revision` seen.

    Raises NotFound, NotAllowed, WritingStopped, SendingClosed, StepIncomplete (the note is too long),
    AlreadyDone, TransitionRefused (this person consented for another party), RecordChanged, and what the step
    itself raises."""
    transition = await _require_party(site, actor, application, step, party, note)
    if (found := consent_of(application.consents, step, party)) is not None:
        raise AlreadyDone(GIVEN, who=told_as(site, actor, found.by), when=told_when(site, found.at))
    if consented_otherwise(application.consents, actor, step, party):
        raise TransitionRefused(ONE_EACH)
    made = Consent(step=step, party=party, by=actor.person, at=site.now(), note=note.strip())
    own = {"step": step, "$or": [{"party": party}, {"by.id": actor.account_id}]}
    guard = {"consents": {"$not": {"$elemMatch": own}}}
    update = {"$push": {"consents": made.model_dump()}}

    async def body(session: Session) -> Application:
        kept = await _write(site, actor, application, revision, guard, update, session)
        await _tell(site, actor, kept, "given", step, party, session)
        if "system" in transition.by and not missing_of(transition, step, standing_of(kept)):
            return await take_within(site, SYSTEM, kept, step, session)
        return kept

    return await site.store.transaction(body)


async def withdraw(
    site: Site,
    actor: Actor,
    application: Application,
    step: str,
    party: str,
    note: str = "",
    *,
    revision: int,
) -> Application:
    """Take the consent of a party back, whoever of it gave it. Raises as ``give``; TransitionRefused where
    there is none."""
    await _require_party(site, actor, application, step, party, note)
    if consent_of(application.consents, step, party) is None:
        raise TransitionRefused(NOT_GIVEN)
    own = {"step": step, "party": party}
    update = {"$pull": {"consents": own}}

    async def body(session: Session) -> Application:
        guard = {"consents": {"$elemMatch": own}}
        kept = await _write(site, actor, application, revision, guard, update, session)
        await _tell(site, actor, kept, "withdrawn", step, party, session)
        return kept

    return await site.store.transaction(body)


async def _require_party(
    site: Site, actor: Actor, application: Application, step: str, party: str, note: str
) -> Transition:
    """Raise unless `actor` is that party of a step from here, and may write now."""
    if not may_view(actor, application):
        raise NotFound
    workflow = workflow_of(site, application)
    transition = resting_on(workflow, step, party, persons(actor, application))
    await require_writing(site, actor)
    require_open(site, actor, application, transition)
    await require_in_reach(site, actor, application)
    if application.state not in transition.origins:
        raise already_done(site, actor, application, step)
    if step not in dict(steps_with_consents(workflow, standing_of(application))):
        raise NotAllowed(rule=f"{workflow.name}.{step}.when")
    require_note(note)
    return transition


async def _write(
    site: Site,
    actor: Actor,
    application: Application,
    revision: int,
    guard: dict[str, Any],
    update: dict[str, Any],
    session: Session,
) -> Application:
    """Write to the application that was looked at. Its revision stays: a consent changes nothing anybody else
    is looking at."""
    seen = {"_id": application.id, "state": application.state, "revision": revision}
    kept = await update_where(Application, {**seen, **guard}, update, session)
    if kept is None:
        raise await _overtaken(site, actor, application, session)
    return kept


async def _overtaken(site: Site, actor: Actor, application: Application, session: Session) -> Exception:
    found = await Application.raw().find_one({"_id": application.id}, session=session)
    if found is None:
        return NotFound("This application no longer exists.")
    if found["state"] != application.state:
        return already_done(site, actor, Application.model_validate(found), "")
    return RecordChanged(ELSEWHERE)


async def _tell(
    site: Site,
    actor: Actor,
    application: Application,
    act: Given,
    step: str,
    party: str,
    session: Session,
) -> None:
    await record_event(
        site,
        actor,
        f"application.consent_{act}",
        subject_of(application),
        session,
        operator_id=application.operator_id,
        step=step,
        party=party,
    )
