"""Asking operators for an application: the staff's part filled in, the rest theirs, by a day.

A request is made once and worked off in the background: every operator it is for is asked in a transaction of
its own, exactly once a round (a unique index holds that), so that it goes on where a worker broke off."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from models.documents.application import Applicant, Application, Asked
from models.documents.base import Id, new_id
from models.documents.event import Subject
from models.documents.guarded import find_document, insert_or, update_where
from models.documents.record import Record
from models.documents.request import Request
from models.documents.store import Session
from models.errors import AlreadyOpen, AnswersInvalid, NotAllowed, NotFound, RequestRefused, TorokuError
from models.language import Language, Message
from models.permissions import SYSTEM, Actor, allowed, require
from models.schema.definition import RecordType
from models.schema.fault import AnswerError
from models.schema.fields import BaseField
from models.schema.reading import read_answers
from models.services.beginning import draft_about, keep_draft, next_reference, prefilled, require_needs
from models.services.carrying import as_carried
from models.services.day_words import due_words
from models.services.events import record_event
from models.services.messages import Letter, queue_letter
from models.services.recipients import people_of_operator
from models.services.rosters import with_rosters
from models.services.seeing import rows
from models.services.side_words import side_words
from models.services.site import Site
from models.workflow.definition import Duration
from models.workflow.engine import holds

BATCH = 25
"""Operators looked at before the worker writes down how far it is."""

MOST_NUMBERS = 1000
"""Most operators named one by one."""

TITLE_LIMIT = 100
"""Longest title of a request (characters)."""

LATEST = 730
"""Days ahead by which a request is due at the latest."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What staff ask for: of whom (numbers; None for all whose registration is in force), what they filled in
    themselves, by when; ``token`` makes a form that is sent twice one request."""

    title: str
    token: str
    whom: Sequence[str] | None
    answers: Mapping[str, Any]
    due: date | None = None
    language: Language = "ja"


def may_ask(actor: Actor, definition: RecordType) -> bool:
    """Whether `actor` may ask operators for an application of this type."""
    asking = definition.applications.asked
    open_to = set(asking.by) if asking is not None and definition.enabled else set()
    return allowed(actor, "request.make") and bool(open_to & actor.roles)


def askable(site: Site, actor: Actor) -> list[RecordType]:
    """The record types `actor` may ask for."""
    current = (published.definition for published in site.registry.all_current().values())
    return [definition for definition in current if may_ask(actor, definition)]


def asked_type(site: Site, actor: Actor, type_name: str) -> RecordType:
    """The type in force, when `actor` may ask for it. Raises NotFound, NotAllowed."""
    definition = site.registry.current(type_name).definition
    if not may_ask(actor, definition):
        raise NotAllowed(rule="request.make")
    return definition


def own_fields(definition: RecordType) -> list[BaseField]:
    """The fields staff fill in when they ask."""
    return [field for field in definition.fields if field.filled_by == "staff"]


async def ask(site: Site, actor: Actor, type_name: str, wish: Wish) -> Request:
    """Make a request; the worker asks the operators. Sent twice, it is made once.

    Raises NotFound, NotAllowed, AnswersInvalid (paths ``title``, ``whom``, ``due`` and the staff's own
    fields)."""
    definition = asked_type(site, actor, type_name)
    numbers = None if wish.whom is None else list(dict.fromkeys(wish.whom))
    errors = [*_flaws(site, wish, numbers), *_own_errors(site, definition, wish.answers)]
    errors += await _unknown(site, actor, numbers or ())
    if errors:
        raise AnswersInvalid(tuple(errors))
    request = Request(
        id=new_id(),
        round=f"{type_name}:{actor.account_id}:{wish.token[:64]}",
        type=type_name,
        title=wish.title.strip(),
        answers={field.name: wish.answers.get(field.name) for field in own_fields(definition)},
        whom=numbers,
        due=end_of(site, wish.due) if wish.due else term_of(site, definition),
        language=wish.language,
        by=actor.person,
        at=site.now(),
    )
    return await keep_once(site, actor, request, "request.made", title=request.title)


async def keep_once(site: Site, actor: Actor, request: Request, action: str, **told: Any) -> Request:
    """Store a request with its event; the one there is already where its round was asked before."""

    async def body(session: Session) -> None:
        await insert_or(AlreadyOpen(), request, session)
        await record_event(site, actor, action, subject_of(request), session, type=request.type, **told)

    if (known := await find_document(Request, {"round": request.round})) is not None:
        return known
    with suppress(AlreadyOpen):
        await site.store.transaction(body)
    found = await find_document(Request, {"round": request.round})
    if found is None:
        raise NotFound
    return found


def subject_of(request: Request) -> Subject:
    """A request as the subject of events."""
    return Subject(kind="request", id=request.id, label=request.title)


def end_of(site: Site, day: date) -> datetime:
    """The end of a day, as due dates are stored."""
    return datetime.combine(day + timedelta(days=1), time.min, site.calendar.zone)


def _flaws(site: Site, wish: Wish, numbers: Sequence[str] | None) -> list[AnswerError]:
    """What is wrong with a wish besides the staff's own fields."""
    found = []
    if not 0 < len(wish.title.strip()) <= TITLE_LIMIT:
        said = Message("Write a title of at most {limit} characters.", {"limit": TITLE_LIMIT})
        found.append(AnswerError("title", "required", said))
    if numbers is not None and not 0 < len(numbers) <= MOST_NUMBERS:
        values = {"limit": MOST_NUMBERS, **side_words(site)}
        said = Message("Name at least one {operator}, and at most {limit}.", values)
        found.append(AnswerError("whom", "required", said))
    if wish.due is not None and not site.today() < wish.due <= site.today() + timedelta(days=LATEST):
        found.append(AnswerError("due", "range", Message("Choose a day after today, within two years.")))
    return found


