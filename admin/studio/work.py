"""How far the rewriting of stored records has come, as a page tells it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from admin.language import language
from admin.language import lazy_gettext as _
from models.documents.job import Job
from models.language import Message

STATES: Mapping[str, Any] = {
    "queued": _("Waiting to begin"),
    "running": _("Running"),
    "done": _("Done"),
    "failed": _("Stopped"),
}
MOST_FAILED = 50


class Work(NamedTuple):
    """One job; ``failed`` are number, path and reason of records that kept their form."""

    state: str
    goes_on: bool
    done: int
    total: int
    failed_count: int
    failed: tuple[tuple[str, str, str], ...]


async def work_for(where: Mapping[str, Any]) -> Work | None:
    """The latest job that fits `where` (``{"change": …}``, ``{"type": …}``), or None."""
    job = await Job.find(where).sort("-created_at").first_or_none()
    if job is None:
        return None
    failed = tuple(_told(failure) for failure in job.failed[:MOST_FAILED])
    state = str(STATES[job.state])
    return Work(state, not job.is_over, job.done, job.total, job.failed_count, failed)


def _told(failure: Mapping[str, Any]) -> tuple[str, str, str]:
    message = failure.get("message") or {}
    said = Message(str(message.get("msgid", "")), message.get("values") or {})
    return str(failure.get("number", "")), str(failure.get("path", "")), said(language())
