"""Addresses: always paths, never built from the Host header (CWE-601, CWE-644)."""

from typing import Any

from starlette.datastructures import URL, URLPath
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send


def root_of(request: Request) -> str:
    """The path the admin is mounted under, without a trailing slash; also within what is mounted in it."""
    return str(request.scope.get("admin_root", request.scope.get("root_path", "")))


def safe_path(wanted: str | None, request: Request) -> str:
    """`wanted` when it is a path inside this admin, else the admin's first page.

    Refuses other hosts, ``//host``, back-slashes, control characters and dot segments, so that a link
    with ``next=`` cannot lead a person who just signed in elsewhere.
    """
    root = root_of(request)
    home = f"{root}/"
    if not wanted or len(wanted) > 2000 or not wanted.startswith(home):
        return home
    if wanted.startswith("//") or "\\" in wanted or not wanted.isprintable():
        return home
    if ".." in wanted.partition("?")[0].split("/"):
        return home
    return wanted


def here(request: Request) -> str:
    """The present page as a path with its query, to come back to; the first page after a POST."""
    if request.method not in ("GET", "HEAD"):
        return f"{root_of(request)}/"
    query = request.scope.get("query_string", b"").decode("latin-1")
    return f"{request.scope['path']}?{query}" if query else str(request.scope["path"])


class Hostless:
    """Pure ASGI: what stands behind it never learns the host, so every address it makes is a path.

    starlette-admin builds links, scripts and redirects with ``request.url_for``, that is from the Host header
    a client sends.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = [pair for pair in scope["headers"] if pair[0] != b"host"]
            paths = _Paths(scope.get("router") or scope["app"])
            root = scope.get("root_path", "")
            scope = {**scope, "headers": headers, "server": None, "router": paths, "admin_root": root}
        await self.app(scope, receive, send)


class _Paths:
    """The router as ``request.url_for`` asks it."""

    def __init__(self, router: Any) -> None:
        self.router = router

    def url_path_for(self, name: str, /, **values: Any) -> "_Path":
        return _Path(self.router.url_path_for(name, **values))


class _Path(URLPath):
    """A path that stays one."""

    def make_absolute_url(self, base_url: str | URL) -> URL:
        return URL(URL(str(base_url)).path.rstrip("/") + str(self))