def _own_errors(site: Site, definition: RecordType, answers: Mapping[str, Any]) -> list[AnswerError]:
    """The errors of the staff's own fields."""
    names = {field.name for field in own_fields(definition)}
    published = site.registry.current(definition.name)
    variables = {
        "NOW": site.now(),
        "TODAY": site.today().isoformat(),
        "OPERATOR": {},
        "BEFORE": {},
        "TERMS": {},
    }
    reading = read_answers(published.compiled, dict(answers), variables)
    return [error for error in reading.errors if error.path.split(".")[0] in names]


async def _unknown(site: Site, actor: Actor, numbers: Sequence[str]) -> list[AnswerError]:
    """An error that names the numbers no operator in reach has."""
    own = site.configuration.site.operator_type
    where = {"$and": [{"number": {"$in": list(numbers)}}, rows(site, actor, own)]}
    found = site.records[own].collection.find(where, {"number": 1})
    known = {row["number"] async for row in found}
    missing = [number for number in numbers if number not in known]
    if not missing:
        return []
    values = {"numbers": ", ".join(missing[:10]), **side_words(site)}
    said = Message("There is no {operator} with these numbers: {numbers}.", values)
    return [AnswerError("whom", "unknown", said)]


# --- working it off ---------------------------------------------------------------------------------------


async def ask_some(site: Site) -> bool:
    """Ask the next operators of a request that waits; False when none does."""
    now = site.now()
    where = {"open": True, "$or": [{"rests_until": None}, {"rests_until": {"$lte": now}}]}
    row = await Request.raw().find_one(where, sort=[("rests_until", 1), ("_id", 1)])
    if row is None:
        return False
    request = Request.model_validate(row)
    found = await _next(site, request)
    asked = 0
    for operator in found:
        asked += await ask_one(site, request, operator)
    await _go_on(site, request, found, asked)
    return True


async def _next(site: Site, request: Request) -> list[Record]:
    """The next operators a request may be for, in the order of their ids."""
    where: dict[str, Any] = {} if request.place is None else {"_id": {"$gt": request.place}}
    if request.whom is not None:
        where["number"] = {"$in": request.whom}
    own = site.configuration.site.operator_type
    found = site.records[own].collection.find(where, {"grams": 0}).sort("_id", 1).limit(BATCH)
    return [Record.model_validate(row) async for row in found]


REST = timedelta(minutes=10)
"""How long a duty's request rests before operators that came meanwhile are looked for."""


async def _go_on(site: Site, request: Request, found: Sequence[Record], asked: int) -> None:
    """Write down how far a request is; a duty's begins anew after a while, any other is done."""
    over = len(found) < BATCH
    values: dict[str, Any] = {"place": None if over else found[-1].id}
    if over:
        values |= {"rests_until": site.now() + REST} if request.duty else {"open": False}
    where = {"_id": request.id, "place": request.place}
    await Request.raw().update_one(where, {"$set": values, "$inc": {"asked": asked}})


def is_for(site: Site, request: Request, operator: Record) -> bool:
    """Whether an operator is one of those a request is for."""
    return may_be_asked(site, site.registry.current(request.type).definition, operator, request.where)


