"""The table of addresses leads where the list of routes leads."""

from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import Message, Scope

from app.directory import Directory, Table
from app.main import create_app
from app.settings import Settings
from tests.app.routes import doors


def answering(name: str) -> Any:
    async def answer(request: Request) -> Response:
        return PlainTextResponse(f"{name} {request.path_params}")

    return answer


def routes() -> list[BaseRoute]:
    """Routes that overlap: the first that matches answers."""
    return [
        Mount("/admin", PlainTextResponse("admin")),
        Route("/", answering("home")),
        Route("/portal", answering("portal")),
        Route("/portal/users", answering("users")),
        Route("/portal/users", answering("issue"), methods=["POST"]),
        Route("/portal/{type}", answering("type")),
        Route("/portal/{type}/{number}", answering("record")),
        Route("/files/{path:path}", answering("file")),
        Route("/files/one", answering("one")),
        Route("/{key}/list", answering("list"), methods=["GET", "POST"]),
        Route("/{key}/{act}", answering("act")),
        Route("/queue/list", answering("never")),
        Route("/queue/one", answering("never")),
        Route("/queue", answering("queue")),
    ]


async def answer(router: Router, method: str, path: str, root: str = "") -> list[Message]:
    sent: list[Message] = []
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": root + path,
        "root_path": root,
        "headers": [],
        "query_string": b"",
        "scheme": "http",
        "server": ("test", 80),
    }

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    await router(scope, receive, send)
    return sent


PATHS = (
    "/",
    "",
    "/portal",
    "/portal/",
    "/portal/users",
    "/portal/x",
    "/portal/x/1",
    "/portal/x/1/2",
    "//portal",
)
MORE = (
    "/files/one",
    "/files/a/b",
    "/admin",
    "/admin/x",
    "/none",
    "/portal/users/",
    "/portal//1",
    "/portal/\n",
)


LATE = ("/queue", "/queue/list", "/queue/one", "/other/list", "/other/one", "/admin/list", "/files/list")


@pytest.mark.parametrize("root", ["", "/under"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
async def test_every_address_is_answered_as_by_the_list(method: str, root: str) -> None:
    table, usual = Directory(routes()), Router(routes())
    for path in (*PATHS, *MORE, *LATE):
        assert await answer(table, method, path, root) == await answer(usual, method, path, root)


async def test_a_table_in_another_order_is_noticed() -> None:
    turned, usual = Directory([*reversed(routes())]), Router(routes())
    for path in ("/portal/users", "/queue/one"):
        assert await answer(turned, "GET", path) != await answer(usual, "GET", path)


async def test_routes_may_come_and_go() -> None:
    table = Directory(routes())
    assert await answer(table, "GET", "/queue/one") == await answer(Router(routes()), "GET", "/queue/one")
    table.routes.insert(0, Route("/queue/one", answering("new")))
    assert b"new" in (await answer(table, "GET", "/queue/one"))[1]["body"]
    table.routes.pop(0)
    assert b"act" in (await answer(table, "GET", "/queue/one"))[1]["body"]


async def test_only_what_may_match_is_tried() -> None:
    table = Table.of(routes())
    assert [route.path for route in table.at("/queue/one")] == [
        "/{key}/list",
        "/{key}/{act}",
        "/queue/list",
        "/queue/one",
    ]
    assert [route.path for route in table.at("/other/one")] == ["/{key}/list", "/{key}/{act}"]
    assert [route.path for route in table.at("/queue")] == ["/", "/queue"]


def test_what_may_be_answered_by_a_mounted_application_is_not_in_the_table() -> None:
    table = Table.of(routes())
    assert not table.at("/admin/list")
    assert not table.at("/files/one")
    assert table.at("/portal")
    for anything in (Mount("", PlainTextResponse("all")), Route("/{all:path}", answering("all"))):
        assert Table.of([*routes(), anything]).places == {}


@pytest.mark.parametrize("in_admin", [False, True])
def test_every_page_of_the_program_stands_in_the_table(tmp_path: Path, in_admin: bool) -> None:
    app = create_app(Settings(data=tmp_path))
    routers = {False: app.router, True: app.routes[0].app.router}  # type: ignore[attr-defined]
    assert isinstance(routers[in_admin], Directory)
    table = Table.of(routers[in_admin].routes)
    pages = [door for door in doors(app) if not door.is_file and ":path}" not in door.template]
    own = [door for door in pages if door.in_admin == in_admin]
    assert own
    paths = [door.path.removeprefix("/admin") or "/" for door in own]
    assert [path for path in paths if not table.at(path)] == []
