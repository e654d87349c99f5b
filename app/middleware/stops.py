"""While the service is closed for somebody, they see the page that says so instead of any other."""

from starlette.types import ASGIApp, Receive, Scope, Send

from models.permissions import Actor
from models.services.switches import require_entry

ALWAYS = (
    *("/admin", "/static", "/healthz", "/readyz", "/service", "/service.json", "/language", "/logout"),
    *("/terms", "/notices", "/notices.atom", "/environment", "/accessibility"),
    *("/losses", "/portal/losses", "/links"),
)
"""What stays open: what everybody may read at any time, signing out, reports of loss, the staff. Of mailed
links the page itself lets only those go on that confirm a loss."""

BENEATH = tuple(f"{each}/" for each in ALWAYS)


def stays_open(path: str) -> bool:
    """Whether an address is one of those, or beneath one."""
    return path.startswith(BENEATH) or path in ALWAYS


class Stops:
    """Pure ASGI, within the sessions; raises ServiceClosed, which the failures middleware turns into a page.
    Writing is refused by the services themselves (``require_writing``)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        actor: Actor | None = scope.get("user")
        if scope["type"] == "http" and actor is not None and not stays_open(scope["path"]):
            await require_entry(scope["state"]["site"], actor)
        await self.app(scope, receive, send)
