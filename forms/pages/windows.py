"""When applications are received: the page for everybody, and the same as calendars."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.visit import Visit, operator_visit, page, visit_of
from models.documents.application import Application
from models.interchange.icalendar import MEDIA_TYPE, Entry, write_calendar
from models.language import LANGUAGES, Language, Text, translate
from models.schema.definition import Kind, RecordType
from models.services import applications, intake, submitting, windows
from models.services.calendar_entries import host_of, period_entry
from models.services.intake import Term
from models.services.service import hours_now

SHOWN = timedelta(days=365)
"""How long a closed period is shown."""


@dataclass(frozen=True, slots=True)
class Told:
    """One period in words."""

    term: Term
    countdown: str
    opens: str
    closes: str
    types: tuple[RecordType, ...]
    """What can be applied for, and begun now, by who looks."""
    filings: Mapping[str, Text] = field(default_factory=dict)
    """What is registered at once is called so, by the type's name."""
    refused: bool = False
    """Whether what it was asked for cannot be begun now."""


async def show_windows(request: Request) -> Response:
    """Every period: open, coming, closed; and the service hours."""
    visit = visit_of(request)
    site = visit.site
    terms = [term for term in intake.terms(site) if site.now() - term.closes < SHOWN]
    context = {
        "open": [
            told(visit, term) for term in sorted(terms, key=lambda term: term.closes) if term.state == "open"
        ],
        "upcoming": [told(visit, term) for term in terms if term.state == "upcoming"],
        "closed": [told(visit, term) for term in reversed(terms) if term.state == "closed"],
        "hours": hours_of(visit),
        "feed": f"{site.base_url}/windows.ics?language={visit.language}",
    }
    return page(visit, "windows", context)


def told(visit: Visit, term: Term) -> Told:
    """A period in the visitor's language."""
    site, language = visit.site, visit.language
    offered = applications.offered(site, visit.actor) if "register" in term.window.kinds else []
    named = term.window.record_types if term.state == "open" else ()
    ready = tuple(kind for kind in offered if kind.name in named)
    return Told(
        term,
        intake.countdown(term)(language),
        intake.moment_of(site.calendar, term.opens)(language),
        intake.moment_of(site.calendar, term.closes, ends=True)(language),
        ready,
        submitting.filings(site, ready),
    )


def told_for(visit: Visit, definition: RecordType, kind: Kind) -> Told | None:
    """The period for applications of this kind that is open or comes next; one that is closed only where it
    binds."""
    term = intake.term_of(visit.site, definition.name, kind)
    if term is None or (term.state == "closed" and definition.applications.during != term.window.name):
        return None
    refused = windows.refused_beginning(visit.site, definition, kind) is not None
    return replace(told(visit, term), refused=refused)


def periods_of(visit: Visit, definitions: Iterable[RecordType]) -> Mapping[str, Told]:
    """The periods for registrations of these types, by the type's name; see ``told_for``."""
    found = {definition.name: told_for(visit, definition, "register") for definition in definitions}
    return {name: period for name, period in found.items() if period is not None}


def sending_told(visit: Visit, application: Application) -> str:
    """What the pages of a form say beforehand: that it cannot be sent now and from when it can, or that it
    closes soon; "" where there is nothing to say. The macro ``sending_panel`` draws it."""
    if application.step:  # taken at any hour its lifecycle allows
        return ""
    site, definition = visit.site, applications.compiled(visit.site, application).definition
    found = windows.banner(site, windows.sending(site, definition, application.kind, application))
    return found(visit.language) if found is not None else ""


@dataclass(frozen=True, slots=True)
class HoursTold:
    """The service hours in words, and how they stand now."""

    every_day: bool
    begin: str
    end: str
    open: bool
    change: str
    """When they close, or open; "" where that is not known."""
    left: str
    """How long until then."""
    suspended: bool
    """Whether they are not looked at, as in trials."""


def hours_of(visit: Visit) -> HoursTold | None:
    """The service hours now; None for a site without."""
    usual, found = visit.site.calendar.site.service_hours, hours_now(visit.site)
    if usual is None or found is None:
        return None
    change = intake.moment_of(visit.site.calendar, found.change, ends=found.open) if found.change else None
    return HoursTold(
        usual.days == "every_day",
        f"{usual.begin:%H:%M}",
        f"{usual.end:%H:%M}",
        found.open,
        change(visit.language) if change else "",
        found.left(visit.language) if found.left else "",
        visit.site.always_open,
    )


async def hand_out_calendar(request: Request) -> Response:
    """The periods as a calendar everybody can subscribe to; ``?language=`` chooses its language."""
    visit = visit_of(request)
    asked = request.query_params.get("language", "")
    language: Language = next((known for known in LANGUAGES if known == asked), visit.language)
    entries = [period_entry(visit.site, term, language) for term in intake.terms(visit.site)]
    return _calendar(visit, entries, language, "windows.ics")


async def hand_out_own(request: Request) -> Response:
    """The periods an operator can use, and the due dates of its applications, as a file for its calendar."""
    visit = operator_visit(request)
    mine = await applications.mine(visit.site, visit.actor)
    within = timedelta(days=366)
    periods = windows.upcoming(visit.site, visit.actor, within=within)
    entries = [period_entry(visit.site, term, visit.language) for term in periods]
    entries += [_due(visit, one) for one in mine if _waits(visit, one)]
    return _calendar(visit, entries, visit.language, "own-dates.ics")


def _waits(visit: Visit, application: Application) -> bool:
    return application.due is not None and applications.is_with_applicant(visit.site, application)


def _due(visit: Visit, application: Application) -> Entry:
    """The last day of an application that waits for its applicant; nothing personal is in it."""
    site, language = visit.site, visit.language
    assert application.due is not None  # noqa: S101 - ``_waits`` asked
    label = applications.compiled(site, application).definition.label(language)
    state = applications.workflow_of(site, application).states[application.state].label(language)
    title = translate(
        "{reference}: last day ({state})", language, reference=application.reference, state=state
    )
    uid = f"{application.reference}-{application.state}@{host_of(site)}"
    address = f"{site.base_url}/applications/{application.reference}"
    return Entry(uid, site.calendar.due_day(application.due), None, title, label, address)


def _calendar(visit: Visit, entries: Iterable[Entry], language: Language, filename: str) -> Response:
    name = visit.site.configuration.site.name(language)
    content = write_calendar(name, entries, visit.site.now())
    headers = {"content-disposition": f'attachment; filename="{filename}"', "cache-control": "no-store"}
    return Response(content, media_type=MEDIA_TYPE, headers=headers)
