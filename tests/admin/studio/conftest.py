"""The whole program in this process with its demo data on a real database; staff signed in to its admin."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from app.database import Database
from app.main import create_app
from app.opening import build_site, configuration_of
from app.settings import Settings
from models.configuration.load import Configuration
from models.services.site import Site
from tests.app.people import Member
from tests.demo import prepare_demo

Enter = Callable[[str], Awaitable["Steward"]]


@dataclass
class Studio:
    """The program, its site, and what is stored."""

    app: Starlette
    site: Site
    settings: Settings


class Steward(Member):
    """Somebody at the studio's pages."""

    async def see(self, path: str = "", status: int = 200) -> str:
        """A page of the studio, read as a person reads it."""
        answer = await self.client.get(f"/admin/studio{path}")
        assert answer.status_code == status, answer.text
        return unescape(answer.text)

    async def source(self, name: str = "resource") -> str:
        """The text the editor opens with."""
        return typed_text(await self.client.get(f"/admin/studio/types/{name}/edit"))

    async def press(self, action: str, text: str, status: int = 200, **typed: Any) -> httpx.Response:
        """Press a button of the editor of the resources."""
        return await self.press_at("/types/resource/edit", action, text, status, **typed)

    async def press_at(
        self, path: str, action: str, text: str, status: int = 200, **typed: Any
    ) -> httpx.Response:
        """Press a button of an editor, as its form does."""
        token = self.client.cookies["starlette_admin_csrftoken"]
        parts: list[Any] = []
        for name, value in {"csrftoken": token, "do": action, "text": text, **typed}.items():
            parts += [(name, (None, one)) for one in (value if isinstance(value, list) else [value])]
        answer = await self.client.post(f"/admin/studio{path}", files=parts)
        assert answer.status_code == status, answer.text
        return answer

    async def propose(self, text: str, **typed: Any) -> str:
        """Propose a text; returns the reference of the proposal."""
        answer = await self.press("propose", text, 303, **typed)
        return answer.headers["location"].rpartition("/")[2]

    async def decide(self, reference: str, deed: str, note: str = "") -> httpx.Response:
        """Approve, reject or withdraw."""
        return await self.post(f"/admin/studio/proposals/{reference}/{deed}", {"note": note})


def typed_text(answer: httpx.Response) -> str:
    """What stands in the editor of a page."""
    found = re.search(r'<textarea class="s-text".*?>\n(.*?)</textarea>', answer.text, re.DOTALL)
    assert found is not None, answer.text
    return unescape(found[1])


@pytest.fixture(scope="session")
def wired(tmp_path_factory: pytest.TempPathFactory) -> tuple[Starlette, Settings, Configuration]:
    """The program, wired once; each test gives it a site of its own."""
    settings = Settings(data=tmp_path_factory.mktemp("studio"), worker=False, smtp_url=None)
    configuration = configuration_of(settings)
    return create_app(settings, configuration), settings, configuration


@pytest_asyncio.fixture
async def studio(store: Database, wired: tuple[Starlette, Settings, Configuration]) -> AsyncIterator[Studio]:
    """The program on a fresh database with the demo data."""
    app, settings, configuration = wired
    app.state.site = await build_site(settings, configuration, store)
    await prepare_demo(app.state.site, settings.data / "demo", settings)
    yield Studio(app, app.state.site, settings)


@pytest_asyncio.fixture
async def enter(studio: Studio) -> AsyncIterator[Enter]:
    """``await enter("steward-1")`` is a browser of that member of staff, in English."""
    async with AsyncExitStack() as stack:
        transport = httpx.ASGITransport(studio.app)

        async def come_in(login: str) -> Steward:
            client = httpx.AsyncClient(
                transport=transport, base_url=studio.settings.base_url, headers={"accept-language": "en"}
            )
            stack.push_async_callback(client.aclose)
            person = Steward(client)
            await person.sign_in(login)
            return person

        yield come_in
