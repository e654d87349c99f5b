"""Bringing an application up to the record in force: what only the record changed is taken over, what only
the application changed stays, and where both did somebody says which holds."""

import copy
from collections.abc import Mapping
from typing import Any

from models.documents.application import Application, Step
from models.documents.guarded import update_where
from models.documents.store import Session
from models.errors import AnswersInvalid, NotAllowed, NotFound, RecordChanged, TransitionRefused
from models.language import Message
from models.permissions import Actor, allowed, may_view, persons, require
from models.schema.definition import RecordType
from models.schema.reading import Reading, read_data
from models.services.applications import (
    compiled,
    form_of,
    is_with_applicant,
    read,
    require_applicant,
    subject_of,
)
from models.services.conflicts import Conflict, Moved, conflict_of, seen_in
from models.services.events import record_event
from models.services.seeing import require_in_reach, worded_for
from models.services.site import Site
from models.services.switches import require_writing
from models.services.variables import variables_of

STEP = "rebase"
"""How it is called in the history."""

NEWER_FORM = Message(
    "The record was written with a newer form since. Return the application, so that it is begun again."
)
GONE = Message("The record this application is about is no longer in force.")
UNSEEN = Message(
    "Both sides changed an answer you may not see. Hand the application over to somebody who may."
)

BEGIN_ANEW = Message(
    "The registration was renewed with a newer form since. Leave this application, and begin another."
)
ASK_OFFICE = Message("Both sides changed an answer you may not see. Please ask the office.")


async def rebase(
    site: Site,
    actor: Actor,
    application: Application,
    choices: Mapping[str, str],
    revision: int,
) -> Application:
    """Bring an application in one's charge up to the record in force. `choices` says ``theirs`` or ``ours``
    for every path both sides changed.

    Data, answers, base revision, history and event are written in one transaction, guarded by `revision`.
    Raises NotFound, NotAllowed, TransitionRefused (nothing to do, not now, not every choice made),
    AnswersInvalid (the outcome breaks a rule of the form), RecordChanged (somebody was faster)."""
    await _require_theirs(site, actor, application)
    conflict = await conflict_of(site, application)
    if conflict is None:
        raise TransitionRefused("The application stands on the registered information in force already.")
    if (refusal := hindrance(site, actor, application, conflict)) is not None:
        raise TransitionRefused(refusal.msgid)
    taken = _taken(conflict, choices)
    reading = await _read(site, actor, application, _merged(application, taken))
    update = _update(site, actor, application, conflict, taken, reading)

    async def body(session: Session) -> Application:
        return await _write(site, actor, application, conflict, taken, update, revision, session)

    return await site.store.transaction(body)


def may_rebase(actor: Actor, site: Site, application: Application) -> bool:
    """Whether it is in this actor's charge to bring the application up to date, and the time for it."""
    who = persons(actor, application)
    theirs = "assignee" in who and "applicant" not in who and allowed(actor, "application.rebase")
    return theirs and application.open and not is_with_applicant(site, application)


def hindrance(site: Site, actor: Actor, application: Application, conflict: Conflict) -> Message | None:
    """Why it cannot be done, whoever asks; None where it can."""
    lifecycle = site.lifecycles[site.registry.current(application.type).definition.lifecycle]
    state = lifecycle.states.get(conflict.record.lifecycle)
    if state is None or not state.live:
        return GONE
    if conflict.lost:
        return NEWER_FORM
    seen = {each.path for each in seen_in(actor, site, application, conflict)}
    if any(each.path not in seen for each in conflict.asked):
        return UNSEEN
    return None


async def own_conflict(site: Site, actor: Actor, application: Application) -> Conflict | None:
    """What changed on both sides of an application that is with its applicant: theirs is what they typed so
    far. None where it stands on the record in force. Raises NotFound, TransitionRefused (not their turn)."""
    require_applicant(site, actor, application)
    return await conflict_of(site, await _as_typed(site, application))


async def is_outdated(site: Site, application: Application) -> bool:
    """Whether the record an open application is about was changed since it began."""
    if application.record_id is None or not application.open:
        return False
    record = await site.records[application.type].get(application.record_id)
    return record is not None and record.revision != application.base_revision


async def _as_typed(site: Site, application: Application) -> Application:
    typed: Application = application.model_copy(update={"data": (await read(site, application)).data})
    return typed


async def renew(
    site: Site,
    actor: Actor,
    application: Application,
    choices: Mapping[str, str],
    revision: int,
) -> Application:
    """Bring an application that is with its applicant up to the record in force: what only the record changed
    is typed in, what only they typed stays. `choices` says ``theirs`` (the record's) or ``ours`` for every
    path both changed. Nothing is checked yet: the pages concerned are to be looked at again.

    Answers, base revision, history and event are written in one transaction, guarded by `revision`. Raises
    NotFound, TransitionRefused (nothing to do, not their turn, not every choice made), RecordChanged."""
    await require_writing(site, actor)
    conflict = await own_conflict(site, actor, application)
    if conflict is None:
        raise TransitionRefused("The application stands on the registered information in force already.")
    if (refusal := own_hindrance(site, actor, application, conflict)) is not None:
        raise TransitionRefused(refusal.msgid)
    taken, typed = _taken(conflict, choices), await _as_typed(site, application)
    update = _renewal(site, actor, typed, conflict, taken)

    async def body(session: Session) -> Application:
        return await _write(site, actor, application, conflict, taken, update, revision, session)

    return await site.store.transaction(body)


