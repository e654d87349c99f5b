"""The program as a process with demo data, shared by the tests of this folder; and the same in this process,
with a clock that can be moved."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from app.database import Database, open_database
from app.main import create_app
from app.opening import build_site, configuration_of
from app.settings import Settings
from models.clock import system_clock, system_entropy
from models.configuration.load import Configuration
from models.documents.store import Mongo
from models.schema.definition import RecordType
from models.services.site import Site
from tests.app.routes import Door, doors
from tests.clock import Hands
from tests.demo import prepare_demo
from tests.journey.mailbox import Mailbox, serving
from tests.journey.server import Program, running

OpenBrowser = Callable[[], httpx.AsyncClient]


@pytest.fixture(scope="session")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    return configuration_of(Settings(data=tmp_path_factory.mktemp("configuration")))


@pytest.fixture(scope="session")
def operator_type(configuration: Configuration) -> RecordType:
    return configuration.record_types["operator"]


@pytest.fixture(scope="session")
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture(scope="session")
def program(mongod_folder: Path, mailbox: Mailbox) -> Iterator[Program]:
    """``python -m app serve --demo``; its mails go to the mailbox."""
    with serving(mailbox) as port, running(Program(mongod_folder / "program", smtp=port)) as started:
        yield started


@pytest_asyncio.fixture(scope="session")
async def stored(program: Program) -> AsyncIterator[Mongo]:
    """What the program has stored."""
    async with open_database("embedded:", data_dir=program.folder, owner=False) as database:
        yield database.mongo


@pytest_asyncio.fixture
async def browser(program: Program) -> AsyncIterator[OpenBrowser]:
    """Opens browsers: each with cookies of its own, following no redirect by itself."""
    ended = program.process.poll() if program.process else None
    assert ended is None, f"the program ended with {ended}: {program.log.read_text(encoding='utf-8')[-2000:]}"
    opened: list[httpx.AsyncClient] = []

    def open_browser() -> httpx.AsyncClient:
        opened.append(program.client())
        return opened[-1]

    yield open_browser
    for client in opened:
        await client.aclose()


@dataclass
class Inside:
    """The program in this process, on a site whose clock can be moved."""

    app: Starlette
    site: Site
    hands: Hands
    settings: Settings
    browser: OpenBrowser

    @property
    def folder(self) -> Path:
        return self.settings.data

    @property
    def mongo(self) -> Mongo:
        return self.site.store.mongo

    def leave_out(self, middleware: str) -> None:
        """Take one middleware away from the program, for this test."""
        kept = [part for part in self.app.user_middleware if getattr(part.cls, "__name__", "") != middleware]
        assert len(kept) < len(self.app.user_middleware)
        self.app.user_middleware, self.app.middleware_stack = kept, None

    async def load_demo(self) -> None:
        await prepare_demo(self.site, self.folder / "demo", self.settings)


@pytest.fixture(scope="session")
def wired(tmp_path_factory: pytest.TempPathFactory) -> tuple[Starlette, Settings]:
    """The program, wired once; each test gives it a site of its own."""
    settings = Settings(data=tmp_path_factory.mktemp("wired"), worker=False, smtp_url=None)
    return create_app(settings), settings


@pytest.fixture(scope="session")
def every_door(wired: tuple[Starlette, Settings]) -> list[Door]:
    """Every method of every route, as the program is wired: types that tests publish are not among them."""
    return doors(create_app(wired[1]))


@pytest_asyncio.fixture
async def inside(
    store: Database, wired: tuple[Starlette, Settings], configuration: Configuration
) -> AsyncIterator[Inside]:
    app, settings = wired
    ordered = list(app.user_middleware)
    hands = Hands()
    hands.now = system_clock()
    app.state.site = await build_site(settings, configuration, store, hands, system_entropy)
    async with AsyncExitStack() as stack:
        transport = httpx.ASGITransport(app)

        def open_browser() -> httpx.AsyncClient:
            client = httpx.AsyncClient(transport=transport, base_url=settings.base_url)
            stack.push_async_callback(client.aclose)
            return client

        yield Inside(app, app.state.site, hands, settings, open_browser)
    app.user_middleware, app.middleware_stack = ordered, None
