"""Security headers on every response, a request id, and one line of access log without addresses' secrets."""

import secrets
import time
from urllib.parse import quote

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
"""The public pages' content security policy; the admin sets its own (ASVS 3.4.3)."""

FIXED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}

SECRETS = ("/links/", "/calendars/")
"""Addresses that go on with something nobody else may know."""

log = structlog.get_logger("access")


class Headers:
    """Pure ASGI; outermost, so that errors carry the headers too."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self.app, self.secure = app, secure
        self.fixed = {
            **FIXED,
            **({"strict-transport-security": "max-age=31536000; includeSubDomains"} if secure else {}),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = time.perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._complete(MutableHeaders(scope=message), scope, request_id)
                if self.secure:
                    message["headers"] = [_secured(*pair) for pair in message["headers"]]
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            elapsed = round((time.perf_counter() - started) * 1000, 1)
            log.info(
                "request",
                id=request_id,
                method=scope["method"],
                path=public_path(scope["path"]),
                status=status,
                ms=elapsed,
            )

    def _complete(self, headers: MutableHeaders, scope: Scope, request_id: str) -> None:
        for name, value in self.fixed.items():
            headers.setdefault(name, value)
        headers.setdefault("content-security-policy", POLICY)
        is_file = _is_asset(scope)
        headers.setdefault("cache-control", "public, max-age=31536000, immutable" if is_file else "no-store")
        if is_file:
            headers.setdefault("vary", "accept-encoding")
        headers["x-request-id"] = request_id


def _secured(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A header as it is, a cookie with ``Secure``: whoever set it may not know that TLS ends before us."""
    if name.lower() != b"set-cookie" or b"; secure" in value.lower():
        return name, value
    return name, value + b"; Secure"


def _is_asset(scope: Scope) -> bool:
    return scope["path"].startswith("/static/") and b"v=" in scope.get("query_string", b"")


def public_path(path: str) -> str:
    """`path` fit for a log: the secret of a one-time link or of a calendar's address is left out, control
    characters are written out (ASVS 16.4.1)."""
    for place in SECRETS:
        if path.startswith(place):
            return f"{place}…"
    return (path if path.isprintable() else quote(path))[:200]
