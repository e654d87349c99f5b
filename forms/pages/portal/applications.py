"""Every application of an operator, page by page."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.portal.rows import told_all
from forms.pages.visit import operator_visit, page
from models.errors import SearchTooWide
from models.language import Message, translate
from models.services import agenda
from models.services.agenda import GROUPS, Group, Page

LABELS = {
    "all": Message("All"),
    "mine": Message("Your turn"),
    "review": Message("Under review"),
    "over": Message("Decided or ended"),
}
LONGEST = 100


async def list_applications(request: Request) -> Response:
    """My operator's applications: by whose turn it is, by a piece of reference or title."""
    visit = operator_visit(request)
    asked = request.query_params
    group: Group = next((each for each in GROUPS if each == asked.get("show")), "all")
    text = asked.get("q", "").strip()[:LONGEST]
    found, said = Page((), "", ""), ""
    try:
        found = await agenda.applications(
            visit.site, visit.actor, group, text, after=asked.get("after", ""), before=asked.get("before", "")
        )
    except SearchTooWide as error:
        said = translate(error.public, visit.language, **error.values)
    kept = {**({"show": group} if group != "all" else {}), **({"q": text} if text else {})}
    context = {
        "rows": told_all(visit, found.applications),
        "groups": [(each, LABELS[each](visit.language)) for each in GROUPS],
        "group": group,
        "text": text,
        "said": said,
        "earlier": f"?{urlencode({**kept, 'before': found.previous})}" if found.previous else "",
        "later": f"?{urlencode({**kept, 'after': found.following})}" if found.following else "",
    }
    return page(visit, "portal_applications", context)
