"""Answers that steps of records ask for, written by staff in the admin's frame, and the way back to the
record."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette_admin import flash

from admin.actor import actor_of, may, site_of
from admin.language import language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import text_of
from admin.views.page import Crumb, route
from admin.views.record_facts import number_of
from admin.views.staff_form import FormDoor, StaffFormPage
from models.documents.application import Application
from models.documents.record import Record
from models.errors import NotFound
from models.services import step_answers


class StepFormPage(StaffFormPage):
    """``/steps``: the form of each; there is no list, the record leads here."""

    form_template = "step_form.html"

    def __init__(self, form: FormDoor) -> None:
        super().__init__(
            menu_label=_("Steps of records"),
            icon="page",
            path="/steps",
            allowed=lambda request: may(request, "record.view"),
            add_to_menu=False,
            route_name="steps",
        )
        self.door = form

    def crumbs(self, request: Request) -> list[Crumb]:
        return [Crumb(say("Home"), f"{root_of(request)}/")]

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        """There is no list here: records lead to their steps."""
        return RedirectResponse(f"{root_of(request)}/", status_code=303)

    async def find(self, request: Request, reference: str) -> Application:
        found, record = await step_answers.find_for(site_of(request), actor_of(request), reference)
        request.state.step_record = record
        return found

    def heading(self, request: Request, application: Application, filling: bool) -> str:
        record: Record = request.state.step_record
        return f"{_step(request, application)} – {record.title or record.number}"

    def way(self, request: Request, application: Application) -> list[Crumb]:
        site, record = site_of(request), request.state.step_record
        kind = site.registry.current(record.type).definition
        return [
            Crumb((kind.plural or kind.label)(language()), f"{root_of(request)}/{record.type}/list"),
            Crumb(record.title or record.number, _record_href(request, record)),
            Crumb(_step(request, application)),
        ]

    def around(self, request: Request, application: Application) -> dict[str, Any]:
        record: Record = request.state.step_record
        href = _record_href(request, record)
        return {"record": record, "record_href": href, "step_label": _step(request, application)}

    @route("/{reference}/check", methods=["POST"])
    async def submit(self, request: Request) -> Response:
        """Take the step with what was written."""
        return await self._form(request, "check")

    @route("/{reference}", methods=["GET"])
    async def stand(self, request: Request) -> Response:
        """Back to the record, with a word about what was done."""
        application = await self._find(request)
        if request.query_params.get("done") == "submitted":
            label = step_answers.label_of(site_of(request), application)
            flash(request, say("Done: {state}", {"state": label}))
        return self._to_record(request)

    @route("/{reference}/save", methods=["GET"])
    async def saved(self, request: Request) -> Response:
        """What was typed is kept; one may go on later."""
        await self._find(request)
        flash(request, say("Your answers are kept. You can go on at any time."))
        return self._to_record(request)

    @route("/{reference}/discard", methods=["POST"])
    async def discard(self, request: Request) -> Response:
        """Give up what was written."""
        application, form = await self._find(request), await self.form(request, fields=5)
        looked_at = number_of(text_of(form, "revision", longest=9))
        revision = -1 if looked_at is None else looked_at
        await step_answers.discard(site_of(request), actor_of(request), application, revision=revision)
        flash(request, say("What was written has been given up. The record stays as it is."))
        return self._to_record(request)

    @route("/{reference}/withdraw", methods=["POST"])
    async def withdraw(self, request: Request) -> Response:
        """A step that was taken is not taken back here."""
        raise NotFound

    def _to_record(self, request: Request) -> Response:
        return RedirectResponse(_record_href(request, request.state.step_record), status_code=303)


def _step(request: Request, application: Application) -> str:
    return step_answers.label_of(site_of(request), application)(language())


def _record_href(request: Request, record: Record) -> str:
    return f"{root_of(request)}/{record.type}/detail?pk={record.id}"
