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

from forms.pages.confirming import Typed, carried, confirm_page
from forms.pages.frame import frame_of
from forms.pages.service import service_page, unanswered_page
from forms.pages.visit import Visit, go, read_form
from forms.refusals import RequestTooLarge
from forms.render.environment import environment
from models.errors import (
    CertificateRequired,
    ConfirmationRequired,
    DatabaseUnavailable,
    NotAllowed,
    NotFound,
    SendingClosed,
    ServiceClosed,
    SignInRequired,
    TermsNotAccepted,
    TooManyRequests,
    TorokuError,
    WritingStopped,
)
from models.language import Message, choose_language, translate
from models.permissions import Actor
from models.services.service import service_known
from models.services.switches import stops_of

RETRY: Mapping[type[TorokuError], str] = {
    DatabaseUnavailable: "10",
    TooManyRequests: "60",
}
"""Seconds after which trying again makes sense, where the error itself does not know."""

UNSAVED = (DatabaseUnavailable, TermsNotAccepted, TooManyRequests, WritingStopped)
"""What a form may be sent again after: nothing was wrong with it."""

ABOUT_SERVICE = (DatabaseUnavailable, SendingClosed, TooManyRequests, WritingStopped)
"""What the page of the service says more about."""

HEADINGS: Mapping[type[TorokuError], Message] = {
    NotFound: Message("Page not found"),
    SignInRequired: Message("Please sign in"),
    NotAllowed: Message("Not allowed"),
    CertificateRequired: Message("A client certificate is needed"),
    TermsNotAccepted: Message("Please accept the terms of use"),
    ServiceClosed: Message("The service is closed for now"),
    WritingStopped: Message("Applicants can only read for now"),
    TooManyRequests: Message("Too many requests"),
}
TROUBLE = Message("Sorry, there is a problem with the service")
REFUSED = Message("This could not be done")

SECRET = frozenset({"password", "again", "present"})
"""Names of a form that is never offered to be sent again: a page holds no password."""


def error_response(request: Request, error: TorokuError) -> Response:
    """The page for a failure. Sign-in is offered where it would help; what was typed can be sent again."""
    if isinstance(error, SignInRequired) and request.method == "GET":
        return go(f"/login?next={quote(here_of(request), safe='')}")
    if isinstance(error, TermsNotAccepted) and request.method in ("GET", "HEAD"):
        return go(f"/portal/terms?next={quote(here_of(request), safe='')}")
    if isinstance(error, ConfirmationRequired) and request.method != "POST":
        return go(f"/confirm?next={quote(here_of(request), safe='')}")
    if isinstance(error, (*UNSAVED, ConfirmationRequired)) and request.method == "POST":
        return SendAgain(error)
    return _about_service(request, error) or _page(request, error)


def _about_service(request: Request, error: TorokuError) -> Response | None:
    """The page of the service in the place of any other while it is closed; and itself, whatever the database
    does."""
    if isinstance(error, ServiceClosed):
        visit = _visit(request)
        answer: Response = service_page(visit, service_known(visit.site, stops_of(visit.actor)), 503)
        answer.headers.update(_retry(error))
        return answer
    if isinstance(error, DatabaseUnavailable) and request.url.path == "/service":
        return unanswered_page(_visit(request))
    return None


def here_of(request: Request) -> str:
    """The address asked for, to come back to."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


class SendAgain(Response):
    """The page for a form that could not be kept, or that waits for a proof of who sent it. The form is read
    now if it was not yet, so that what was typed is on the page."""

    def __init__(self, error: TorokuError) -> None:
        super().__init__()
        self._error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if not hasattr(request.state, "typed"):
            with suppress(TorokuError, ClientDisconnect):
                await (await read_form(request)).close()
        await (await self._answer(request))(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if isinstance(self._error, ConfirmationRequired):
            visit = _visit(request)
            return await confirm_page(visit, here_of(request), _typed(visit))
        return _page(request, self._error)


def _page(request: Request, error: TorokuError) -> Response:
    visit = _visit(request)
    context = {
        "frame": frame_of(visit),
        "errors": (),
        "heading": _heading(visit, error),
        "text": translate(error.public, visit.language, **error.values),
        "code": error.code,
        "request_id": getattr(request.state, "request_id", ""),
        "resend": _typed(visit) if isinstance(error, UNSAVED) else (),
        "sign_in": isinstance(error, SignInRequired),
        "accept": isinstance(error, TermsNotAccepted),
        "service": isinstance(error, ABOUT_SERVICE),
    }
    written = environment(visit.language).get_template("pages/error.html").render(context)
    return HTMLResponse(written, error.status, {"cache-control": "no-store", **_retry(error)})


def _retry(error: TorokuError) -> Mapping[str, str]:
    """When trying again makes sense (RFC 9110, 10.2.3)."""
    known = str(error.retry_after) if error.retry_after else ""
    retry = known or next((seconds for kind, seconds in RETRY.items() if isinstance(error, kind)), "")
    return {"retry-after": retry} if retry else {}


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


def _typed(visit: Visit) -> Typed:
    """The texts of the form that could not be kept, to be sent again."""
    form = getattr(visit.request.state, "typed", FormData())
    if SECRET & form.keys():
        return []
    return carried(visit.site, form)


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
