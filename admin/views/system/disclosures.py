"""The register of what was given to state bodies."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admin import moments
from admin.actor import actor_of, may, site_of
from admin.language import language
from admin.language import lazy_gettext as _
from admin.views.page import PageView, route
from admin.views.requests import page_of
from models.schema.definition import RecordType
from models.services import disclosed
from models.services.disclosed import LISTED, Disclosure


class DisclosuresPage(PageView):
    """``/disclosures``: every file made for a state body, newest first."""

    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Given to state bodies"),
            icon="page",
            path="/disclosures",
            route_name="disclosures",
            allowed=lambda request: may(request, "disclosure.view"),
        )

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        """One page of the register."""
        page = page_of(request)
        found = await disclosed.disclosures(site_of(request), actor_of(request), skip=(page - 1) * LISTED)
        return self.page(
            request,
            "system_disclosures.html",
            rows=[_row(request, each) for each in found],
            earlier=self.url(request, page=page + 1) if len(found) == LISTED else "",
            later=self.url(request, page=page - 1) if page > 1 else "",
        )


def _row(request: Request, each: Disclosure) -> dict[str, Any]:
    published = site_of(request).registry.all_current().get(each.type)
    kind = published.definition if published else None
    return {
        "entry": each,
        "at": moments.minute(each.at),
        "kind": kind.label(language()) if kind else each.type,
        "named": [_label(kind, path) for path in each.named],
    }


def _label(kind: RecordType | None, path: str) -> str:
    field = kind.by_name.get(path.split(".")[0]) if kind else None
    return field.label(language()) if field else path
