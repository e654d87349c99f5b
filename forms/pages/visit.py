"""What a page needs to know of a request, and the page it answers with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from forms.pages.frame import frame_of
from forms.received import PART_LIMIT, PLAIN_LIMIT, receive
from forms.refusals import RequestTooLarge
from forms.render.environment import environment
from models.errors import CertificateRefused, SignInRequired
from models.language import Language
from models.permissions import Actor
from models.services.lookup import Ahead
from models.services.sessions import Browser
from models.services.site import Site


@dataclass(frozen=True, slots=True)
class Inset:
    """A form drawn inside the page of another door: without a frame of its own, under the address `base`, in
    that door's language; `guard` is the hidden input its forms carry, `files` where uploads are handed
    out, `previews` whether that door shows how what is written will look."""

    base: str
    files: str
    guard: Markup
    language: Language
    previews: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: the site, who asks, in which language; ``inset`` where another door draws the frame."""

    request: Request
    site: Site
    actor: Actor
    language: Language
    inset: Inset | None = None

    @property
    def guard(self) -> Markup:
        """What a form has to carry besides what is typed."""
        return self.inset.guard if self.inset else Markup()

    @property
    def browser(self) -> Browser:
        return cast(Browser, self.request.state.browser)

    @property
    def offers_certificate_upload(self) -> bool:
        """Whether a certificate may be presented as a file (development: no TLS terminator in front)."""
        return bool(getattr(self.request.state, "certificate_upload", False))

    @property
    def connects_with_certificate(self) -> bool:
        """Whether the connection itself presents the certificate (TLS, or the proxy in front)."""
        return bool(getattr(self.request.state, "certificate_connected", False))

    @property
    def refusal(self) -> CertificateRefused | None:
        """Why the certificate of this connection cannot be used, where that is so."""
        found: CertificateRefused | None = getattr(self.request.state, "refusal", None)
        return found

    def take_ahead(self) -> Ahead | None:
        """The application that was asked for with the session; only once, what is read later is read anew."""
        ahead: Ahead | None = self.request.scope["state"].pop("ahead", None)
        return ahead

    def parameter(self, name: str) -> str:
        """A part of the address."""
        return str(self.request.path_params[name])


def visit_of(request: Request) -> Visit:
    """The visit a request makes; the application's middleware has prepared it."""
    inset: Inset | None = getattr(request.state, "inset", None)
    language = inset.language if inset else request.state.language
    return Visit(request, request.state.site, request.user, language, inset)


def operator_visit(request: Request) -> Visit:
    """The visit of a signed-in operator. Raises SignInRequired."""
    visit = visit_of(request)
    if visit.actor.kind != "operator":
        raise SignInRequired
    return visit


async def read_form(request: Request) -> FormData:
    """The form a request carries; kept on the request, so that an error page can offer to send it again. Of
    one in several parts, what is beyond the limits is left out and told (Received). Raises RequestTooLarge
    for any other that is too large, and for what is no form at all."""
    try:
        several = request.headers.get("content-type", "").startswith("multipart/form-data")
        limits = {"max_fields": PLAIN_LIMIT, "max_part_size": PART_LIMIT}
        form = await receive(request) if several else await request.form(**limits)
    except (HTTPException, MultiPartException) as error:
        raise RequestTooLarge from error
    request.state.typed = form
    return form


def revision_of(form: FormData) -> int:
    """The revision a form was drawn from; -1, which nothing has, where it is none."""
    revision = text_of(form, "revision", 9)
    return int(revision) if revision.isascii() and revision.isdigit() else -1


def text_of(form: FormData, name: str, limit: int = 500) -> str:
    """One short text of a form, cut at `limit` characters."""
    value = form.get(name)
    return value[:limit] if isinstance(value, str) else ""


def page(
    visit: Visit,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> HTMLResponse:
    """A page of the site; never kept by caches, because it may hold what is personal."""
    around = {
        "frame": frame_of(visit),
        "layout": "inset.html" if visit.inset else "base.html",
        "errors": (),
        "refusal": visit.refusal,
        "presented": visit.actor.certificate is not None,
    }
    found = environment(visit.language).get_template(f"pages/{template}.html")
    return HTMLResponse(found.render({**around, **(context or {})}), status, {"cache-control": "no-store"})


def local_path(text: str, otherwise: str = "/") -> str:
    """`text` when it is a path of this site, else `otherwise`: nobody is sent elsewhere (ASVS 1.3.6)."""
    parts = urlsplit(text) if text.startswith("/") and "\\" not in text and text.isprintable() else None
    if parts is None or parts.scheme or parts.netloc or text.startswith("//"):
        return otherwise
    return text


def go(path: str) -> Response:
    """Send the browser on with GET."""
    return RedirectResponse(path, 303, {"cache-control": "no-store"})


Summary = Sequence[tuple[str, str]]
"""What went wrong, for the summary: the address of the place, the message."""
