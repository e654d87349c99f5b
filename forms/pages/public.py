"""Pages for everybody: what the site is, how far everybody can use it."""

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.visit import Visit, go, local_path, page, read_form, text_of, visit_of
from forms.pages.windows import periods_of
from models.language import LANGUAGES
from models.schema.definition import RecordType
from models.services import applications, notices, submitting

NEWS = 5
"""Notices on the first page."""

YEAR = 31_536_000
"""Seconds a chosen language is remembered."""


async def home(request: Request) -> Response:
    """What the site is, what can be applied for and how it goes."""
    visit = visit_of(request)
    offered, later = applications.offered(visit.site, visit.actor), _later(visit)
    return page(
        visit,
        "home",
        {
            "site": visit.site.configuration.site,
            "offered": offered,
            "filings": submitting.filings(visit.site, offered),
            "later": later,
            "periods": periods_of(visit, [*offered, *later]),
            "news": await notices.newest(notices.VISITOR, NEWS),
        },
    )


def _later(visit: Visit) -> list[RecordType]:
    """What an operator can apply for once registered."""
    offered = {kind.name for kind in applications.offered(visit.site, visit.actor)}
    current = (published.definition for published in visit.site.registry.all_current().values())
    return [kind for kind in current if kind.enabled and kind.belongs_to and kind.name not in offered]


async def show_accessibility(request: Request) -> Response:
    """What the site aims at for everybody's use, how it is tested, what is missing (JIS X 8341-3:2016)."""
    return page(visit_of(request), "accessibility")


async def choose_language(request: Request) -> Response:
    """Remember the language chosen, and go back to where it was chosen."""
    form = await read_form(request)
    response = go(local_path(text_of(form, "next")))
    chosen = text_of(form, "language")
    if chosen in LANGUAGES:
        response.set_cookie("language", chosen, max_age=YEAR, httponly=True, samesite="lax")
    return response
