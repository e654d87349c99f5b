"""Who is asking: the cookie's session, the actor behind it, the language; into Starlette's own places."""

import asyncio
from collections.abc import Awaitable
from functools import lru_cache

from starlette.datastructures import MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.database import honest
from app.middleware.heads import head
from models.errors import DatabaseUnavailable
from models.language import Language, choose_language
from models.permissions import Actor
from models.services.identifying import Presented, identify
from models.services.lookup import ask_ahead
from models.services.sessions import ABSOLUTE, Browser, Found
from models.services.site import Site

LANGUAGE_COOKIE = "language"

FILES = ("/static/", "/admin/static/")
"""Where the programs' own files are, for which nobody is asked who they are; a record or reference called
``static`` is none of them."""


FORMS = "/applications/"

FIRST_READ = frozenset({"pages", "check"})
"""The places of an application that begin with reading it: it is asked for together with the session. Who may
see it is judged when both are there."""


SERVICE = frozenset({"/service", "/service.json"})
"""How the service stands is told to anybody, whatever the database does."""

SOON = 1.0
"""Seconds in which it is known who asks for that, or they are told as a visitor is."""


async def _soon(asked: Awaitable[tuple[Found | None, Actor]], address: str) -> tuple[Found | None, Actor]:
    """Who asks, as far as the database says so soon."""
    try:
        with honest():
            return await asyncio.wait_for(asked, SOON)
    except (TimeoutError, DatabaseUnavailable):
        return None, Actor(kind="visitor", address=address)


def _reference(path: str) -> str:
    """The reference of the application a page of its form is asked for; "" for everything else."""
    if not path.startswith(FORMS):
        return ""
    reference, _, rest = path[len(FORMS) :].partition("/")
    return reference if rest.partition("/")[0] in FIRST_READ else ""


@lru_cache(maxsize=256)
def _language(chosen: str, accepted: str) -> Language:
    """Browsers ask for languages in few ways; what is kept says nothing of who asked."""
    return choose_language(chosen, accepted)


class Sessions:
    """Pure ASGI: sets ``scope["user"]`` (an Actor) and, in ``scope["state"]``, site, browser, language. Where
    `connected`, the certificate is the connection's own; else what the session remembers."""

    def __init__(self, app: ASGIApp, *, secure: bool, connected: bool, certificate_upload: bool) -> None:
        self.app, self.secure, self.certificate_upload = app, secure, certificate_upload
        self.connected = connected
        self.cookie = "__Host-session" if secure else "session"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(FILES):
            await self.app(scope, receive, send)
            return
        browser = await self._identify(scope)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and browser.token is not None:
                MutableHeaders(scope=message).append("set-cookie", self._cookie(browser.token))
            await send(message)

        await self.app(scope, receive, sending)

    async def _identify(self, scope: Scope) -> Browser:
        site: Site = scope["app"].state.site
        cookies = cookie_parser(head(scope, b"cookie"))
        address = scope["client"][0] if scope.get("client") else ""
        token = cookies.get(self.cookie, "")
        if token and (reference := _reference(scope["path"])):
            scope["state"]["ahead"] = ask_ahead(site, reference)
        presented = Presented(scope["state"].get("certificate")) if self.connected else None
        asked = identify(site, token, address, presented)
        found, scope["user"] = await (_soon(asked, address) if scope["path"] in SERVICE else asked)
        over = presented.fingerprint if presented else None
        browser = Browser(site, found, address, head(scope, b"user-agent"), over)
        scope["state"] |= {
            "site": site,
            "browser": browser,
            "language": _language(
                cookies.get(LANGUAGE_COOKIE, "")[:9], head(scope, b"accept-language")[:200]
            ),
            "certificate_upload": self.certificate_upload,
            "certificate_connected": self.connected,
        }
        return browser

    def _cookie(self, token: str) -> str:
        age = int(ABSOLUTE.total_seconds()) if token else 0
        secure = "; Secure" if self.secure else ""
        return f"{self.cookie}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}"
