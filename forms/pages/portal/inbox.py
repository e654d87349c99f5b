"""My inbox: what waits for me, what is new, what is done."""

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.frame import unread_of
from forms.pages.visit import go, operator_visit, page, read_form, text_of
from models.documents.base import read_id
from models.language import Message
from models.permissions import require
from models.services import inbox

PLACE = "/portal/inbox"

TABS = {
    "open": Message("To do and new"),
    "unread": Message("Not read"),
    "done": Message("Done"),
}


async def list_items(request: Request) -> Response:
    """A page of my inbox."""
    visit = operator_visit(request)
    require(visit.actor, "portal.enter")
    query = request.query_params
    tab = next((known for known in inbox.TABS if known == query.get("show")), inbox.TABS[0])
    found = await inbox.page_of(
        visit.site, visit.actor, tab, after=query.get("after", ""), before=query.get("before", "")
    )
    context = {
        "tab": tab,
        "tabs": [(name, TABS[name](visit.language)) for name in inbox.TABS],
        "found": found,
        "unread": unread_of(visit),
        "today": visit.site.today(),
    }
    return page(visit, "portal_inbox", context)


async def open_item(request: Request) -> Response:
    """Go where an item leads; it is read then. A browser that only fetches ahead reads nothing."""
    visit = operator_visit(request)
    identifier = read_id(visit.parameter("id"))
    target = await inbox.open_item(visit.site, visit.actor, identifier, reads=not fetches_ahead(request))
    return go(target)


async def mark_read(request: Request) -> Response:
    """Mark one item as read, or all."""
    visit = operator_visit(request)
    form = await read_form(request)
    if chosen := text_of(form, "item", 24):
        await inbox.mark_read(visit.site, visit.actor, read_id(chosen))
    else:
        await inbox.mark_all_read(visit.site, visit.actor)
    return go(f"{PLACE}?done=inbox_read")


def fetches_ahead(request: Request) -> bool:
    """Whether a browser asks for a page before its reader does (Sec-Purpose, Fetch standard)."""
    told = request.headers.get("sec-purpose", "") + request.headers.get("purpose", "")
    return "prefetch" in told or "prerender" in told
