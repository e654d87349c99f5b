"""The jobs: long work in the background, how far it is, and stopping or resuming it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette_admin import flash

from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.views.base import Row, Where
from admin.views.columns import Choice, Column
from admin.views.records import RawListView
from models.documents.base import read_id
from models.documents.job import TRANSFERS, Job
from models.documents.rows import rows_of
from models.language import translate
from models.services import jobs

KINDS = {
    "rewrite": Choice(_("Carrying over to a version")),
    "restore": Choice(_("Going back to a version")),
    "reseal": Choice(_("Sealing secrets anew")),
    "export": Choice(_("Export")),
    "import": Choice(_("Import")),
    "bulk": Choice(_("Bulk application")),
}
STATES = {
    "prepared": Choice(_("Waits for its requester"), "info"),
    "queued": Choice(_("Queued"), "info"),
    "running": Choice(_("Running"), "info"),
    "done": Choice(_("Done"), "good"),
    "failed": Choice(_("Failed"), "bad"),
    "cancelled": Choice(_("Cancelled"), "warn"),
}
GOING = ("queued", "running")
REFRESH = 3
"""Seconds after which the page of a job that goes on is loaded again."""

COMMON = (
    Column("created_at", _("Asked for"), "moment", filters=("gte", "lte")),
    Column("kind", _("Kind"), "state", filters=("eq",), choices=KINDS),
    Column("type", _("Record type"), "code", filters=("eq",)),
    Column("state", _("State"), "state", filters=("eq",), choices=STATES),
    Column("done", _("So far"), "number"),
    Column("total", _("In all"), "number"),
    Column("failed_count", _("Not done"), "number"),
    Column("requester.name", _("For")),
    Column("finished_at", _("Ended"), "moment"),
)

DETAILS = (
    *COMMON,
    Column("purpose", _("Purpose"), wrap=True),
    Column("from_version", _("From version"), "number"),
    Column("to_version", _("To version"), "number"),
    Column("started_at", _("Last begun"), "moment"),
    Column("attempts", _("Attempts"), "number"),
    Column("problem", _("Last problem"), "code"),
)


def own_or_all(request: Request, action: str) -> Where | None:
    """One's own jobs; with ``job.view`` every one. Never exported."""
    if action != "view":
        return None
    return {} if may(request, "job.view") else {"requester.id": actor_of(request).account_id}


class JobsView(RawListView):
    """Every job one may see, newest first; of one how far it is and what could not be done."""

    detail_template = "system_job.html"
    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            key="jobs",
            menu_label=_("Jobs"),
            icon="jobs",
            columns=COMMON,
            details=DETAILS,
            source=rows_of(Job, hidden=("writer", "parameters")),
            rule=own_or_all,
            order=(("created_at", -1),),
        )

    def title_of(self, row: Row) -> str:
        """Kind and record type."""
        kind = KINDS.get(str(row.get("kind")))
        return f"{kind.label if kind else row.get('kind', '')} {row.get('type', '')}"

    async def detail_page(self, request: Request) -> Response:
        """The page of a job that goes on loads itself again."""
        answer = await super().detail_page(request)
        if getattr(request.state, "goes_on", False):
            answer.headers["refresh"] = str(REFRESH)
        return answer

    async def detail_context(self, request: Request, row: Row) -> Mapping[str, Any]:
        """How far it is, how long it may still take, what may be done with it."""
        state, root = row.get("state"), root_of(request)
        request.state.goes_on = state in GOING
        try:
            job = Job.model_validate(row)
        except ValidationError:
            return {"is_damaged": True}
        control = jobs.may_control(actor_of(request), job)
        return {
            "state": STATES.get(job.state),
            "left": _left(job, site_of(request).now()),
            "refused": [_refused(one) for one in job.failed[:50]],
            "cancel_href": f"{root}/jobs/{job.id}/cancel" if control and not job.is_over else "",
            "resume_href": f"{root}/jobs/{job.id}/resume"
            if control and job.state in ("cancelled", "failed")
            else "",
            "transfer_href": f"{root}/transfers/{job.id}"
            if job.kind in TRANSFERS and jobs.is_own(actor_of(request), job)
            else "",
        }

    def own_routes(self) -> list[Route]:
        """Two more: stopping and going on."""
        return [
            Route("/jobs/{id}/cancel", self.cancel, methods=["POST"], name="jobs-cancel"),
            Route("/jobs/{id}/resume", self.resume, methods=["POST"], name="jobs-resume"),
            *super().own_routes(),
        ]

    async def cancel(self, request: Request) -> Response:
        """End a job; what it has done stays."""
        job = await self._job(request)
        await jobs.cancel(site_of(request), actor_of(request), job)
        return self._back(request, job, N_("The job has been stopped. What it has done stays."))

    async def resume(self, request: Request) -> Response:
        """Let a job go on where it stands."""
        job = await self._job(request)
        await jobs.resume(site_of(request), actor_of(request), job)
        return self._back(request, job, N_("The job goes on where it stood."))

    async def _job(self, request: Request) -> Job:
        return await jobs.find_for(site_of(request), actor_of(request), read_id(request.path_params["id"]))

    def _back(self, request: Request, job: Job, done: str) -> Response:
        flash(request, say(done))
        return RedirectResponse(f"{root_of(request)}/jobs/detail?pk={job.id}", status_code=303)


def _left(job: Job, now: datetime) -> int | None:
    """Minutes it may still take at the pace so far; None while that cannot be told."""
    if job.state != "running" or job.started_at is None or not job.done or not job.total:
        return None
    pace = (now - job.started_at) / job.done
    return max(round((job.total - job.done) * pace / timedelta(minutes=1)), 1)


def _refused(one: Mapping[str, Any]) -> str:
    """What could not be done, in words: a record of a rewrite, or a row of a file."""
    said = one.get(language()) or one.get("ja")
    if said:
        where = say("Row {row}", {"row": one.get("row", "")})
        return f"{where} {one.get('column', '')}: {said}"
    told = one.get("message")
    words = told if isinstance(told, Mapping) else {}
    values = words.get("values")
    message = translate(
        str(words.get("msgid", "")), language(), **(values if isinstance(values, Mapping) else {})
    )
    return f"{one.get('number', '')} {one.get('path', '')}: {message}"
