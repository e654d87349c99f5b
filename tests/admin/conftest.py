"""The sample admin on an empty real database, and browsers' requests to it without a network."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient, Response

from app.database import Database
from tests.admin.sample import Collection, Door, sample_admin, sample_app, some_rows

SITE = "https://admin.test"


class Visitor(AsyncClient):
    """Somebody at a browser: keeps cookies, and can post a form with or without its token."""

    async def post_form(self, address: str, data: dict[str, Any], **options: Any) -> Response:
        """Posts `data` as the page's own form would, with the token of this visitor."""
        if "starlette_admin_csrftoken" not in self.cookies:
            await self.get("/admin/login")
        token = self.cookies["starlette_admin_csrftoken"]
        return await self.post(address, data={"csrftoken": token, **data}, **options)


@pytest.fixture
def rows(store: Database) -> Collection:
    """Applications, none yet."""
    return Collection(store.mongo["rows"])


@pytest.fixture
def notices(store: Database) -> Collection:
    """Notices, none yet."""
    return Collection(store.mongo["notices"])


@pytest_asyncio.fixture
async def filled(rows: Collection, notices: Collection) -> None:
    """Thirty applications and three notices, one of them closed."""
    await rows.collection.insert_many(some_rows(30))
    await notices.collection.insert_many(
        [
            {"_id": "n1", "title": "=1+1", "state": "open", "revision": 1, "pinned": True},
            {"_id": "n2", "title": "二", "state": "open", "revision": 1},
            {"_id": "n3", "title": "三", "state": "closed", "open": False, "revision": 1},
        ]
    )


@pytest.fixture
def door() -> Door:
    """Who may come in."""
    return Door()


@pytest_asyncio.fixture
async def visit(rows: Collection, notices: Collection, door: Door) -> AsyncIterator[Callable[..., Visitor]]:
    """``visit("審査担当")`` is a browser of somebody with that role; ``visit("")`` of a stranger."""
    app = sample_app(sample_admin(rows, notices, door))
    opened: list[Visitor] = []

    def enter(role: str = "審査担当", **headers: str) -> Visitor:
        session = {"x-session": door.known(role)} if role else {}
        transport = ASGITransport(app=app, raise_app_exceptions=False)
        ascii_only = {name.replace("_", "-"): value for name, value in headers.items()}
        opened.append(Visitor(transport=transport, base_url=SITE, headers={**session, **ascii_only}))
        return opened[-1]

    yield enter
    for visitor in opened:
        await visitor.aclose()
