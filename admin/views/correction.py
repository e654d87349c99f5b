"""Corrections by staff: proposing one with its ground, filling its form in, handing it over, giving it up."""

from typing import Any, Protocol

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admin import moments
from admin.actor import actor_of, may, site_of
from admin.csrf import csrf_input
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import text_of
from admin.views.page import Crumb, PageView, route
from admin.views.record_facts import number_of
from models.documents.application import Application
from models.documents.base import read_id
from models.documents.record import Record
from models.errors import AlreadyOpen, NotAllowed, NotFound, TorokuError, TransitionRefused
from models.language import Language
from models.schema.compare import Difference
from models.services import correcting
from models.services.applications import form_of, is_with_applicant, workflow_of
from models.services.lifecycles import REASON_LIMIT, find_record
from models.services.reasons import told_note
from models.services.seeing import is_read
from models.services.submitting import withdraw, withdrawal_step


class FormDoor(Protocol):
    """Draws and receives a part of a correction's form; ``forms.correcting.draw_correction``."""

    async def __call__(
        self, request: Request, part: str, *, base: str, files: str, guard: Markup, language: Language
    ) -> Response: ...


class CorrectionPage(PageView):
    """``/corrections``: those one proposed, and the form of each."""

    styles = ("record.css", "correction.css")

    def __init__(self, form: FormDoor) -> None:
        super().__init__(
            menu_label=_("Corrections"),
            icon="page",
            path="/corrections",
            allowed=lambda request: may(request, "record.correct"),
            route_name="corrections",
        )
        self.door = form

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        """The corrections one proposed, newest first."""
        found = await correcting.my_corrections(site_of(request), actor_of(request))
        rows = [self._line(request, application) for application in found]
        return self.page(request, "corrections.html", rows=rows)

    def _line(self, request: Request, application: Application) -> dict[str, Any]:
        state = workflow_of(site_of(request), application).states[application.state]
        return {
            "href": self.url(request, f"/{application.reference}"),
            "reference": application.reference,
            "title": application.title,
            "kind": form_of(site_of(request), application).label(language()),
            "state": state.label(language()),
            "updated": moments.moment(application.updated_at),
            "mine": state.held_by == "applicant" and not state.final,
        }

    # --- beginning ------------------------------------------------------------------------------------------

    @route("/of/{type}/{pk}", methods=["GET"])
    async def ask(self, request: Request) -> Response:
        """The form that asks for the ground."""
        restore = (request.query_params.get("restore") or "")[:200]
        return await self._draw_new(request, await self._record(request), restore)

    async def _record(self, request: Request) -> Record:
        """The record an address names. Raises NotAllowed, NotFound, TransitionRefused (damaged)."""
        asked = request.path_params
        return await find_record(
            site_of(request), actor_of(request), str(asked["type"])[:64], read_id(asked["pk"])
        )

    async def _draw_new(
        self,
        request: Request,
        record: Record,
        restore: str,
        refusal: TorokuError | None = None,
        reason: str = "",
    ) -> Response:
        site = site_of(request)
        correcting.require_correctable(site, record)
        return self.page(
            request,
            "correction_new.html",
            title=say("Correct {title}", {"title": record.title or record.number}),
            crumbs=[self._record_crumb(request, record), Crumb(say("Correct"))],
            refusal=refusal,
            record=record,
            restore=restore if restore in correcting.restorable(site, actor_of(request), record) else "",
            restored=self._label(request, record, restore),
            reason=reason,
            limit=REASON_LIMIT,
            back=self._record_href(request, record),
        )

    def _label(self, request: Request, record: Record, name: str) -> str:
        field = site_of(request).registry.current(record.type).definition.by_name.get(name)
        return field.label(language()) if field else ""

    def _record_href(self, request: Request, record: Record) -> str:
        return f"{root_of(request)}/{record.type}/detail?pk={record.id}"

    def _record_crumb(self, request: Request, record: Record) -> Crumb:
        return Crumb(record.title or record.number, self._record_href(request, record))

    @route("/of/{type}/{pk}", methods=["POST"])
    async def begin(self, request: Request) -> Response:
        """Begin; refused, the form comes back with the reason typed."""
        record, form = await self._record(request), await self.form(request, fields=10)
        reason, restore = text_of(form, "reason"), text_of(form, "restore", longest=200)
        try:
            begun = await correcting.begin_correction(
                site_of(request), actor_of(request), record, reason, language(), restored=restore
            )
        except (NotFound, NotAllowed):
            raise
        except AlreadyOpen as refusal:
            return await self._open_already(request, record, restore, refusal, reason)
        except TorokuError as refusal:
            return await self._draw_new(request, record, restore, refusal, reason)
        return RedirectResponse(self.url(request, f"/{begun.reference}/check"), status_code=303)

    async def _open_already(
        self, request: Request, record: Record, restore: str, refusal: TorokuError, reason: str
    ) -> Response:
        """A second click finds the correction its first began; anybody else is told that one is open."""
        for own in await correcting.my_corrections(site_of(request), actor_of(request)):
            if own.open and own.record_id == record.id:
                return RedirectResponse(self.url(request, f"/{own.reference}"), status_code=303)
        return await self._draw_new(request, record, restore, refusal, reason)

    # --- the form -------------------------------------------------------------------------------------------

    @route("/{reference}/check", methods=["GET"])
    async def check(self, request: Request) -> Response:
        """Every answer, with the way to correct it, and the button that hands it over."""
        return await self._form(request, "check")

    @route("/{reference}/check", methods=["POST"])
    async def submit(self, request: Request) -> Response:
        """Hand the correction over to review; one that changes nothing is refused."""
        application = await self._find(request)
        try:
            if is_with_applicant(site_of(request), application):
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
        files = f"{root_of(request)}/applications"
        answer = await self.door(
            request,
            part,
            base=self.url(request),
            files=files,
            guard=csrf_input(request),
            language=language(),
        )
        if answer.status_code in (302, 303):
            return answer
        return self.page(
            request,
            "correction_form.html",
            title=say("Correct {title}", {"title": application.title}),
            crumbs=[Crumb(application.reference, self.url(request, f"/{application.reference}"))],
            status=answer.status_code,
            application=application,
            changes=await self._changes(request, application) if part == "check" else None,
            form=Markup(bytes(answer.body).decode()),  # noqa: S704 - drawn by the form's own templates, escaped
        )

    async def _changes(self, request: Request, application: Application) -> tuple[Difference, ...]:
        return await correcting.changes_of(site_of(request), actor_of(request), application, language())

    async def _find(self, request: Request) -> Application:
        reference = str(request.path_params["reference"])
        return await correcting.find_correction(site_of(request), actor_of(request), reference)

    # --- where it stands ------------------------------------------------------------------------------------

    @route("/{reference}", methods=["GET"])
    async def stand(self, request: Request) -> Response:
        """Where a correction stands; one that waits for its author goes on at the check."""
        application = await self._find(request)
        if request.query_params.get("done") == "submitted":
            self.tell(request, N_("The correction has been handed over. Somebody else reviews it."))
            return RedirectResponse(self.url(request, f"/{application.reference}"), status_code=303)
        return self._draw(request, application)

    def _draw(
        self, request: Request, application: Application, refusal: TorokuError | None = None
    ) -> Response:
        site, actor = site_of(request), actor_of(request)
        workflow, definition = workflow_of(site, application), form_of(site, application)
        state = workflow.states[application.state]
        steps = [
            (
                step.at,
                workflow.transitions[step.name].label(language())
                if step.name in workflow.transitions
                else step.name,
                step.by.name,
                told_note(definition, step, language()),
            )
            for step in reversed(application.history)
        ]
        return self.page(
            request,
            "correction.html",
            title=say("Correction {reference}", {"reference": application.reference}),
            crumbs=[Crumb(application.reference)],
            refusal=refusal,
            application=application,
            kind=definition.label(language()),
            state=state.label(language()),
            state_help=state.help(language()) if state.help else "",
            steps=steps,
            remarks=[r.text for r in application.open_remarks() if is_read(actor, definition, r.field)],
            writing=is_with_applicant(site, application) and not state.final,
            fresh=application.round == 0,
            withdrawing=withdrawal_step(site, actor, application) or "",
            record_href=f"{root_of(request)}/{application.type}/detail?pk={application.record_id}",
            base=self.url(request, f"/{application.reference}"),
            review_href=f"{root_of(request)}/applications/{application.reference}",
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
        return self.back(request, done=N_("The draft has been given up. The record stays as it is."))

    @route("/{reference}/withdraw", methods=["POST"])
    async def withdraw(self, request: Request) -> Response:
        """Take a correction back that was handed over."""
        application = await self._find(request)
        try:
            await withdraw(site_of(request), actor_of(request), application)
        except NotFound:
            raise
        except TorokuError as refusal:
            return self._draw(request, await self._find(request), refusal)
        return self.back(request, f"/{application.reference}", done=N_("The correction has been taken back."))
