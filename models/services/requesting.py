"""Cases: applications that staff begin about an operator, and others of the staff review.

Whoever begins one is its applicant and nothing else (``models.permissions.persons``), as with a correction.
What comes of it is a record owned by the operator, who sees it only where the type's ``access`` says so."""

from collections.abc import Mapping
from typing import Any

from models.documents.application import Applicant, Application
from models.documents.base import Id
from models.documents.guarded import insert_or
from models.documents.record import Record
from models.documents.store import Session
from models.errors import AlreadyOpen, NotAllowed, NotFound
from models.language import Language
from models.permissions import Actor, allowed, is_applicant, require
from models.schema.definition import RecordType
from models.services.applications import find, form_of, may_type, operator_of, subject_of
from models.services.beginning import draft_about, next_reference, prefilled, require_needs
from models.services.events import record_event
from models.services.seeing import is_in_reach
from models.services.site import Site
from models.services.switches import require_writing

LISTED = 50
"""Most cases of one person listed."""


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


async def begin_case(
    site: Site,
    actor: Actor,
    type_name: str,
    operator_id: Id,
    answers: Mapping[str, Any] | None = None,
    *,
    language: Language = "ja",
    ground: str = "",
) -> Application:
    """Begin a case of a type about an operator: a draft with the form's defaults and those of `answers` (as
    they would be typed) that `actor` may give.

    Raises NotAllowed, NotFound (type or operator), TransitionRefused (needs not met), WritingStopped."""
    published = site.registry.current(type_name)
    if not may_begin_case(actor, published.definition):
        raise NotAllowed(rule="application.begin_case")
    await require_writing(site, actor)
    operator = await _operator(site, actor, operator_id)
    require_needs(published.definition, operator)
    application = draft_about(site, actor, published, await next_reference(site), operator, None)
    application.operator_id, application.language = operator.id, language
    application.by_staff, application.ground = True, ground.strip()
    application.applicant = Applicant(account_id=actor.account_id, name=actor.name, email=actor.email)
    application.certificate = None
    known = form_of(site, application).by_name
    given = {name: value for name, value in (answers or {}).items() if name in known}
    application.answers = prefilled(published.definition, None) | {
        name: value for name, value in given.items() if may_type(actor, known[name], application)
    }

    async def body(session: Session) -> None:
        await insert_or(AlreadyOpen(), application, session)
        subject = subject_of(application)
        await record_event(site, actor, "case.begun", subject, session, operator_id=operator.id)

    await site.store.transaction(body)
    return application


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
