"""The dates of one account, for the calendar program that asks for them at the account's secret address."""

from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.visit import visit_of
from models.interchange.icalendar import MEDIA_TYPE
from models.services.calendar_feeds import read_feed


async def hand_out_feed(request: Request) -> Response:
    """The calendar; 304 where the program has it already (RFC 9110, 13.1.2)."""
    visit = visit_of(request)
    content = await read_feed(visit.site, visit.parameter("token"), visit.actor.address)
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache", "x-robots-tag": "noindex"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=MEDIA_TYPE, headers=headers)
