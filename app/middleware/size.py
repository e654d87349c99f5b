"""How much one request may send: more is refused before it is read, in words (ASVS 5.2.1)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.middleware.heads import head
from forms.refusals import RequestTooLarge


class LargestBody:
    """Pure ASGI; raises RequestTooLarge, which the failures middleware turns into a page. A length that is
    told is believed at once; what comes without one is counted."""

    def __init__(self, app: ASGIApp, *, largest: int) -> None:
        self.app, self.largest = app, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = head(scope, b"content-length")
        if told.isascii() and told.isdigit() and int(told) > self.largest:
            raise RequestTooLarge
        read = 0

        async def counting() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.largest:
                raise RequestTooLarge
            return message

        await self.app(scope, counting, send)
