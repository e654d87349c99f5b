"""The pages of a signed-in operator."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.follow import held_by, state_of
from forms.pages.visit import Visit, go, operator_visit, page, read_form, text_of
from forms.render.answers import tell_sections
from models.documents.application import Application
from models.documents.record import Record
from models.errors import AnswersInvalid, NotFound
from models.permissions import allowed
from models.schema.definition import KIND_LABELS, Kind, RecordType
from models.services import accounts, applications, notices, records, seeing

RECENT = 5
"""Notices on the first page."""


async def show_portal(request: Request) -> Response:
    """What waits for me, my applications, my records, what is new."""
    visit = operator_visit(request)
    found = [told(visit, application) for application in await applications.mine(visit.site, visit.actor)]
    own = await applications.operator_of(visit.site, visit.actor.operator_id)
    context = {
        "waiting": [row for row in found if row["yours"]],
        "applications": [row for row in found if not row["yours"]],
        "own": own,
        "own_type": visit.site.registry.current(visit.site.configuration.site.operator_type).definition,
        "types": applications.offered(visit.site, visit.actor),
        "news": await notices.for_actor(visit.site, visit.actor, RECENT),
    }
    return page(visit, "portal", context)


def told(visit: Visit, application: Application) -> Mapping[str, Any]:
    """One application as a line of a list."""
    state = state_of(visit, application)
    definition = applications.compiled(visit.site, application).definition
    return {
        "application": application,
        "type_label": definition.label,
        "kind": KIND_LABELS[application.kind],
        "state": state.label,
        "held_by": held_by(visit, state),
        "yours": state.held_by == "applicant" and not state.final,
        "due": visit.site.calendar.due_day(application.due) if application.due else None,
        "updated": application.updated_at.astimezone(visit.site.calendar.zone),
    }


def definition_of(visit: Visit) -> RecordType:
    """The record type an address names. Raises NotFound."""
    definition = visit.site.registry.current(visit.parameter("record_type")).definition
    if not definition.enabled:
        raise NotFound
    return definition


async def list_records(request: Request) -> Response:
    """My operator's records of one type."""
    visit = operator_visit(request)
    definition = definition_of(visit)
    context = {
        "definition": definition,
        "lifecycle": visit.site.lifecycles[definition.lifecycle],
        "records": await records.list_own(visit.site, visit.actor, definition.name),
        "may_begin": applications.may_begin(visit.site, visit.actor, definition, "register"),
        "zone": visit.site.calendar.zone,
    }
    return page(visit, "records", context)


async def new_record(request: Request) -> Response:
    """A new record begins with an application."""
    return go(f"/apply/{definition_of(operator_visit(request)).name}")


async def show_record(request: Request) -> Response:
    """One record as it is in force, and what can be applied for."""
    visit = operator_visit(request)
    definition = definition_of(visit)
    record = await records.find_own(visit.site, visit.actor, definition.name, visit.parameter("number"))
    pinned = seeing.seen(visit.site, visit.actor, definition.name, record.schema_version)
    found = [a for a in await applications.mine(visit.site, visit.actor) if a.record_id == record.id]
    context = {
        "definition": definition,
        "record": record,
        "state": visit.site.lifecycles[definition.lifecycle].states.get(record.lifecycle),
        "sections": list(_sections(visit, pinned, record)),
        "kinds": _kinds(visit, definition, record),
        "kind_labels": KIND_LABELS,
        "open": next((told(visit, a) for a in found if a.open), None),
        "applications": [told(visit, a) for a in found],
    }
    return page(visit, "record", context)


def _sections(visit: Visit, definition: RecordType, record: Record) -> Any:
    answered = frozenset(name for name, value in record.data.items() if value not in (None, "", []))
    return tell_sections(definition, record.data, answered, visit.language, lambda _upload: "")


def _kinds(visit: Visit, definition: RecordType, record: Record) -> list[Kind]:
    lifecycle = visit.site.lifecycles[definition.lifecycle].states.get(record.lifecycle)
    if lifecycle is None or not lifecycle.live:
        return []
    wanted: tuple[Kind, ...] = ("change", "delete")
    return [kind for kind in wanted if applications.may_begin(visit.site, visit.actor, definition, kind)]


async def list_users(request: Request) -> Response:
    """My operator's users, and the form that issues one (R55, R56)."""
    return await _users_page(operator_visit(request))


async def issue_user(request: Request) -> Response:
    """Issue a user."""
    visit = operator_visit(request)
    form = await read_form(request)
    name, email = text_of(form, "name"), text_of(form, "email")
    try:
        await accounts.issue_user(visit.site, visit.actor, name=name, email=email, language=visit.language)
    except AnswersInvalid as error:
        errors = [(f"#{problem.path}", problem.message(visit.language)) for problem in error.errors]
        return await _users_page(visit, name, email, errors)
    return go("/portal/users?done=user_issued")


async def _users_page(visit: Visit, name: str = "", email: str = "", errors: object = ()) -> Response:
    context = {
        "users": await accounts.users_of(visit.site, visit.actor),
        "roles": visit.site.configuration.site.roles,
        "may_issue": allowed(visit.actor, "account.issue"),
        "name": name,
        "email": email,
        "errors": errors,
        "zone": visit.site.calendar.zone,
    }
    return page(visit, "users", context, status=422 if errors else 200)


async def list_notices(request: Request) -> Response:
    """Every notice an operator may read."""
    visit = operator_visit(request)
    found = await notices.for_actor(visit.site, visit.actor)
    return page(visit, "notices", {"notices": found, "base": "/portal/notices"})


async def show_notice(request: Request) -> Response:
    """One notice."""
    visit = operator_visit(request)
    notice = await notices.find(visit.site, visit.actor, visit.parameter("id"))
    return page(visit, "notice", {"notice": notice, "base": "/portal/notices"})
