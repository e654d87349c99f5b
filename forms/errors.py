"""Failures as pages of the site: what happened, in words, and what can be done now."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from forms.pages.frame import frame_of
from forms.pages.visit import Visit, go, read_form
from forms.refusals import RequestTooLarge
from forms.render.environment import environment
from models.errors import (
    DatabaseUnavailable,
    NotAllowed,
    NotFound,
    SignInRequired,
    TermsNotAccepted,
    TooManyRequests,
    TorokuError,
    WritingStopped,
)
from models.language import Message, choose_language, translate
from models.permissions import Actor

RETRY: Mapping[type[TorokuError], str] = {
    DatabaseUnavailable: "10",
    TooManyRequests: "60",
    WritingStopped: "600",
}
"""Seconds after which trying again makes sense."""

UNSAVED = (DatabaseUnavailable, TermsNotAccepted, WritingStopped)
"""What a form may be sent again after: nothing was wrong with it."""

HEADINGS: Mapping[type[TorokuError], Message] = {
    NotFound: Message("Page not found"),
    SignInRequired: Message("Please sign in"),
    NotAllowed: Message("Not allowed"),
    TermsNotAccepted: Message("Please accept the terms of use"),
    WritingStopped: Message("Applicants can only read for now"),
}
TROUBLE = Message("Sorry, there is a problem with the service")
REFUSED = Message("This could not be done")

SECRET = frozenset({"password", "again"})
"""Names of a form that is never offered to be sent again: a page holds no password."""


def error_response(request: Request, error: TorokuError) -> Response:
    """The page for a failure. Sign-in is offered where it would help; what was typed can be sent again."""
    if isinstance(error, SignInRequired) and request.method == "GET":
        return go(f"/login?next={quote(here_of(request), safe='')}")
    if isinstance(error, TermsNotAccepted) and request.method in ("GET", "HEAD"):
        return go(f"/portal/terms?next={quote(here_of(request), safe='')}")
    if isinstance(error, UNSAVED) and request.method == "POST":
        return SendAgain(error)
    return _page(request, error)


def here_of(request: Request) -> str:
    """The address asked for, to come back to."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


class SendAgain(Response):
    """The page for a form that could not be kept. The form is read now if it was not yet, so that what was
    typed is on the page."""

    def __init__(self, error: TorokuError) -> None:
        super().__init__()
        self._error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if not hasattr(request.state, "typed"):
            with suppress(TorokuError, ClientDisconnect):
                await (await read_form(request)).close()
        await _page(request, self._error)(scope, receive, send)


def _page(request: Request, error: TorokuError) -> Response:
    visit = _visit(request)
    context = {
        "frame": frame_of(visit),
        "errors": (),
        "heading": _heading(visit, error),
        "text": translate(error.public, visit.language, **error.values),
        "code": error.code,
        "request_id": getattr(request.state, "request_id", ""),
        "resend": _typed(request) if isinstance(error, UNSAVED) else (),
        "sign_in": isinstance(error, SignInRequired),
    }
    written = environment(visit.language).get_template("pages/error.html").render(context)
    headers = {"cache-control": "no-store"}
    retry = next((seconds for kind, seconds in RETRY.items() if isinstance(error, kind)), None)
    return HTMLResponse(written, error.status, headers | ({"retry-after": retry} if retry else {}))


def _visit(request: Request) -> Visit:
    """The visit, even where the middleware could not prepare it (the database was gone)."""
    state = request.state
    cookies, accepted = request.cookies, request.headers.get("accept-language", "")
    return Visit(
        request,
        getattr(state, "site", None) or request.app.state.site,
        request.scope.get("user") or Actor(kind="visitor"),
        getattr(state, "language", None) or choose_language(cookies.get("language"), accepted),
    )


def _heading(visit: Visit, error: TorokuError) -> str:
    found = next((heading for kind, heading in HEADINGS.items() if isinstance(error, kind)), None)
    if found is None:
        found = TROUBLE if error.status >= 500 else REFUSED
    return found(visit.language)


def _typed(request: Request) -> list[tuple[str, str]]:
    """The texts of the form that could not be kept, to be sent again."""
    form = getattr(request.state, "typed", FormData())
    if SECRET & form.keys():
        return []
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


async def http_failure(request: Request, error: Exception) -> Response:
    """Starlette's own refusals (no such address, a method not allowed, a form too large) in our words."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    known: Mapping[int, type[TorokuError]] = {
        404: NotFound,
        405: NotFound,
        403: NotAllowed,
        401: SignInRequired,
    }
    failure = known.get(status, RequestTooLarge if 400 <= status < 500 else TorokuError)()
    return error_response(request, failure)


handlers: Mapping[Any, Any] = {HTTPException: http_failure}
"""For ``Starlette(exception_handlers=…)``."""
