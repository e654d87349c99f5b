"""The table of addresses leads where the list of routes leads."""

from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import Message, Scope

from app.directory import Directory, place_of, table_of
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
    ]


async def answer(router: Router, method: str, path: str) -> list[Message]:
    sent: list[Message] = []
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "root_path": "",
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


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
async def test_every_address_is_answered_as_by_the_list(method: str) -> None:
    for path in (*PATHS, *MORE):
        assert await answer(Directory(routes()), method, path) == await answer(Router(routes()), method, path)


async def test_a_table_in_another_order_is_noticed() -> None:
    turned = Directory([*reversed(routes())])
    assert await answer(turned, "GET", "/portal/users") != await answer(
        Router(routes()), "GET", "/portal/users"
    )


def test_what_may_be_answered_by_a_mounted_application_is_not_in_the_table() -> None:
    table = table_of(routes())
    assert {first for first, _ in table} == {"", "portal"}
    assert table_of([Mount("", PlainTextResponse("all")), *routes()]) == {}
    assert table_of([Route("/{anything}", answering("any")), *routes()]) == {}


def test_every_page_of_the_program_stands_in_the_table(tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path))
    assert isinstance(app.router, Directory)
    table = table_of(app.routes)
    own = [door for door in doors(app) if not door.in_admin and not door.is_file]
    assert own
    assert [door.path for door in own if place_of(door.path) not in table] == []
