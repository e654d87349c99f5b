"""What waits to be read is told on every page of the portal: it is looked up once for each."""

from starlette.types import ASGIApp, Receive, Scope, Send

from models.permissions import Actor
from models.services.reading import news_of

PORTAL = "/portal"


class UnreadNotices:
    """Pure ASGI behind the gates: sets ``scope["state"]["news"]`` (News) for the people of operators."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        actor: Actor | None = scope.get("user")
        if scope["type"] == "http" and actor is not None and _is_told(actor, scope["path"]):
            scope["state"]["news"] = await news_of(actor)
        await self.app(scope, receive, send)


def _is_told(actor: Actor, path: str) -> bool:
    within = path == PORTAL or path.startswith(f"{PORTAL}/")
    return actor.kind == "operator" and within and "/files/" not in path
