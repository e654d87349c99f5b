"""Imports and exports of this person: asking, looking at what a file would do, progress, and the result."""

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from admin import export
from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import text_of
from admin.views.page import Crumb, PageView, route
from admin.views.transfer_lines import counts_of, facts_of, line_of, state_of
from models.documents.base import read_id
from models.documents.job import Job
from models.errors import JobMoved, NotFound, TorokuError, TransferRefused, UploadRefused
from models.interchange.tables.columns import FACTS, answer_columns
from models.permissions import require
from models.schema.fields.secret import DOTS
from models.services import jobs, transfers
from models.services.brought import may_be_shown
from models.services.incoming import FACT_NAMES
from models.services.seeing import seen

EVERY = 2
"""Seconds between two looks at a job that is under way."""

SHOWN_ERRORS = 50
USED_FACTS = ("_number", "_operator", "_lifecycle", "_revision")
"""The columns that are no answers and that an import looks at."""


def may_transfer(request: Request) -> bool:
    """Whether this person may take records away or bring any in."""
    return any(may(request, name) for name in ("record.export", "record.import", "application.import"))


class TransfersPage(PageView):
    """Everything about imports, and the results of exports."""

    styles = ("transfers.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Imports and exports"),
            icon="jobs",
            path="/transfers",
            route_name="transfers",
            allowed=lambda request: may_transfer(request) or may(request, "job.view"),
        )

    @route("", methods=["GET"])
    async def show(self, request: Request) -> Response:
        """What this person asked for, the newest first."""
        site, actor = site_of(request), actor_of(request)
        found = await transfers.listed(site, actor)
        root = root_of(request)
        return self.page(
            request,
            "transfers.html",
            lines=[line_of(site, job, self.url(request, f"/{job.id}")) for job in found],
            import_href=self.url(request, "/import/new") if transfers.imported_types(site, actor) else "",
            lists=[
                (f"{root}/{kind.name}/export", (kind.plural or kind.label)(language()))
                for kind in transfers.exported_types(site, actor)
            ],
        )

    @route("/import/new", methods=["GET"])
    async def ask(self, request: Request) -> Response:
        """What comes from where, and a file to choose."""
        self._require_import(request)
        return self._draw_upload(request, {"type": request.query_params.get("type", "")})

    @route("/import/new", methods=["POST"])
    async def begin(self, request: Request) -> Response:
        """Keep the file and look at its heads."""
        self._require_import(request)
        form = await self.form(request, files=1, fields=10)
        typed = {name: text_of(form, name, longest=1000) for name in ("type", "into", "purpose")}
        upload = form.get("file")
        try:
            if not isinstance(upload, UploadFile) or not upload.filename:
                raise TransferRefused(N_("Choose a file."))
            content = await upload.read()
            job = await transfers.begin_import(
                site_of(request),
                actor_of(request),
                typed["type"],
                typed["into"],
                upload.filename,
                content,
                purpose=typed["purpose"],
            )
        except (TransferRefused, UploadRefused, NotFound) as refusal:
            return self._draw_upload(request, typed, refusal)
        return self.back(request, f"/{job.id}")

    def _require_import(self, request: Request) -> None:
        if not transfers.imported_types(site_of(request), actor_of(request)):
            require(actor_of(request), "record.import")

    def _draw_upload(
        self, request: Request, typed: Mapping[str, str], refusal: TorokuError | None = None
    ) -> Response:
        site, actor, spoken = site_of(request), actor_of(request), language()
        kinds = transfers.imported_types(site, actor)
        possible = [place for kind in kinds for place in transfers.places(site, actor, kind)]
        drafts = [kind.label(spoken) for kind in kinds if "drafts" in transfers.places(site, actor, kind)]
        return self.page(
            request,
            "transfer_import.html",
            title=say("Import"),
            crumbs=[Crumb(say("Import"))],
            refusal=refusal,
            status=422 if refusal else None,
            typed=typed,
            types=[(kind.name, (kind.plural or kind.label)(spoken)) for kind in kinds],
            places=[(name, PLACES[name]) for name in PLACES if name in possible],
            drafts=drafts,
        )

    # --- one job --------------------------------------------------------------------------------------------

    @route("/{id}", methods=["GET"])
    async def one(self, request: Request) -> Response:
        """How far it is, what it found, and what can be done now."""
        return await self._draw(request, await self._job(request))

    @route("/{id}/check", methods=["POST"])
    async def check(self, request: Request) -> Response:
        """Have the file checked, with what its heads stand for."""
        job = await self._job(request)
        form = await self.form(request, fields=1000)
        mapping = [text_of(form, f"column-{at}", longest=300) for at in range(len(job.parameters["heads"]))]
        return await self._go(request, job, "check", mapping=mapping, encoding=text_of(form, "encoding"))

    @route("/{id}/apply", methods=["POST"])
    async def apply(self, request: Request) -> Response:
        """Bring the rows in that were found good."""
        return await self._go(request, await self._job(request), "apply")

    async def _go(self, request: Request, job: Job, phase: str, **given: Any) -> Response:
        try:
            await transfers.go(site_of(request), actor_of(request), job, phase, **given)
        except (TransferRefused, JobMoved) as refusal:
            return await self._draw(request, await self._job(request), refusal, given.get("mapping"))
        return self.back(request, f"/{job.id}")

    @route("/{id}/cancel", methods=["POST"])
    async def cancel(self, request: Request) -> Response:
        """End it; what is done stays."""
        return await self._control(request, jobs.cancel, N_("Cancelled. What was done before stays."))

    @route("/{id}/resume", methods=["POST"])
    async def resume(self, request: Request) -> Response:
        """Go on where it stands."""
        return await self._control(request, jobs.resume, N_("It goes on."))

    async def _control(self, request: Request, act: Any, done: str) -> Response:
        job = await self._job(request)
        try:
            await act(site_of(request), actor_of(request), job)
        except JobMoved as refusal:
            return await self._draw(request, await self._job(request), refusal)
        return self.back(request, f"/{job.id}", done=done)

    @route("/{id}/file", methods=["GET"])
    async def file(self, request: Request) -> Response:
        """The file of an export, as it was written."""
        job = await self._job(request)
        result, content = await transfers.take(site_of(request), actor_of(request), job)
        headers = {
            "Content-Disposition": f'attachment; filename="{result.filename}"',
            "Content-Length": str(result.size),
        }
        return StreamingResponse(content, media_type=result.content_type, headers=headers)

    @route("/{id}/errors", methods=["GET"])
    async def errors(self, request: Request) -> Response:
        """What is wrong with which row, as CSV in the reader's language."""
        job = await self._job(request)
        heads = [say("Row"), say("Column"), say("What is wrong")]
        rows = [[each.get("row"), each.get("column"), each.get(language())] for each in job.failed]
        text = export.BOM + export.lines([heads, *rows])
        headers = {"Content-Disposition": f'attachment; filename="{job.type}-errors.csv"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    async def _job(self, request: Request) -> Job:
        identifier = read_id(request.path_params["id"])
        return await transfers.find(site_of(request), actor_of(request), identifier)

    async def _draw(
        self,
        request: Request,
        job: Job,
        refusal: TorokuError | None = None,
        mapping: list[str] | None = None,
    ) -> Response:
        site, actor = site_of(request), actor_of(request)
        own, moving = jobs.is_own(actor, job), job.state in ("queued", "running")
        here = self.url(request, f"/{job.id}")
        still = request.query_params.get("still") == "1"
        title = line_of(site, job, here).title
        answer = self.page(
            request,
            "transfer.html",
            title=title,
            crumbs=[Crumb(title)],
            refusal=refusal,
            job=job,
            here=here,
            own=own,
            moving=moving,
            still=still,
            state=state_of(job),
            facts=facts_of(job),
            counts=counts_of(job),
            errors=[(e.get("row"), e.get("column"), e.get(language())) for e in job.failed[:SHOWN_ERRORS]],
            may_control=jobs.may_control(actor, job),
            takes=own and job.kind == "export" and job.state == "done" and job.result is not None,
            **(await self._mapping(request, job, mapping) if own and job.state == "prepared" else {}),
        )
        if moving and not still:
            answer.headers["Refresh"] = f"{EVERY}; url={here}"
        return answer

    async def _mapping(self, request: Request, job: Job, typed: list[str] | None) -> dict[str, Any]:
        """The heads of the file with their first cells, and the columns each may stand for."""
        site, actor = site_of(request), actor_of(request)
        try:
            first = (await transfers.look(site, job)).first(transfers.SAMPLE)
        except (TransferRefused, NotFound):
            first = []
        published = site.registry.current(job.type)
        flat = transfers.import_columns(site, actor, published)
        own = seen(site, actor, job.type, published.version)
        names = {column.name for column in flat}
        whole = [c for c in answer_columns(own, nested=True) if c.is_readable and c.name not in names]
        spoken = language()
        options = [
            *((name, label(spoken)) for name, label in FACTS if name in USED_FACTS),
            *((column.name, column.label(spoken) or column.name) for column in (*flat, *whole)),
        ]
        chosen = typed or job.parameters["mapping"]
        return {
            "heads": [
                (
                    at,
                    head,
                    _samples(first, at) if may_be_shown(site, job, name) else DOTS,
                    "" if name in FACT_NAMES - set(USED_FACTS) else name,
                )
                for at, (head, name) in enumerate(zip(job.parameters["heads"], chosen, strict=True))
            ],
            "options": [("", say("— not brought in —")), *options],
            "missing": [
                column.label(spoken)
                for column in flat
                if column.field.required and column.name not in chosen and column.path[0] not in chosen
            ],
        }


PLACES: Mapping[str, Any] = {
    "records": _("Registered records, at once"),
    "drafts": _("Draft applications, for the operators to go on with"),
}


def _samples(rows: Any, at: int) -> str:
    """The first cells under a head, cut short."""
    cells = [str(row[at]) for _, row in rows if at < len(row) and row[at] not in (None, "")]
    return " / ".join(cell if len(cell) <= 30 else f"{cell[:29]}…" for cell in cells[:3])
