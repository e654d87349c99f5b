"""Reminders before something is due, and the word to the staff when it is overdue: each once."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from models.configuration.mail import DUE_SOON, OVERDUE
from models.documents.application import Application
from models.documents.event import Subject
from models.documents.guarded import update_where
from models.documents.request import Request
from models.documents.store import Session
from models.language import Language
from models.permissions import SYSTEM
from models.services import answered
from models.services.applications import subject_of
from models.services.day_words import due_words
from models.services.duties import duties_of, duty_of, span_of
from models.services.events import record_event
from models.services.messages import Letter, Recipient, is_written, queue_letter
from models.services.post import values_of
from models.services.recipients import people_of_operator, people_of_role
from models.services.site import Site
from models.services.terms_of_records import moment_before
from models.services.waiting import types_of
from models.workflow.definition import Duration, State

FURTHEST = timedelta(days=120)
"""How long before it is due anybody is reminded at the earliest."""

BATCH = 200


def reminding(site: Site) -> Iterator[tuple[list[str], str, State]]:
    """The states that remind their applicant, by themselves or by a duty: the types that go through them,
    their name, the state."""
    owed = {definition.name for definition, duty in duties_of(site) if duty.remind}
    for name, workflow in site.workflows.items():
        types = types_of(site, name)
        for key, state in workflow.states.items():
            told = types if state.remind else [each for each in types if each in owed and state.initial]
            if told and not state.final:
                yield told, key, state


async def remind_some(site: Site) -> bool:
    """Send the reminders whose time has come; False when there were none. What was sent is written into the
    application in the mail's transaction, so that nobody is reminded twice of one day."""
    if not is_written(site, DUE_SOON):
        return False
    sent = 0
    for types, name, state in reminding(site):
        async for row in _near(site, types, name):
            sent += await _remind(site, Application.model_validate(row), state)
    return sent > 0


def _near(site: Site, types: list[str], state: str) -> Any:
    now = site.now()
    where = {
        "open": True,
        "due": {"$gt": now, "$lte": now + FURTHEST},
        "state": state,
        "type": {"$in": types},
        "by_staff": {"$ne": True},
    }
    return Application.raw().find(where).sort("due", 1).batch_size(BATCH)


async def _remind(site: Site, application: Application, state: State) -> bool:
    """Send the latest reminder whose time has come, unless it was sent."""
    if application.due is None:
        return False
    times = [moment_before(site, application.due, before) for before in _ahead(site, application, state)]
    passed = [place for place, moment in enumerate(times) if moment <= site.now()]
    if not passed:
        return False
    latest = max(passed, key=lambda place: times[place])
    mark = f"{len(application.history)}:{latest}"
    if application.reminded == mark:
        return False
    return await _send(site, application, mark)


def _ahead(site: Site, application: Application, state: State) -> Sequence[Duration]:
    """How long before it is due: what was asked by a duty and never sent, as the duty says."""
    duty = duty_of(site, application)
    if duty is None or not duty.remind or application.submitted_at is not None:
        return state.remind
    return [span_of(term) for term in duty.remind]


async def _send(site: Site, application: Application, mark: str) -> bool:
    seen = {
        "_id": application.id,
        "revision": application.revision,
        "reminded": application.reminded or {"$in": ["", None]},
    }

    async def body(session: Session) -> bool:
        if await update_where(Application, seen, {"$set": {"reminded": mark}}, session) is None:
            return False
        for recipient in await _addressees(site, application):
            letter = Letter(
                template=DUE_SOON,
                recipient=recipient,
                cause=f"{application.id}:remind:{mark}:{application.due}",
                to="applicant",
                values=_values(site, application, recipient),
                application_id=application.id,
                operator_id=application.operator_id,
                until=application.due,
            )
            await queue_letter(site, letter, session)
        subject, operator = subject_of(application), application.operator_id
        await record_event(site, SYSTEM, "application.reminded", subject, session, operator_id=operator)
        return True

    return await site.store.transaction(body)


def _values(site: Site, application: Application, recipient: Recipient) -> Mapping[str, str]:
    page = f"{site.base_url}/applications/{application.reference}"
    return {**values_of(site, application, recipient.language), "page": page}


async def _addressees(site: Site, application: Application) -> list[Recipient]:
    """Whoever applies; for what an operator was asked for, its administrators."""
    applicant = application.applicant
    if applicant.email:
        return [Recipient(applicant.email, applicant.name, application.language)]
    return await people_of_operator(site, application.operator_id)


async def tell_overdue(site: Site) -> bool:
    """Tell the staff who may ask for it of one request whose day has passed with answers missing; False when
    there is none to look at. Told once."""
    where = {"told_overdue_at": None, "due": {"$lte": site.now()}}
    row = await Request.raw().find_one(where, sort=[("due", 1), ("_id", 1)])
    if row is None:
        return False
    request = Request.model_validate(row)
    late = {"asked.request": request.id, "open": True, "submitted_at": None}
    count = await Application.raw().count_documents(late)

    async def body(session: Session) -> None:
        seen = {"_id": request.id, "told_overdue_at": None}
        if await update_where(Request, seen, {"$set": {"told_overdue_at": site.now()}}, session) is None:
            return
        if count:
            await _alarm(site, request, count, session)

    await site.store.transaction(body)
    return True


async def _alarm(site: Site, request: Request, count: int, session: Session) -> None:
    subject = Subject(kind="request", id=request.id, label=request.title)
    await record_event(site, SYSTEM, "request.overdue", subject, session, count=count)
    asking = site.registry.current(request.type).definition.applications.asked
    if asking is None or not is_written(site, OVERDUE):
        return
    waiting = await answered.unanswered(site, request)
    for recipient in [each for role in asking.by or ("reviewer",) for each in await people_of_role(role)]:
        values = {
            "title": request.called(recipient.language),
            "count": str(count),
            "operators": listed(waiting, count, recipient.language),
            "due_date": due_words(site, request.due, recipient.language),
            "page": f"{site.base_url}/admin/requests/{request.id}",
        }
        letter = Letter(OVERDUE, recipient, f"{request.id}:overdue", "staff", values)
        await queue_letter(site, letter, session)


def listed(operators: Sequence[tuple[str, str]], count: int, language: Language) -> str:
    """Operators (name, number) in a row; dots where there are more than these."""
    form, comma = ("{}（{}）", "、") if language == "ja" else ("{} ({})", ", ")
    told = [form.format(*each) for each in operators]
    return comma.join([*told, "…"] if count > len(told) else told)
