"""My account: what I am mailed, and the address my calendar program asks."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.portal.account import PLACE, draw
from forms.pages.visit import go, operator_visit, page, read_form, text_of
from models.errors import AnswersInvalid
from models.services import calendar_feeds, preferences


async def keep_choices(request: Request) -> Response:
    """Keep what I am mailed."""
    visit = operator_visit(request)
    form = await read_form(request)
    chosen = {name: text_of(form, name, 20) for name in preferences.CHOICES}
    try:
        await preferences.keep_choices(visit.site, visit.actor, chosen)
    except AnswersInvalid as error:
        return await draw(visit, [(f"#{flaw.path}", flaw.message(visit.language)) for flaw in error.errors])
    return go(f"{PLACE}?done=choices_kept")


async def change_calendar(request: Request) -> Response:
    """Make a new address for my calendar, told this once; or end the one there is."""
    visit = operator_visit(request)
    form = await read_form(request)
    seen = text_of(form, "seen", 24)
    if text_of(form, "act", 9) == "end":
        await calendar_feeds.end_feed(visit.site, visit.actor, seen)
        return go(f"{PLACE}?done=calendar_ended")
    context: dict[str, Any] = {"address": await calendar_feeds.renew_feed(visit.site, visit.actor, seen)}
    return page(visit, "portal_calendar", context)
