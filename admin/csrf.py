"""Forgery protection: starlette-admin's signed double submit, with a page a person understands when it
refuses.

Every POST under the admin passes here, those of ``PageView`` routes too: a form needs ``{{
csrf_input(request) }}``, a fetch the header ``X-CSRFToken``.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import unquote_plus

from itsdangerous import BadSignature
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette_admin.security.csrf import CSRFMiddleware, csrf_input

from admin.cookies import with_cookies

__all__ = ["FormGuard", "csrf_input"]

PLAIN = b"application/x-www-form-urlencoded"
PARTS = b"multipart/form-data"


class FormGuard(CSRFMiddleware):
    """`CSRFMiddleware` as pure ASGI, whose bare English refusal is replaced by `refused(request)`.

    A page passes without a task of its own and a form is not read twice: of a plain one only the token is
    looked for.
    """

    def __init__(
        self, app: ASGIApp, secret_key: str, refused: Callable[[Request], Awaitable[Response]]
    ) -> None:
        super().__init__(app, secret_key)
        self.refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        known = self._known(request.cookies.get(self.cookie_name, ""))
        request.state.csrf_token = known or self._signer.dumps(secrets.token_hex(32))
        if request.method not in self.safe_methods:
            given, receive = await self._given(request)
            if not known or not hmac.compare_digest(given.encode(), known.encode()):
                await (await self.refused(request))(scope, receive, send)
                return
        await self.app(scope, receive, send if known else self._marking(request, send))

    def _known(self, signed: str) -> str:
        """The token of the cookie as it is signed; "" for none, and for one we never gave."""
        try:
            return signed if signed and self._signer.loads(signed) else ""
        except BadSignature:
            return ""

    def _marking(self, request: Request, send: Send) -> Send:
        """`send` with the new token's cookie; a script must read it to send the header."""
        return with_cookies(
            send,
            lambda answer: answer.set_cookie(
                self.cookie_name,
                request.state.csrf_token,
                samesite="lax",
                secure=request.url.scheme == "https",
            ),
        )

    async def _given(self, request: Request) -> tuple[str, Receive]:
        """The token sent with a request, and what hands its body on once more."""
        header = request.headers.get(self.header_name)
        kind = request.headers.get("content-type", "").encode("latin-1", "replace")
        if header is not None or not (PLAIN in kind or PARTS in kind):
            return header or "", request.receive
        body = await request.body()
        if PARTS not in kind:
            return _plain_token(body, self.field_name), _again(body, request.receive)
        async with Request(request.scope, _again(body, request.receive)).form() as form:
            return str(form.get(self.field_name) or ""), _again(body, request.receive)


def _plain_token(body: bytes, name: str) -> str:
    """The last value of a field of a urlencoded form; "" without one."""
    start = f"{name}=".encode()
    found = [pair for pair in body.split(b"&") if pair.startswith(start)]
    return unquote_plus(found[-1][len(start) :].decode("latin-1")) if found else ""


def _again(body: bytes, receive: Receive) -> Receive:
    """Hands `body` on as one message, then whatever the client says next."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return left.pop() if left else await receive()

    return receiving
