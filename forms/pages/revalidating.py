"""Answers that need not be sent again to whoever has them already (RFC 9110, 8.8 and 13)."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

KEPT = ("cache-control", "vary")
"""Headers a 304 repeats besides the validators (RFC 9110, 15.4.5)."""


def revalidated(request: Request, answer: Response, changed: datetime | None = None) -> Response:
    """`answer` with its validators: an entity tag of its content and, where known, when it `changed` last;
    304 without content where the request names one of them."""
    answer.headers["etag"] = f'"{sha256(bytes(answer.body)).hexdigest()[:32]}"'
    if changed is not None:
        answer.headers["last-modified"] = format_datetime(changed.astimezone(UTC), usegmt=True)
    if request.method not in ("GET", "HEAD") or answer.status_code != 200 or not _is_known(request, answer):
        return answer
    told = {name: answer.headers[name] for name in (*KEPT, "etag", "last-modified") if name in answer.headers}
    return Response(status_code=304, headers=told)


def _is_known(request: Request, answer: Response) -> bool:
    """Whether the request names this state of the answer: by its tag, compared weakly, else by its date."""
    known = request.headers.get("if-none-match")
    if known is not None:
        tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        return "*" in tags or answer.headers["etag"] in tags
    since = request.headers.get("if-modified-since", "")
    if not since or "last-modified" not in answer.headers:
        return False
    try:
        return parsedate_to_datetime(answer.headers["last-modified"]) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False
