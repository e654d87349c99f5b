"""The form of what staff fill in themselves, in the admin's frame: a correction of a record, a case."""

from abc import abstractmethod
from datetime import datetime
from typing import Any, Protocol

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admin import moments
from admin.actor import actor_of, may, site_of
from admin.csrf import csrf_input
from admin.language import N_, language
from admin.links import root_of
from admin.posted import text_of
from admin.views.page import Crumb, PageView, route
from admin.views.record_facts import number_of
from models.documents.application import Application
from models.errors import NotFound, TorokuError, TransitionRefused
from models.language import Language
from models.schema.compare import Difference
from models.services import correcting
from models.services.applications import form_of, is_with_applicant, workflow_of
from models.services.noticeboard import FOLLOW
from models.services.reasons import told_note
from models.services.seeing import is_read
from models.services.site import Site
from models.services.submitting import withdraw, withdrawal_step


class FormDoor(Protocol):
    """Draws and receives a part of such a form; ``forms.correcting.draw_correction``."""

    async def __call__(
        self,
        request: Request,
        part: str,
        *,
        base: str,
        files: str,
        guard: Markup,
        language: Language,
        previews: bool = False,
    ) -> Response: ...


class StaffFormPage(PageView):
    """The form of an application whose applicant is a member of staff, and where it stands; a page of its own
    says which, and how one begins."""

    styles = ("record.css", "correction.css")
    form_template = "correction_form.html"
    stand_template = "correction.html"

    handed_over = N_("The correction has been handed over. Somebody else reviews it.")
    given_up = N_("The draft has been given up. The record stays as it is.")
    taken_back = N_("The correction has been taken back.")

    door: FormDoor

    @abstractmethod
    async def find(self, request: Request, reference: str) -> Application:
        """The application of this page with this reference. Raises NotFound, NotAllowed."""

    @abstractmethod
    def heading(self, request: Request, application: Application, filling: bool) -> str:
        """What its pages are called, while it is filled in and afterwards."""

    def around(self, request: Request, application: Application) -> dict[str, Any]:
        """What else its template is given."""
        return {}

    def way(self, request: Request, application: Application) -> list[Crumb]:
        """The steps beneath its page that lead to it."""
        return [Crumb(application.reference, self.url(request, f"/{application.reference}"))]

    async def changes(self, request: Request, application: Application) -> tuple[Difference, ...] | None:
        """What it would change of a record in force; None where it is about none."""
        return None

    def preview_href(self, request: Request, application: Application) -> str:
        """Where one sees how what is published by it would look; "" where nothing is."""
        published = form_of(site_of(request), application).publication is not None
        if not published or not may(request, FOLLOW):
            return ""
        return f"{root_of(request)}/notices/drafts/{application.reference}"

    def line(self, request: Request, application: Application) -> dict[str, Any]:
        """One row of a list of them."""
        state = workflow_of(site_of(request), application).states[application.state]
        return {
            "href": self.url(request, f"/{application.reference}"),
            "reference": application.reference,
            "title": application.title,
            "operator": application.operator_name,
            "kind": form_of(site_of(request), application).label(language()),
            "state": state.label(language()),
            "updated": moments.moment(application.updated_at),
            "mine": state.held_by == "applicant" and not state.final,
        }

    # --- the form -------------------------------------------------------------------------------------------

    @route("/{reference}/check", methods=["GET"])
    async def check(self, request: Request) -> Response:
        """Every answer, with the way to correct it, and the button that hands it over."""
        return await self._form(request, "check")

    @route("/{reference}/check", methods=["POST"])
    async def submit(self, request: Request) -> Response:
        """Hand it over to review; a correction that changes nothing is refused."""
        application = await self._find(request)
        try:
            if application.kind == "change" and is_with_applicant(site_of(request), application):
                await correcting.require_change(site_of(request), actor_of(request), application)
        except TransitionRefused as refusal:
            return self._draw(request, application, refusal)
        return await self._form(request, "check")

    @route("/{reference}/pages/{page}", methods=["GET"])
    async def show(self, request: Request) -> Response:
        """One page of the form."""
        return await self._form(request, "page")

    @route("/{reference}/pages/{page}", methods=["POST"])
    async def receive(self, request: Request) -> Response:
        """What was typed on one page."""
        return await self._form(request, "page")

    async def _form(self, request: Request, part: str) -> Response:
        """A part of the form in this page's frame, or the way on."""
        application = await self._find(request)
        preview = self.preview_href(request, application)
        files = f"{root_of(request)}/applications"
        answer = await self.door(
            request,
            part,
            base=self.url(request),
            files=files,
            guard=csrf_input(request),
            language=language(),
            previews=bool(preview),
        )
        if answer.status_code in (302, 303):
            return _onward(request, answer, preview)
        return self.page(
            request,
            self.form_template,
            title=self.heading(request, application, True),
            crumbs=self.way(request, application),
            status=answer.status_code,
            application=application,
            **self.around(request, application),
            changes=await self.changes(request, application) if part == "check" else None,
            preview_href=preview if part == "check" else "",
            form=Markup(bytes(answer.body).decode()),  # noqa: S704 - drawn by the form's own templates, escaped
        )

    async def _find(self, request: Request) -> Application:
        return await self.find(request, str(request.path_params["reference"]))

    # --- where it stands ------------------------------------------------------------------------------------

    @route("/{reference}", methods=["GET"])
    async def stand(self, request: Request) -> Response:
        """Where it stands; after it was handed over, with a word about that."""
        application = await self._find(request)
        submitted = request.query_params.get("done") == "submitted"
        if submitted and application.number and not application.open:
            self.tell(request, REGISTERED, {"number": application.number})
            return RedirectResponse(record_href(request, application), status_code=303)
        if submitted:
            self.tell(request, self.handed_over)
            return RedirectResponse(self.url(request, f"/{application.reference}"), status_code=303)
        return self._draw(request, application)

    def _draw(
        self, request: Request, application: Application, refusal: TorokuError | None = None
    ) -> Response:
        site, actor = site_of(request), actor_of(request)
        workflow, definition = workflow_of(site, application), form_of(site, application)
        state = workflow.states[application.state]
        return self.page(
            request,
            self.stand_template,
            title=self.heading(request, application, False),
            crumbs=[Crumb(application.reference)],
            refusal=refusal,
            application=application,
            kind=definition.label(language()),
            state=state.label(language()),
            state_help=state.help(language()) if state.help else "",
            steps=_steps(site, application),
            remarks=[r.text for r in application.open_remarks() if is_read(actor, definition, r.field)],
            writing=is_with_applicant(site, application) and not state.final,
            fresh=application.round == 0,
            withdrawing=withdrawal_step(site, actor, application) or "",
            record_href=record_href(request, application),
            base=self.url(request, f"/{application.reference}"),
            review_href=f"{root_of(request)}/applications/{application.reference}",
            preview_href=self.preview_href(request, application),
        )

    @route("/{reference}/save", methods=["GET"])
    async def saved(self, request: Request) -> Response:
        """What was typed is kept; one may go on later."""
        application = await self._find(request)
        self.tell(request, N_("Your answers are kept. You can go on at any time."))
        return RedirectResponse(self.url(request, f"/{application.reference}"), status_code=303)

    @route("/{reference}/discard", methods=["POST"])
    async def discard(self, request: Request) -> Response:
        """Give a draft up."""
        application, form = await self._find(request), await self.form(request, fields=5)
        looked_at = number_of(text_of(form, "revision", longest=9))
        revision = -1 if looked_at is None else looked_at
        try:
            await correcting.discard(site_of(request), actor_of(request), application, revision=revision)
        except NotFound:
            raise
        except TorokuError as refusal:
            return self._draw(request, await self._find(request), refusal)
        return self.back(request, done=self.given_up)

    @route("/{reference}/withdraw", methods=["POST"])
    async def withdraw(self, request: Request) -> Response:
        """Take back what was handed over."""
        application = await self._find(request)
        try:
            await withdraw(site_of(request), actor_of(request), application)
        except NotFound:
            raise
        except TorokuError as refusal:
            return self._draw(request, await self._find(request), refusal)
        return self.back(request, f"/{application.reference}", done=self.taken_back)


REGISTERED = N_("Registered under the number {number}.")
"""What is said of a case that needed no review."""


def record_href(request: Request, application: Application) -> str:
    """Where the record is seen that an application is about, or brought about."""
    return f"{root_of(request)}/{application.type}/detail?pk={application.record_id}"


def _steps(site: Site, application: Application) -> list[tuple[datetime, str, str, str]]:
    """The steps that were taken, the newest first: when, what, by whom, with which words."""
    workflow, definition = workflow_of(site, application), form_of(site, application)
    return [
        (
            step.at,
            workflow.transitions[step.name].label(language())
            if step.name in workflow.transitions
            else step.name,
            step.by.shown,
            told_note(definition, step, language()),
        )
        for step in reversed(application.history)
    ]


def _onward(request: Request, answer: Response, preview: str) -> Response:
    """Where the form leads; to the preview, where what was typed is kept and that was asked for."""
    kept = "/save" in answer.headers.get("location", "")
    if preview and kept and request.query_params.get("then") == "preview":
        return RedirectResponse(preview, status_code=303)
    return answer
