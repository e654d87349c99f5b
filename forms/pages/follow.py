"""Following an application: where it stands and what to do; saving it for later, taking it back."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.check import place_of, sections_of
from forms.pages.draft import Draft, load_draft
from forms.pages.handing import hand_over
from forms.pages.step_check import to_record
from forms.pages.visit import Visit, go, page, read_form, text_of, visit_of
from forms.render.answers import Beside
from models.access import sees_type
from models.documents.application import Application
from models.documents.record import Record
from models.errors import AnswersInvalid, NotFound, TooManyRequests
from models.language import Text, translate
from models.schema.definition import kind_label
from models.services import (
    applications,
    assents,
    rebasing,
    records,
    repeating,
    resuming,
    revealing,
    submitting,
    uploads,
    waiting,
)
from models.services.applications import Entry
from models.services.desks import flow_for
from models.services.mailed import masked
from models.services.outlook import outlook_of
from models.services.rounds import rounds_of
from models.workflow.definition import State
from models.workflow.engine import holds


async def show_application(request: Request) -> Response:
    """The page an applicant comes back to."""
    visit = visit_of(request)
    draft = await load_draft(visit, visit.parameter("reference"))
    if draft.application.step:
        done = visit.request.query_params.get("done") == "submitted"
        return await to_record(visit, draft.application, "step_taken" if done else "")
    return await draw(draft)


async def draw(
    draft: Draft, *, banner: str = "", typed: Mapping[str, str] | None = None, status: int = 200
) -> Response:
    """The page of an application; with what a consent was refused for (`banner`) and what was `typed`."""
    visit = draft.visit
    outdated = draft.is_open and await rebasing.is_outdated(visit.site, draft.application)
    told = {**_standing(draft), **await _told(draft), **_possible(draft), "outdated": outdated}
    told["hidden"] = await revealing.hidden_in(visit.site, visit.actor, draft.application)
    told |= await _registered(draft)
    return page(visit, "application", {**told, "banner": banner, "typed": typed}, status=status)


def _standing(draft: Draft) -> dict[str, Any]:
    """Where the application stands, what lies ahead, and by when."""
    visit, application = draft.visit, draft.application
    state = state_of(visit, application)
    outlook = outlook_of(visit.site, application)
    return {
        "draft": draft,
        "application": application,
        "state": state,
        "kind": kind_label(draft.compiled.definition, application.kind),
        "type_label": draft.compiled.definition.label,
        "arrived": visit.request.query_params.get("done") == "submitted" and application.round > 0,
        "confirmed_to": masked(application.applicant.email) if _is_confirmed(draft) else "",
        "outlook": outlook,
        "held_by": held_by(visit, state),
        "next_by": held_by(visit, outlook.following) if outlook.following else "",
        "due": visit.site.calendar.due_day(application.due) if application.due else None,
        "days_left": days_left(visit, application) if draft.is_open else None,
    }


def _is_confirmed(draft: Draft) -> bool:
    """Whether the last step sent the applicant a mail."""
    application = draft.application
    steps = applications.workflow_of(draft.visit.site, application).transitions
    last = steps.get(application.history[-1].name) if application.history else None
    facts = applications.facts_of(application)
    return last is not None and any(call.to == "applicant" and holds(call.when, facts) for call in last.mail)


async def _told(draft: Draft) -> dict[str, Any]:
    """What was said and answered so far."""
    visit, application = draft.visit, draft.application
    steps = told_steps(visit, application)
    rounds = rounds_of(visit.site, visit.actor, application, visit.language)
    return {
        "steps": steps,
        "reason": steps[0][2] if steps else "",
        "rounds": [each for each in rounds if each.answered_at or not draft.is_open][::-1],
        "remarks": [
            (place_of(draft, path), _label(draft, path), texts) for path, texts in draft.remarks.items()
        ],
        "sections": await sections_of(draft, draft.read(), Beside(remarks=draft.remarks)),
    }


def _possible(draft: Draft) -> dict[str, Any]:
    """What can be done now."""
    site, actor, application = draft.visit.site, draft.visit.actor, draft.application
    return {
        "first": draft.first() if draft.is_open else "",
        "may_withdraw": submitting.withdrawal_step(site, actor, application) is not None,
        "consents": assents.standing_for(site, actor, application),
        "may_repeat": repeating.may_repeat(site, actor, application),
    }


async def _registered(draft: Draft) -> dict[str, Any]:
    """What came of it, as the operator sees it now: where it is, how it stands, whose turn it is; and whether
    the last step put it there."""
    visit, application = draft.visit, draft.application
    steps = applications.workflow_of(visit.site, application).transitions
    last = steps.get(application.history[-1].name) if application.history else None
    entered = last is not None and last.registers
    told = {"entered": entered, "record": None, "record_href": "", "record_state": None, "waits": None}
    record = await _record_of(draft) if entered or application.number else None
    if record is None:
        return told
    states = flow_for(visit.site, visit.actor, draft.compiled.definition).states
    return {
        **told,
        "record": record,
        "record_href": f"/portal/{record.type}/{record.number}",
        "record_state": states.get(record.lifecycle),
        "waits": waiting.of_record(visit.site, visit.actor, record),
    }


async def _record_of(draft: Draft) -> Record | None:
    """The record an application registered or changed; None where it is gone or not for them to see."""
    visit, application = draft.visit, draft.application
    if visit.actor.kind != "operator" or not sees_type(visit.actor, draft.compiled.definition):
        return None
    number = application.number
    if not number and application.record_id is not None:
        row = await visit.site.records[application.type].row(application.record_id)
        number = str(row["number"]) if row else None
    with suppress(NotFound):
        return await records.find_own(visit.site, visit.actor, application.type, number or "")
    return None


def days_left(visit: Visit, application: Application) -> int | None:
    """How many business days are left to correct an application, today included; None where no day is set or
    it was never handed over."""
    if application.due is None or application.round == 0:
        return None
    calendar, today = visit.site.calendar, visit.site.today()
    last = calendar.due_day(application.due)
    return calendar.business_days(today, last) + calendar.is_business_day(today)


def state_of(visit: Visit, application: Application) -> State:
    """The state an application is in, as its workflow describes it."""
    return applications.workflow_of(visit.site, application).states[application.state]


def held_by(visit: Visit, state: State) -> str:
    """Whose turn it is, in words; "" when it is over."""
    if state.final or state.held_by is None:
        return ""
    if state.held_by == "applicant":
        return translate("You (the applicant)", visit.language)
    roles = visit.site.configuration.site.roles
    return roles.get(state.held_by, visit.site.configuration.site.organisation)(visit.language)


def told_steps(visit: Visit, application: Application) -> list[tuple[Entry, datetime, str]]:
    """What happened, newest first, each with its local time. What staff note among themselves stays there:
    a note is told where the step hands the application back or ends it."""
    workflow = applications.workflow_of(visit.site, application)
    entries = applications.timeline(visit.site, application, visit.language)
    told = []
    for entry, step in zip(entries, application.history, strict=True):
        target = workflow.states.get(step.to)
        for_applicant = target is not None and (target.final or target.held_by == "applicant")
        note = entry.note if for_applicant else ""
        told.append((entry, entry.at.astimezone(visit.site.calendar.zone), note))
    return told[::-1]


def _label(draft: Draft, path: str) -> str:
    target = draft.seen.by_name.get(path.split(".")[0])
    return (target.label if target else Text(ja=path))(draft.visit.language)


async def ask_address(request: Request) -> Response:
    """Saved: where should the link go that opens it again?"""
    visit = visit_of(request)
    draft = await load_draft(visit, visit.parameter("reference"))
    if draft.application.step:
        return await to_record(visit, draft.application, "saved")
    return _save_page(draft, _known_address(draft), sent=False) if draft.is_open else go(draft.address)


async def send_link(request: Request) -> Response:
    """Mail the link that opens this draft again."""
    visit = visit_of(request)
    form = await read_form(request)
    draft = await load_draft(visit, visit.parameter("reference"))
    if draft.application.step:
        return await to_record(visit, draft.application, "saved")
    email = text_of(form, "email")
    try:
        await resuming.send_resume_link(visit.site, visit.actor, draft.application, email)
    except AnswersInvalid as error:
        errors = [(f"#{problem.path}", problem.message(visit.language)) for problem in error.errors]
        return _save_page(draft, email, sent=False, errors=errors)
    except TooManyRequests as error:
        said = translate(error.public, visit.language, **error.values)
        return _save_page(draft, email, sent=False, errors=[("#email", said)], status=error.status)
    return _save_page(draft, email, sent=True)


def _known_address(draft: Draft) -> str:
    contact = draft.compiled.definition.applications.contact
    answered = draft.application.answers.get(contact) if contact else None
    return draft.application.applicant.email or str(answered or "")


def _save_page(draft: Draft, email: str, *, sent: bool, errors: object = (), status: int = 422) -> Response:
    state = state_of(draft.visit, draft.application)
    wanted = draft.visit.request.query_params.get("page", "")
    context = {
        "draft": draft,
        "email": email,
        "sent": sent,
        "errors": errors,
        "keeps": state.help,
        "resume": draft.page_address(wanted) if wanted in draft.plan.by_page else draft.first(),
    }
    return page(draft.visit, "save", context, status=status if errors else 200)


async def ask_withdraw(request: Request) -> Response:
    """Really take it back?"""
    visit = visit_of(request)
    draft = await load_draft(visit, visit.parameter("reference"))
    if submitting.withdrawal_step(visit.site, visit.actor, draft.application) is None:
        return go(draft.address)
    return page(visit, "withdraw", {"draft": draft, "type_label": draft.compiled.definition.label})


async def withdraw(request: Request) -> Response:
    """Take it back for good."""
    visit = visit_of(request)
    draft = await load_draft(visit, visit.parameter("reference"))
    await submitting.withdraw(visit.site, visit.actor, draft.application)
    return go(f"{draft.address}?done=withdrawn")


async def hand_out(request: Request) -> Response:
    """An upload of one's own application, as a download: nothing uploaded is opened as a page here."""
    visit = visit_of(request)
    application = await applications.find(visit.site, visit.actor, visit.parameter("reference"))
    stored, content = await uploads.open_upload(visit.site, visit.actor, application, visit.parameter("id"))
    return hand_over(stored, content)
