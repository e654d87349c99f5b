"""The last net: every failure becomes an honest page; nothing of an exception reaches the visitor."""

from collections.abc import Callable

import structlog
from pymongo.errors import PyMongoError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.database import translate
from models.errors import DatabaseUnavailable, TorokuError

ErrorPage = Callable[[Request, TorokuError], Response]
log = structlog.get_logger("failures")


class Failures:
    """Pure ASGI. Typed errors keep their status and message; others are logged and become T-X000."""

    def __init__(self, app: ASGIApp, *, page: ErrorPage) -> None:
        self.app, self.page = app, page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:
            failure = understand(error, scope)
            if begun:
                raise
            await self.page(Request(scope, receive), failure)(scope, receive, send)


def understand(error: Exception, scope: Scope) -> TorokuError:
    """The typed error an exception amounts to; the unexpected is logged whole, with the request's id."""
    if isinstance(error, TorokuError):
        failure: TorokuError | None = error
    else:
        failure = translate(error) if isinstance(error, PyMongoError) else None
    request_id = scope.get("state", {}).get("request_id")
    if failure is None:
        log.error("unexpected", id=request_id, exc_info=error)
        return TorokuError()
    if isinstance(failure, DatabaseUnavailable):
        log.warning("database unavailable", id=request_id, cause=type(error).__name__)
    return failure
