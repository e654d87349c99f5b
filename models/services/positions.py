"""Where a record or an application stands, as the rules of its lifecycle or workflow see it."""

from models.documents.application import Application
from models.documents.record import Record
from models.services.applications import facts_of as facts_of_application
from models.services.lifecycle_mails import facts_of
from models.services.site import Site
from models.workflow.engine import Position


def position_of(site: Site, record: Record) -> Position:
    """Where a record stands."""
    consents = frozenset((each.step, each.party) for each in record.consents)
    return Position(record.lifecycle, facts_of(site, record), consents)


def standing_of(application: Application, state: str | None = None) -> Position:
    """Where an application stands, or would stand in another `state`, with no consents there."""
    if state is not None and state != application.state:
        return Position(state, facts_of_application(application))
    consents = frozenset((each.step, each.party) for each in application.consents)
    return Position(application.state, facts_of_application(application), consents)
