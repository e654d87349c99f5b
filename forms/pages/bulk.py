"""Applying for many records at once: the files to fill in, and the door they come back by."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from forms.pages.handing import headers_of
from forms.pages.portal.rows import definition_of
from forms.pages.visit import Visit, go, operator_visit, page, read_form
from models.documents.job import Job
from models.errors import NotFound, TorokuError, TransferRefused, TransitionRefused, UploadRefused
from models.language import Message, translate
from models.schema.definition import RecordType
from models.services import batches, jobs, templates
from models.services.transfers import is_expired

BOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

STATES: Mapping[str, tuple[Message, str]] = {
    "prepared": (Message("Waiting for your decision"), "look"),
    "queued": (Message("Waiting for its turn"), ""),
    "running": (Message("Being worked on"), ""),
    "done": (Message("Finished"), "good"),
    "failed": (Message("Broken off"), "bad"),
    "cancelled": (Message("Cancelled"), ""),
}
"""What the states of a file are called, and their tone."""


def bulk_type(visit: Visit) -> RecordType:
    """The type the address names. Raises NotFound where nothing of it can be applied for by a file."""
    definition = definition_of(visit)
    if not batches.kinds(visit.site, visit.actor, definition):
        raise NotFound
    return definition


async def show_bulk(request: Request) -> Response:
    """What to fill in, where to bring it, and what was brought before."""
    visit = operator_visit(request)
    return await _show(visit, bulk_type(visit))


async def receive_file(request: Request) -> Response:
    """Keep the file that was brought, and look at its heads."""
    visit = operator_visit(request)
    definition = bulk_type(visit)
    form = await read_form(request)
    upload = form.get("file")
    try:
        if not isinstance(upload, UploadFile) or not upload.filename:
            raise TransferRefused("Choose a file.")
        content = await upload.read(batches.BYTES + 1)
        job = await batches.begin(
            visit.site, visit.actor, definition, upload.filename, content, visit.language
        )
    except (TransferRefused, UploadRefused, TransitionRefused) as refusal:
        return await _show(visit, definition, refusal)
    return go(f"{address_of(definition)}/{job.id}")


def address_of(definition: RecordType) -> str:
    """Where files of a type are brought."""
    return f"/portal/{definition.name}/bulk"


async def _show(visit: Visit, definition: RecordType, refusal: TorokuError | None = None) -> Response:
    found = await batches.listed(visit.site, visit.actor, definition.name)
    context = {
        "definition": definition,
        "here": address_of(definition),
        "kinds": batches.kinds(visit.site, visit.actor, definition),
        "rows": f"{batches.ROWS:,}",
        "max_mb": batches.BYTES // 1_048_576,
        "lines": [line_of(visit, job) for job in found],
        "kept": batches.KEPT_FOR.days,
        "errors": [("#file", words_of(visit, refusal))] if refusal else (),
    }
    return page(visit, "bulk", context, status=refusal.status if refusal else 200)


def words_of(visit: Visit, error: TorokuError) -> str:
    """What an error says, in the reader's language."""
    return translate(error.public, visit.language, **error.values)


def line_of(visit: Visit, job: Job) -> Mapping[str, Any]:
    """One file, as a line of a list."""
    label, tone = STATES[job.state]
    moving = job.state in ("queued", "running")
    return {
        "id": str(job.id),
        "name": job.parameters.get("filename", ""),
        "who": job.requester.name if job.requester else "",
        "at": job.created_at,
        "state": label(visit.language),
        "tone": tone,
        "applied": job.phase == "apply" and not moving,
        "counts": job.counts,
        "expired": is_expired(visit.site, job),
        "ours": jobs.is_ours(visit.actor, job),
    }


async def hand_out(request: Request) -> Response:
    """A file to fill in: ``template.xlsx``, ``template.csv``, or one's own records to change,
    ``records.xlsx``."""
    visit = operator_visit(request)
    definition, name = bulk_type(visit), visit.parameter("name")
    given = (visit.site, visit.actor, definition, visit.language)
    if name == "template.xlsx":
        return file_response(templates.template_book(*given), f"{definition.name}-template.xlsx", BOOK)
    if name == "template.csv":
        content = templates.template_comma(*given)
        return file_response(content, f"{definition.name}-template.csv", "text/csv; charset=utf-8")
    if name == "records.xlsx":
        written = await templates.records_book(*given)
        return StreamingResponse(written, media_type=BOOK, headers=headers_of(f"{definition.name}.xlsx"))
    raise NotFound


def file_response(content: bytes, filename: str, content_type: str) -> Response:
    """A file to be saved, that no cache keeps."""
    return Response(content, media_type=content_type, headers=headers_of(filename))


Errors = Sequence[tuple[str, str]]
