"""Nobody of an operator goes on before they accepted the terms of use (R5, R14): every address asks, whatever
page stands behind it, but for those that have to stay open."""

from starlette.types import ASGIApp, Receive, Scope, Send

from models.errors import TermsNotAccepted
from models.services.accepting import owes_acceptance

READABLE = (
    "terms",
    "notices",
    "notices.atom",
    "environment",
    "accessibility",
    "service",
    "service.json",
    "windows",
    "windows.ics",
    "calendars",
)

SIGNING = ("language", "login", "logout", "confirm", "links", "certificate")

OPEN = frozenset({*READABLE, *SIGNING, "losses", "static", "healthz", "readyz"})
"""First words of addresses that stay open: what can be read by everybody, signing in and out, the report of a
loss."""

OPEN_OF_PORTAL = frozenset({"terms", "notices", "losses"})
"""Second words of addresses of the portal that stay open."""


class AcceptedTerms:
    """Pure ASGI behind the sessions; raises TermsNotAccepted, which the failures middleware turns into a
    page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and "user" in scope and not is_open(scope["path"]):
            state = scope["state"]
            if owes_acceptance(state["site"], scope["user"]):
                raise TermsNotAccepted
        await self.app(scope, receive, send)


def is_open(path: str) -> bool:
    """Whether an address can be had by whoever has not accepted the terms: the first page, and those of
    OPEN."""
    first, _, rest = path[1:].partition("/")
    if first == "portal":
        return rest.partition("/")[0] in OPEN_OF_PORTAL
    return first in OPEN or path == "/"
