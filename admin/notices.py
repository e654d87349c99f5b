"""Messages shown once, on the page after the one that caused them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette_admin.flash import FlashMiddleware

from admin.cookies import with_cookies

FLASH_COOKIE = "starlette_admin_flash"
KEPT = 300
"""Seconds a message waits for its page."""


class Notices(FlashMiddleware):
    """`FlashMiddleware` as pure ASGI: a page passes without a task of its own."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        request.state.admin_flash_cookie = self._cookie
        request.state.admin_flash_pending = []
        request.state.admin_flash_consumed = False
        await self.app(scope, receive, with_cookies(send, lambda answer: self._mark(request, answer)))

    def _mark(self, request: Request, answer: Response) -> None:
        """Keep what was said during the request for the next page, or let go what this one showed."""
        waiting, secure = request.state.admin_flash_pending, request.url.scheme == "https"
        if waiting:
            told = self._cookie.dumps(waiting)
            answer.set_cookie(FLASH_COOKIE, told, max_age=KEPT, httponly=True, samesite="lax", secure=secure)
        elif request.state.admin_flash_consumed and FLASH_COOKIE in request.cookies:
            answer.delete_cookie(FLASH_COOKIE)
