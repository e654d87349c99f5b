"""What the operator owes again and again, who of its users did not take part, and the days of a year."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from itertools import groupby
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.visit import Visit, go, operator_visit, page
from models.errors import RequestRefused
from models.interchange.icalendar import Entry
from models.language import Message, translate
from models.permissions import allowed
from models.services import duty_board
from models.services.calendar_entries import entries_for
from models.services.duty_board import Standing, Told
from models.services.owing_asking import begin_now

WORDS: Mapping[Standing, Message] = {
    "overdue": Message("Overdue"),
    "soon": Message("Due soon"),
    "open": Message("To be handed in"),
    "sent": Message("Handed in, being looked at"),
    "never": Message("Not due yet"),
    "fulfilled": Message("Fulfilled"),
}
LOOKS: Mapping[Standing, tuple[str, str]] = {
    "overdue": ("!", "state--bad"),
    "soon": ("◔", "state--yours"),
    "open": ("○", "state--yours"),
    "sent": ("→", ""),
    "never": ("–", ""),
    "fulfilled": ("✓", "state--good"),
}
"""A mark that needs no colour, and the look of each standing."""


async def show_duties(request: Request) -> Response:
    """Every duty of one's operator, the most pressing first."""
    return await _draw(operator_visit(request))


async def begin(request: Request) -> Response:
    """Begin what is owed before it is asked for, or go on with it."""
    visit = operator_visit(request)
    kind, duty = visit.parameter("record_type"), visit.parameter("duty")
    duty_board.find(visit.site, visit.actor, kind, duty)
    try:
        application = await begin_now(visit.site, visit.actor, kind, duty)
    except RequestRefused as refusal:
        errors = [("", translate(refusal.public, visit.language, **refusal.values))]
        return await _draw(visit, errors, refusal.status)
    return go(f"/portal/asked/{application.reference}")


async def _draw(visit: Visit, errors: object = (), status: int = 200) -> Response:
    found = await duty_board.of_operator(visit.site, visit.actor, visit.actor.operator_id)
    writes = allowed(visit.actor, "application.write_own")
    context = {
        "duties": [_told(visit, each, writes=writes) for each in found],
        "sees_users": allowed(visit.actor, "account.view_own"),
        "errors": errors,
    }
    return page(visit, "portal_duties", context, status=status)


def _told(visit: Visit, each: Told, *, writes: bool) -> dict[str, Any]:
    """One duty in words."""
    cell, row = each.cell, each.cell.row
    kind, duty = cell.owing.key
    mark, look = LOOKS[cell.standing]
    return {
        "id": f"{kind}-{duty}",
        "label": cell.label(visit.language),
        "standing": WORDS[cell.standing](visit.language),
        "mark": mark,
        "look": look,
        "kind": kind,
        "last": row.last_day,
        "opens": cell.opens if not row.open else None,
        "due": cell.due,
        "missing": each.missing,
        "count": row.missing or 0,
        "past": [(f"/portal/{kind}/{past.number}", past.number, _day(past.on)) for past in each.past],
        "answer": f"/portal/asked/{row.reference}" if row.reference else "",
        "begin": f"/portal/duties/{kind}/{duty}" if writes and row.rolls and not row.open else "",
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


async def show_calendar(request: Request) -> Response:
    """The days of a year from this month on, month by month, to look at and to print."""
    visit = operator_visit(request)
    found = await entries_for(visit.site, visit.actor, visit.language)
    today = visit.site.today()
    ahead = sorted(_lines(visit, found), key=lambda line: (line["day"], line["title"]))
    kept = [line for line in ahead if line["day"] >= today.replace(day=1)]
    months = [
        (first, list(lines)) for first, lines in groupby(kept, key=lambda line: line["day"].replace(day=1))
    ]
    return page(visit, "portal_year", {"months": months, "today": today})


def _lines(visit: Visit, found: list[Entry]) -> Iterator[dict[str, Any]]:
    zone, root = visit.site.calendar.zone, visit.site.base_url
    for entry in found:
        begin = entry.begin
        day = begin.astimezone(zone).date() if isinstance(begin, datetime) else begin
        yield {"day": day, "title": entry.title, "href": entry.address.removeprefix(root)}
