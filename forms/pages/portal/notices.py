"""Notices, those for operators included."""

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.visit import operator_visit, page
from models.services import notices


async def list_notices(request: Request) -> Response:
    """Every notice an operator may read, page by page, the important ones marked."""
    visit = operator_visit(request)
    asked = request.query_params
    found = await notices.page(
        visit.site, visit.actor, after=asked.get("after", ""), before=asked.get("before", "")
    )
    context = {
        "notices": found.notices,
        "base": "/portal/notices",
        "earlier": f"?before={found.previous}" if found.previous else "",
        "later": f"?after={found.following}" if found.following else "",
    }
    return page(visit, "portal_notices", context)


async def show_notice(request: Request) -> Response:
    """One notice."""
    visit = operator_visit(request)
    notice = await notices.find(visit.site, visit.actor, visit.parameter("id"))
    return page(visit, "notice", {"notice": notice, "base": "/portal/notices"})
