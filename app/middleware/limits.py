"""Every request is counted, and one too many is refused (terms of use 2.4 ②)."""

from starlette.types import ASGIApp, Receive, Scope, Send

from app.middleware.heads import head
from app.middleware.stops import stays_open
from models.configuration.limits import Manner
from models.permissions import Actor
from models.services.limits import count, require_unstopped
from models.services.site import Site

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

SIGN_INS = ("/login", "/admin/login")
"""Where passwords and codes are sent."""

MADE = ("/download", "/export", "/errors", "/result", ".csv", ".xlsx", ".ics", ".html", "/file")
"""How addresses end behind which a file is made."""

LARGE = 65_536
"""A form in several parts from this size on (bytes) carries files."""

UNCOUNTED = frozenset({"/healthz", "/readyz"})
"""What machines ask every second."""


class Limits:
    """Pure ASGI, within the sessions; raises LimitReached or StoppedByLimit, which the failures middleware
    turns into a page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        actor: Actor | None = scope.get("user")
        if scope["type"] == "http" and actor is not None and scope["path"] not in UNCOUNTED:
            site: Site = scope["state"]["site"]
            if not stays_open(scope["path"]) or scope["path"].startswith("/admin"):
                await require_unstopped(site, actor)
            await count(site, actor, manner_of(scope))
        await self.app(scope, receive, send)


def manner_of(scope: Scope) -> Manner:
    """What a request is counted as."""
    path = scope["path"]
    if scope["method"] in SAFE:
        return "expensive" if path.endswith(MADE) or _searches(scope["query_string"]) else "reads"
    if path.startswith(SIGN_INS):
        return "sign_ins"
    if path.endswith(MADE):
        return "expensive"
    several = head(scope, b"content-type").startswith("multipart/form-data")
    length = head(scope, b"content-length")
    small = length.isascii() and length.isdigit() and int(length[:12]) < LARGE
    return "uploads" if several and not small else "writes"


def _searches(query: bytes) -> bool:
    return any(part.startswith(b"q=") and len(part) > len(b"q=") for part in query.split(b"&"))