def own_hindrance(site: Site, actor: Actor, application: Application, conflict: Conflict) -> Message | None:
    """As ``hindrance``, in words for the applicant."""
    found = hindrance(site, actor, application, conflict)
    return BEGIN_ANEW if found is NEWER_FORM else ASK_OFFICE if found is UNSEEN else found


def _renewal(
    site: Site, actor: Actor, typed: Application, conflict: Conflict, taken: list[Moved]
) -> dict[str, Any]:
    definition, data = compiled(site, typed).definition, _merged(typed, taken)
    names = {each.path.split(".")[0] for each in taken}
    answers = {**typed.answers, **{n: definition.by_name[n].unparse(data.get(n)) for n in names}}
    again = {page.name for page in definition.laid_out if names & set(page.fields)}
    values = {
        "answers": {name: value for name, value in answers.items() if value is not None},
        "base_revision": conflict.record.revision,
        "pages_done": [name for name in typed.pages_done if name not in again],
        "consents": [],
        "title": definition.title_of(data) or typed.title,
        "updated_at": site.now(),
    }
    step = _step(site, actor, typed, conflict)
    return {"$set": values, "$push": {"history": step.model_dump()}, "$inc": {"revision": 1}}


async def _require_theirs(site: Site, actor: Actor, application: Application) -> None:
    if not may_view(actor, application):
        raise NotFound
    await require_in_reach(site, actor, application)
    require(actor, "application.rebase")
    if "assignee" not in persons(actor, application):
        raise NotAllowed("Only the reviewer in charge can do this.", rule="application.rebase")
    if not may_rebase(actor, site, application):
        raise TransitionRefused


def _taken(conflict: Conflict, choices: Mapping[str, str]) -> list[Moved]:
    """What is taken over from the record in force. Raises TransitionRefused unless every choice is made."""
    left = sum(choices.get(each.path) not in ("theirs", "ours") for each in conflict.asked)
    if left:
        raise TransitionRefused(
            "Choose which value holds for {count} answers that both sides changed.", count=left
        )
    return [
        each
        for each in conflict.moved
        if each.side == "theirs" or (each.side == "both" and choices[each.path] == "theirs")
    ]


def _merged(application: Application, taken: list[Moved]) -> dict[str, Any]:
    data = copy.deepcopy(application.data or {})
    for each in taken:
        *around, name = each.path.split(".")
        here = data
        for group in around:
            if not isinstance(here.get(group), dict):
                here[group] = {}
            here = here[group]
        here[name] = each.theirs
    return data


async def _read(site: Site, actor: Actor, application: Application, data: dict[str, Any]) -> Reading:
    """The outcome, by the rules of the form the application is pinned to. Raises AnswersInvalid."""
    form = form_of(site, application)
    asked = {field.name for field in form.fields if field.stored and field.asked}
    given = {name: value for name, value in data.items() if name in asked and value is not None}
    reading = read_data(compiled(site, application), given, await variables_of(site, application))
    if reading.errors:
        raise AnswersInvalid(worded_for(actor, form, reading.errors))
    return reading


def _update(
    site: Site,
    actor: Actor,
    application: Application,
    conflict: Conflict,
    taken: list[Moved],
    reading: Reading,
) -> dict[str, Any]:
    definition, step = compiled(site, application).definition, _step(site, actor, application, conflict)
    values = {
        "data": reading.data,
        "answers": _answers(definition, application, taken, reading),
        "base_revision": conflict.record.revision,
        "title": definition.title_of(reading.data) or application.title,
        "consents": [],
        "updated_at": step.at,
    }
    return {"$set": values, "$push": {"history": step.model_dump()}, "$inc": {"revision": 1}}


def _step(site: Site, actor: Actor, application: Application, conflict: Conflict) -> Step:
    return Step(
        name=STEP,
        origin=application.state,
        to=application.state,
        by=actor.person,
        at=site.now(),
        note=f"{application.base_revision} → {conflict.record.revision}",
    )


def _answers(
    definition: RecordType, application: Application, taken: list[Moved], reading: Reading
) -> dict[str, Any]:
    """What the applicant would find typed, were it returned: their own words where nothing was taken over."""
    answers = dict(application.answers)
    for name in {each.path.split(".")[0] for each in taken}:
        answers[name] = definition.by_name[name].unparse(reading.data.get(name))
    return {name: value for name, value in answers.items() if value is not None}


async def _write(
    site: Site,
    actor: Actor,
    application: Application,
    conflict: Conflict,
    taken: list[Moved],
    update: Mapping[str, Any],
    revision: int,
    session: Session,
) -> Application:
    record = await site.records[application.type].get(conflict.record.id, session)
    if record is None or record.revision != conflict.record.revision:
        raise RecordChanged
    guard = {"_id": application.id, "state": application.state, "revision": revision}
    kept = await update_where(Application, guard, update, session)
    if kept is None:
        raise RecordChanged(
            "This application was changed in another window. Look at it again before you go on."
        )
    await record_event(
        site,
        actor,
        "application.rebase",
        subject_of(kept),
        session,
        operator_id=kept.operator_id,
        origin=application.base_revision,
        to=record.revision,
        taken=[each.path for each in taken],
    )
    return kept
