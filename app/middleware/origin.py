"""Cross-site request forgery: an unsafe request must come from our own pages (ASVS 3.5.1).

Browsers say so themselves: ``Sec-Fetch-Site`` (Fetch Metadata), else ``Origin`` (RFC 6454). A request with
neither does not come from a browser and carries no one's cookies by accident."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from models.errors import NotAllowed

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SameOrigin:
    """Pure ASGI; raises NotAllowed, which the failures middleware turns into a page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "http"
            and scope["method"] not in SAFE
            and not is_same_origin(Headers(scope=scope))
        ):
            raise NotAllowed("This request came from another site.", rule="same_origin")
        await self.app(scope, receive, send)


def is_same_origin(headers: Headers) -> bool:
    """Whether an unsafe request with these headers may be carried out."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")
