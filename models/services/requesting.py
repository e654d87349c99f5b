"""Cases: applications that staff begin about an operator or the organisation, and others of the staff review.

Whoever begins one is its applicant and nothing else (``models.permissions.persons``), as with a correction.
What comes of it is a record owned by the operator, who sees it only where the type's ``access`` says so, or
one of the organisation's own, which no operator sees."""

from collections.abc import Mapping
from typing import Any

from models.documents.application import Application
from models.documents.base import Id
from models.documents.record import Record
from models.documents.store import Session
from models.errors import AnswersInvalid, NotAllowed, NotFound, RequestRefused
from models.language import Language, Message
from models.permissions import Actor, allowed, is_applicant, require
from models.schema.definition import RecordType
from models.schema.fault import AnswerError
from models.services.addressees import operators_in_reach
from models.services.applications import find, form_of, may_type, operator_of
from models.services.beginning import draft_about, keep_draft, next_reference, prefilled, require_needs
from models.services.rosters import with_rosters
from models.services.seeing import is_in_reach, rows
from models.services.side_words import side_words
from models.services.site import Site
from models.services.switches import require_writing

LISTED = 50
"""Most cases of one person listed."""

GROUND_LIMIT = 500
"""Longest ground of a case (characters)."""


def beginnable(site: Site, actor: Actor) -> list[RecordType]:
    """The record types of which this member of staff may begin a case."""
    current = (published.definition for published in site.registry.all_current().values())
    return [definition for definition in current if may_begin_case(actor, definition)]


def may_begin_case(actor: Actor, definition: RecordType) -> bool:
    """Whether `actor` may begin a case of this type."""
    applications = definition.applications
    open_to = set(applications.begun_by) - {"applicant"}
    named = definition.enabled and "register" in applications.kinds and bool(open_to & actor.roles)
    return named and actor.kind == "staff" and allowed(actor, "application.begin_case")


def case_type(site: Site, actor: Actor, type_name: str) -> RecordType:
    """The type in force of which `actor` may begin a case. Raises NotFound, NotAllowed."""
    definition = site.registry.current(type_name).definition
    if not may_begin_case(actor, definition):
        raise NotAllowed(rule="application.begin_case")
    return definition


async def begin_case(
    site: Site,
    actor: Actor,
    type_name: str,
    operator_id: Id | None = None,
    answers: Mapping[str, Any] | None = None,
    *,
    language: Language = "ja",
    ground: str = "",
) -> Application:
    """Begin a case of a type about an operator, or, where its records are the organisation's own, about none:
    a draft with the form's defaults and those of `answers` (as they would be typed) that `actor` may give.

    Raises NotAllowed, NotFound (type or operator), TransitionRefused (needs not met), RequestRefused (ground
    too long)."""
    definition = case_type(site, actor, type_name)
    published = site.registry.current(type_name)
    await require_writing(site, actor)
    if len(ground.strip()) > GROUND_LIMIT:
        raise RequestRefused("The reason is longer than {limit} characters.", limit=GROUND_LIMIT)
    operator = None if definition.is_ours else await _operator(site, actor, operator_id)
    require_needs(definition, operator)
    application = draft_about(site, actor, published, await next_reference(site), operator, None)
    application.operator_id, application.language = operator.id if operator else None, language
    application.ground = ground.strip()
    _fill_in(site, actor, application, definition, answers or {})
    whose, filled = application.operator_id, application.answers
    application.answers = await with_rosters(site, definition, whose, filled)

    async def body(session: Session) -> None:
        await keep_draft(site, actor, application, "case.begun", session)

    await site.store.transaction(body)
    return application


def _fill_in(
    site: Site, actor: Actor, application: Application, definition: RecordType, answers: Mapping[str, Any]
) -> None:
    """Fill the draft of a case with the form's defaults and those of `answers` that `actor` may give."""
    known = form_of(site, application).by_name
    given = {name: value for name, value in answers.items() if name in known}
    application.answers = prefilled(definition, None) | {
        name: value for name, value in given.items() if may_type(actor, known[name], application)
    }


async def begin_case_about(
    site: Site, actor: Actor, type_name: str, number: str, *, language: Language = "ja", ground: str = ""
) -> Application:
    """``begin_case`` about the operator with this number; the number is not looked at where the case is about
    no operator. Raises as that, and AnswersInvalid (path ``operator``) where there is none."""
    if case_type(site, actor, type_name).is_ours:
        return await begin_case(site, actor, type_name, language=language, ground=ground)
    operator = await operator_by_number(site, actor, number)
    return await begin_case(site, actor, type_name, operator.id, language=language, ground=ground)


async def operator_by_number(site: Site, actor: Actor, number: str) -> Record:
    """The operator with this number. Raises AnswersInvalid (path ``operator``) where there is none."""
    own = site.configuration.site.operator_type
    try:
        return await site.records[own].by_number(number.strip()[:64], rows(site, actor, own))
    except NotFound as error:
        message = Message("There is no {operator} with this number.", side_words(site))
        raise AnswersInvalid((AnswerError("operator", "unknown", message),)) from error


async def find_operators(site: Site, actor: Actor, text: str, limit: int) -> list[Record]:
    """Operators whose number, name or code holds `text` (at most `limit`)."""
    require(actor, "application.begin_case")
    return await operators_in_reach(site, actor, text, limit)


async def _operator(site: Site, actor: Actor, operator_id: Id | None) -> Record:
    """The operator a case is about. Raises NotFound for one there is not, or not in reach."""
    found = await operator_of(site, operator_id)
    if found is None or not await is_in_reach(site, actor, found.type, found.id):
        raise NotFound
    return found


async def find_case(site: Site, actor: Actor, reference: str) -> Application:
    """A case this member of staff began. Raises NotFound for anything else."""
    require(actor, "application.begin_case")
    application = await find(site, actor, reference)
    if not application.by_staff or application.kind != "register" or not is_applicant(actor, application):
        raise NotFound
    return application


async def my_cases(site: Site, actor: Actor) -> list[Application]:
    """The cases this member of staff began, newest first (at most LISTED)."""
    require(actor, "application.begin_case")
    del site
    where = {"applicant.account_id": actor.account_id, "by_staff": True, "kind": "register"}
    return await Application.find(where).sort("-updated_at").limit(LISTED).to_list()