def may_be_asked(site: Site, definition: RecordType, operator: Record, where: Mapping[str, Any]) -> bool:
    """Whether records of a type may be asked of an operator: registered and in force, it fulfils what the
    type needs, and `where`."""
    operator, own = as_carried(site, operator), site.registry.current(operator.type).definition
    state = site.lifecycles[own.lifecycle].states.get(operator.lifecycle)
    facts = {"operator": {**operator.data, "lifecycle": operator.lifecycle}}
    if state is None or not state.live or not holds(where, facts):
        return False
    try:
        require_needs(definition, operator)
    except TorokuError:
        return False
    return True


async def ask_one(site: Site, request: Request, operator: Record) -> bool:
    """Ask one operator: an application with the staff's part filled in, the mail and the event, in one
    transaction. False where it is not one of those asked, or was asked in this round."""
    seen = {"asked.round": request.round, "operator_id": operator.id}
    if not is_for(site, request, operator) or await Application.raw().find_one(seen, {"_id": 1}):
        return False
    application = await application_for(site, request, operator)

    async def body(session: Session) -> None:
        told = {"request": str(request.id), "title": request.title}
        await keep_draft(site, SYSTEM, application, "application.asked", session, **told)
        await tell(site, request, application, session)

    try:
        await site.store.transaction(body)
    except AlreadyOpen:
        return False
    return True


async def application_for(site: Site, request: Request, operator: Record) -> Application:
    """What one operator is asked to fill in: the staff's part is, and the rows of tables of its accounts."""
    published = site.registry.current(request.type)
    application = draft_about(site, SYSTEM, published, await next_reference(site), operator, None)
    application.operator_id, application.language = operator.id, request.language
    application.applicant = Applicant()
    given = {name: value for name, value in request.answers.items() if value not in (None, "")}
    answers = {**prefilled(published.definition, None), **given}
    application.answers = await with_rosters(site, published.definition, operator.id, answers)
    application.title = request.title
    application.due = due_of(site, request)
    application.asked = Asked(
        request=_id(request),
        round=request.round,
        by=request.by,
        at=site.now(),
        due=application.due,
        title=request.words,
    )
    return application


def _id(request: Request) -> Id:
    if request.id is None:
        raise RequestRefused
    return request.id


def due_of(site: Site, request: Request) -> datetime | None:
    """By when an operator asked now is to answer: the request's day; of a duty never less than the days
    everybody has."""
    definition = site.registry.current(request.type).definition
    if request.due is None:
        return None
    duty = next((each for each in definition.duties if each.name == request.duty), None)
    if duty is None:
        return request.due
    return max(request.due, _after(site, duty.least))


def term_of(site: Site, definition: RecordType) -> datetime | None:
    """By when the workflow's first state has an application asked for now answered; None without a term."""
    workflow = site.workflows[definition.applications.workflow]
    state = workflow.states[workflow.first]
    term = state.due or state.expires
    return site.calendar.due(site.now(), term) if term else None


def _after(site: Site, count: int) -> datetime:
    return site.calendar.due(site.now(), Duration(count=count, unit="business_days"))


async def tell(site: Site, request: Request, application: Application, session: Session) -> None:
    """Mail the operator's administrators what they are asked for."""
    asking = site.registry.current(request.type).definition.applications.asked
    if asking is None:
        return
    definition = site.registry.current(request.type).definition
    for recipient in await people_of_operator(site, application.operator_id):
        values = {
            "reference": application.reference,
            "record_type": definition.label(recipient.language),
            "title": request.called(recipient.language),
            "operator_name": application.operator_name,
            "due_date": due_words(site, application.due, recipient.language),
            "page": f"{site.base_url}/portal/asked/{application.reference}",
        }
        letter = Letter(
            template=asking.mail,
            recipient=recipient,
            cause=f"{application.id}:asked",
            to="operator",
            values=values,
            application_id=application.id,
            operator_id=application.operator_id,
        )
        await queue_letter(site, letter, session)


async def find_request(site: Site, actor: Actor, identifier: Id | None) -> Request:
    """One request. Raises NotAllowed, NotFound."""
    require(actor, "request.view")
    found = await find_document(Request, {"_id": identifier})
    if found is None or found.type not in site.registry.all_current():
        raise NotFound
    return found


async def close(site: Site, actor: Actor, request: Request) -> None:
    """Ask nobody else; what was asked stays. Raises NotAllowed, RequestRefused."""
    require(actor, "request.make")

    async def body(session: Session) -> None:
        if (
            await update_where(Request, {"_id": request.id, "open": True}, {"$set": {"open": False}}, session)
            is None
        ):
            raise RequestRefused("Nobody else is being asked any more.")
        await record_event(site, actor, "request.closed", subject_of(request), session)

    await site.store.transaction(body)
