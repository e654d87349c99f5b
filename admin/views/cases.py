"""Cases about operators and the organisation: beginning one, filling its form in, handing it over."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.posted import text_of
from admin.views.page import Crumb, route
from admin.views.staff_form import FormDoor, StaffFormPage
from models.documents.application import Application
from models.errors import TorokuError
from models.schema.definition import RecordType
from models.services import requesting
from models.services.applications import form_of

MOST = 20
"""Most operators offered to choose from."""


def told(definition: RecordType) -> dict[str, Any]:
    """A record type, as the pages about beginning name it."""
    described = definition.description(language()) if definition.description else ""
    named = {"name": definition.name, "label": definition.label(language()), "description": described}
    return {**named, "ours": definition.is_ours}


class CasePage(StaffFormPage):
    """``/cases``: those one began, a new one, and the form of each."""

    form_template = "case_form.html"
    stand_template = "case.html"
    handed_over = N_("The case has been handed over. Somebody else reviews it.")
    given_up = N_("The case has been given up.")
    taken_back = N_("The case has been taken back.")

    def __init__(self, form: FormDoor) -> None:
        super().__init__(
            menu_label=_("Cases"),
            icon="page",
            path="/cases",
            allowed=lambda request: may(request, "application.begin_case"),
            route_name="cases",
        )
        self.door = form

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        """The cases one began, newest first."""
        site, actor = site_of(request), actor_of(request)
        rows = [self.line(request, case) for case in await requesting.my_cases(site, actor)]
        kinds = [told(kind) for kind in requesting.beginnable(site, actor)]
        return self.page(request, "cases.html", rows=rows, kinds=kinds)

    async def find(self, request: Request, reference: str) -> Application:
        return await requesting.find_case(site_of(request), actor_of(request), reference)

    def heading(self, request: Request, application: Application, filling: bool) -> str:
        if filling and application.operator_name:
            return say("Case about {operator}", {"operator": application.operator_name})
        return say("Case {reference}", {"reference": application.reference})

    @route("/new/{type}", methods=["GET"])
    async def choose(self, request: Request) -> Response:
        """Which operator it is about, found by name, number or code."""
        return await self._draw_new(request)

    @route("/new/{type}", methods=["POST"])
    async def begin(self, request: Request) -> Response:
        """Begin; refused, the page comes back with what was chosen."""
        form, kind = await self.form(request, fields=10), str(request.path_params["type"])[:64]
        number, ground = text_of(form, "operator", longest=64), text_of(form, "ground")
        try:
            begun = await requesting.begin_case_about(
                site_of(request), actor_of(request), kind, number, language=language(), ground=ground
            )
        except TorokuError as refusal:
            if refusal.status not in (409, 422):
                raise
            return await self._draw_new(request, refusal, number, ground)
        first = form_of(site_of(request), begun).laid_out[0].name
        return RedirectResponse(self.url(request, f"/{begun.reference}/pages/{first}"), status_code=303)

    async def _draw_new(
        self, request: Request, refusal: TorokuError | None = None, number: str = "", ground: str = ""
    ) -> Response:
        site, actor, kind = site_of(request), actor_of(request), str(request.path_params["type"])[:64]
        definition = requesting.case_type(site, actor, kind)
        sought = (request.query_params.get("q") or "")[:200]
        found: list[Any] = await requesting.find_operators(site, actor, sought, MOST) if sought else []
        return self.page(
            request,
            "case_new.html",
            title=say("New: {kind}", {"kind": definition.label}),
            crumbs=[Crumb(say("New case"))],
            refusal=refusal,
            kind=told(definition),
            sought=sought,
            found=found,
            number=number or (found[0].number if len(found) == 1 else ""),
            ground=ground,
            limit=requesting.GROUND_LIMIT,
        )
