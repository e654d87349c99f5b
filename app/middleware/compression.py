"""What is sent is made small (RFC 9110, 8.4.1.3), where nobody can learn a secret from how small it got.

A page that holds a secret and repeats what an attacker chose tells the secret by its length (BREACH,
CVE-2013-3587), if the attacker can make the visitor's browser ask for it again and again. Browsers say where
a request comes from (Fetch Metadata, ``Sec-Fetch-Site``), and no script can change that: pages are made small
only for requests that come from our own pages or that the visitor typed. The program's own files hold no
secret."""

import gzip
from functools import lru_cache

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FILES = ("text/css", "text/javascript", "application/javascript", "image/svg+xml")
"""Types of the program's own files that become smaller."""

LEAST = 1_000
"""Shortest body worth the work (bytes): below, it still fits the first packet."""

FAST, SMALL = 1, 9
"""How hard zlib tries: for a page made for one visitor, for a file made small once."""

OURS = frozenset({"same-origin", "none"})


class Compression:
    """Pure ASGI. Only whole answers become smaller; what is streamed, partial or packed already stays as it
    is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] != "http"
            or scope["method"] == "HEAD"
            or not takes_gzip(headers := Headers(scope=scope))
        ):
            await self.app(scope, receive, send)
            return
        ours = headers.get("sec-fetch-site") in OURS
        held: Message | None = None

        async def sending(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                held = message
                return
            if held is not None:
                start, held = held, None
                if not message.get("more_body"):
                    message = _smaller(start, message, ours)
                await send(start)
            await send(message)

        await self.app(scope, receive, sending)


def takes_gzip(headers: Headers) -> bool:
    """Whether the browser takes gzip (RFC 9110, 12.5.3); ``gzip;q=0`` refuses it."""
    for offer in headers.get("accept-encoding", "").split(","):
        name, _, weight = offer.partition(";")
        if name.strip().lower() in ("gzip", "*"):
            return weight.replace(" ", "").lower() not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _smaller(start: Message, message: Message, ours: bool) -> Message:
    """The body made small where it may be; `start` then says so."""
    body = message.get("body", b"")
    told = dict(start["headers"])
    kind = told.get(b"content-type", b"").partition(b";")[0].decode("latin-1")
    if start["status"] == 206 or len(body) < LEAST or b"content-encoding" in told:
        return message
    if kind in FILES:
        packed = pack_file(body)
    elif kind == "text/html" and ours:
        packed = gzip.compress(body, FAST, mtime=0)
    else:
        return message
    start["headers"] = _rewritten(start["headers"], len(packed))
    return {**message, "body": packed}


@lru_cache(maxsize=256)
def pack_file(content: bytes) -> bytes:
    """A file of the program, made as small as zlib can, once."""
    return gzip.compress(content, SMALL, mtime=0)


def _rewritten(headers: list[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    """The headers of a packed answer: another length, a validator that is only alike (RFC 9110, 8.8.1)."""
    kept = [
        (n, b"W/" + v if n == b"etag" and not v.startswith(b"W/") else v)
        for n, v in headers
        if n != b"content-length"
    ]
    return [
        *kept,
        (b"content-length", b"%d" % length),
        (b"content-encoding", b"gzip"),
        (b"vary", b"accept-encoding"),
    ]
