"""Security headers of every admin answer, and the nonce that lets a page's own scripts run.

OWASP ASVS 5.0: 3.4.3 (CSP), 3.4.4 (nosniff), 3.4.5 (referrer), 3.4.6 (framing), 3.4.8 (opener), 14.3.2
(no-store).
"""

import secrets
from contextvars import ContextVar
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NONCE: ContextVar[str] = ContextVar("admin_nonce", default="")

COMMON = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
FRESH = "public, max-age=31536000, immutable"


def nonce() -> str:
    """This answer's nonce, 128 random bits; empty outside a request."""
    return NONCE.get()


def policy(*, inline_styles: bool = False) -> str:
    """The Content-Security-Policy of this answer. ``inline_styles`` is for starlette-admin's stock pages
    only."""
    own, stock = "style-src 'self'; img-src 'self'", "style-src 'self' 'unsafe-inline'; img-src 'self' data:"
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce()}'; {stock if inline_styles else own}; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "object-src 'none'"
    )


def page_headers(*, inline_styles: bool = False) -> dict[str, str]:
    """All headers of a page: common ones, its policy, and that no cache may keep it."""
    return {
        **COMMON,
        "Content-Security-Policy": policy(inline_styles=inline_styles),
        "Cache-Control": "no-store",
    }


class SecurityHeaders:
    """Pure ASGI: draws the nonce, then puts the headers on whatever the admin answers.

    A page that needs inline styles says so with ``request.state.inline_styles = True`` before it answers;
    what brings a policy of its own (an attachment, which may do less than a page) keeps it.
    Static files with a version in their address may be kept for a year. Over https every cookie is Secure.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        NONCE.set(secrets.token_urlsafe(16))
        state = scope.setdefault("state", {})
        static = is_static(scope)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                own = headers.get("content-security-policy")
                headers.update(_file_headers(scope, message["status"]) if static else _page_headers(state))
                if own is not None:
                    headers["content-security-policy"] = own
                if scope["scheme"] == "https":
                    message["headers"] = [_secured(*pair) for pair in message["headers"]]
            await send(message)

        await self.app(scope, receive, send_guarded)


def is_static(scope: Scope) -> bool:
    """Whether the address is one of the admin's own static files."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")).startswith("/static/")


def _page_headers(state: dict[str, Any]) -> dict[str, str]:
    return page_headers(inline_styles=bool(state.get("inline_styles")))


def _file_headers(scope: Scope, status: int) -> dict[str, str]:
    versioned = status in (200, 304) and b"v=" in scope.get("query_string", b"")
    return {**COMMON, "Cache-Control": FRESH if versioned else "no-cache"}


def _secured(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A header as it is, a cookie with ``Secure``: behind ``Hostless`` nobody sees the scheme."""
    if name.lower() != b"set-cookie" or b"secure" in value.lower().split(b"; "):
        return name, value
    return name, value + b"; Secure"
