"""Corrections by staff: proposing one with its ground, filling its form in, handing it over, giving it up."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admin.actor import actor_of, may, site_of
from admin.language import language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import text_of
from admin.views.page import Crumb, route
from admin.views.staff_form import FormDoor, StaffFormPage
from models.documents.application import Application
from models.documents.base import read_id
from models.documents.record import Record
from models.errors import AlreadyOpen, NotAllowed, NotFound, TorokuError
from models.schema.compare import Difference
from models.services import correcting
from models.services.lifecycles import REASON_LIMIT, find_record


class CorrectionPage(StaffFormPage):
    """``/corrections``: those one proposed, and the form of each."""

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
        rows = [self.line(request, application) for application in found]
        return self.page(request, "corrections.html", rows=rows)

    async def find(self, request: Request, reference: str) -> Application:
        return await correcting.find_correction(site_of(request), actor_of(request), reference)

    def heading(self, request: Request, application: Application, filling: bool) -> str:
        if filling:
            return say("Correct {title}", {"title": application.title})
        return say("Correction {reference}", {"reference": application.reference})

    async def changes(self, request: Request, application: Application) -> tuple[Difference, ...]:
        return await correcting.changes_of(site_of(request), actor_of(request), application, language())

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
