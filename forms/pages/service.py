"""How the service stands, for everybody to read at any time: whether it is open, what is stopped and why."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from forms.pages.visit import Visit, page, visit_of
from forms.pages.windows import hours_of
from models.documents.stop import Stop
from models.language import Language, Message
from models.services import calendars
from models.services.intake import moment_of
from models.services.service import Service, State, service_now, service_unanswered
from models.services.switches import ground_of, stops_of

DAYS_AHEAD = 10
"""Single days that are shown."""

WORDS: Mapping[State, tuple[str, Message]] = {
    "open": ("good", Message("Open: applications are received")),
    "outside_hours": ("notice", Message("Outside the service hours")),
    "read_only": ("notice", Message("Applicants can only read for now")),
    "closed": ("error", Message("The service is closed for now")),
    "disturbed": ("error", Message("The database does not answer just now")),
}
"""How each state looks, and in words."""

EXPLAINED: Mapping[State, Message] = {
    "outside_hours": Message("You can read, fill in and save at any time. You can send when it opens."),
    "read_only": Message("You can read everything. Nothing can be filled in, saved or sent until it ends."),
    "closed": Message("Neither pages nor forms are offered until it ends. What you saved is kept."),
    "disturbed": Message(
        "Pages that need it cannot be shown, and nothing can be saved. Please wait until it is back. What is "
        "shown here is what was known last."
    ),
}


async def show_service(request: Request) -> Response:
    """The page for everybody."""
    visit = visit_of(request)
    return service_page(visit, await service_now(visit.site, _keys(visit)))


async def hand_out_service(request: Request) -> Response:
    """The same for programs, without anything about single operators."""
    visit = visit_of(request)
    return JSONResponse(as_data(await service_now(visit.site)), headers=HEADERS)


HEADERS = {"cache-control": "no-store"}


def service_page(visit: Visit, found: Service, status: int = 200) -> HTMLResponse:
    """The page, drawn without the database."""
    tone, words = WORDS[found.state]
    context = {
        "on_service": True,
        "tone": tone,
        "words": words(visit.language),
        "explained": EXPLAINED[found.state](visit.language) if found.state in EXPLAINED else "",
        "at": moment_of(visit.site.calendar, found.at)(visit.language),
        "hours": hours_of(visit),
        "standing": [told(visit, stop) for stop in found.standing],
        "planned": [told(visit, stop) for stop in found.planned],
        "past": None if found.past is None else [told(visit, stop) for stop in found.past],
        "answers": found.state != "disturbed",
        "days": list(_days(visit)),
    }
    return page(visit, "service", context, status=status)


def unanswered_page(visit: Visit) -> HTMLResponse:
    """The page while the database does not answer."""
    return service_page(visit, service_unanswered(visit.site, _keys(visit)))


def _keys(visit: Visit) -> tuple[str, ...]:
    return stops_of(visit.actor) or ("site",)


def told(visit: Visit, stop: Stop) -> Mapping[str, Any]:
    """A stop in the visitor's language."""
    calendar, language = visit.site.calendar, visit.language
    over = stop.over_at
    return {
        "whom": LEVELS[stop.level](language),
        "ground": ground_of(stop)(language),
        "text": stop.text,
        "starts": moment_of(calendar, stop.starts)(language),
        "over": moment_of(calendar, over, ends=True)(language) if over else "",
        "own": not stop.for_everybody,
    }


LEVELS: Mapping[str, Message] = {"read_only": Message("Reading only"), "closed": Message("Service closed")}


def _days(visit: Visit) -> Iterable[tuple[str, str]]:
    """The days that staff opened or closed, in words."""
    for day, single in calendars.upcoming(visit.site, DAYS_AHEAD):
        moment = moment_of(visit.site.calendar, visit.site.calendar.midnight(day))
        name = moment(visit.language).removesuffix(", 00:00").removesuffix("00:00")
        if not single.business:
            yield name, Message("Closed that day")(visit.language)
        elif single.begin is not None and single.end is not None:
            yield name, f"{single.begin:%H:%M}–{single.end:%H:%M}"
        else:
            yield name, Message("Open that day")(visit.language)


def as_data(found: Service) -> Mapping[str, Any]:
    """How the service stands, for programs: moments as ISO 8601 with their zone."""
    hours = found.hours
    return {
        "state": found.state,
        "at": _iso(found.at),
        "hours": hours and {"open": hours.open, "until" if hours.open else "opens": _iso(hours.change)},
        "standing": _all(found.standing),
        "planned": _all(found.planned),
        "past": None if found.past is None else _all(found.past),
    }


def _all(stops: Sequence[Stop]) -> list[Mapping[str, Any]]:
    languages: tuple[Language, ...] = ("ja", "en")
    return [
        {
            "level": stop.level,
            "ground": {"code": stop.code, **{each: ground_of(stop)(each) for each in languages}},
            "text": stop.text,
            "from": _iso(stop.starts),
            "until": _iso(stop.over_at),
        }
        for stop in stops
    ]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
