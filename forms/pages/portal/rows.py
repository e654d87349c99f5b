"""What the operator's pages share: the type an address names, an application as a line of a list."""

from collections.abc import Iterable, Mapping
from typing import Any

from forms.pages.follow import held_by, state_of
from forms.pages.visit import Visit
from models.access import in_scope, sees_type
from models.documents.application import Application
from models.errors import NotFound
from models.schema.definition import RecordType, kind_label
from models.services import applications


def definition_of(visit: Visit) -> RecordType:
    """The record type an address names. Raises NotFound, as for one outside the scope of a delegate or
    kept from operators altogether."""
    definition = visit.site.registry.current(visit.parameter("record_type")).definition
    shown = definition.enabled and sees_type(visit.actor, definition)
    if not shown or not in_scope(visit.actor, definition):
        raise NotFound
    return definition


def told(visit: Visit, application: Application) -> Mapping[str, Any]:
    """One application as a line of a list."""
    state = state_of(visit, application)
    definition = applications.compiled(visit.site, application).definition
    return {
        "application": application,
        "type_label": definition.label,
        "kind": kind_label(definition, application.kind),
        "state": state.label,
        "held_by": held_by(visit, state),
        "yours": state.held_by == "applicant" and not state.final,
        "due": visit.site.calendar.due_day(application.due) if application.due else None,
        "updated": application.updated_at.astimezone(visit.site.calendar.zone),
    }


def told_all(visit: Visit, found: Iterable[Application]) -> list[Mapping[str, Any]]:
    """Applications as the lines of a list."""
    return [told(visit, application) for application in found]
