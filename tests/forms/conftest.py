"""The whole program without a network: pages by HTTP, on a real database, with a clock tests can move."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from app.certificates import TrialAuthority
from app.database import Database
from app.demo import PASSWORD
from app.main import create_app
from app.opening import build_site, configuration_of
from app.settings import Settings
from models.clock import system_entropy
from models.configuration.load import Configuration
from models.services.site import Site
from tests.clock import Hands
from tests.demo import prepare_demo
from tests.forms.tab import Tab

ADDRESS = "http://127.0.0.1:8000"


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> tuple[Starlette, Settings]:
    """The program, wired once; each test gives it a site of its own."""
    settings = Settings(data=tmp_path_factory.mktemp("program"), worker=False, smtp_url=None)
    return create_app(settings), settings


@pytest.fixture(scope="module")
def configuration(program: tuple[Starlette, Settings]) -> Configuration:
    """The configuration of the program, read once for the tests of a file."""
    return configuration_of(program[1])


@pytest_asyncio.fixture
async def site(
    store: Database, program: tuple[Starlette, Settings], configuration: Configuration, hands: Hands
) -> AsyncIterator[Site]:
    app, settings = program
    app.state.site = await build_site(settings, configuration, store, hands, system_entropy)
    yield app.state.site


@pytest_asyncio.fixture
async def open_tab(site: Site, program: tuple[Starlette, Settings]) -> AsyncIterator[Callable[[], Tab]]:
    """Opens tabs, each a browser of its own."""
    clients: list[httpx.AsyncClient] = []

    def opener() -> Tab:
        transport = httpx.ASGITransport(program[0], client=("192.0.2.1", 1234))
        clients.append(httpx.AsyncClient(transport=transport, base_url=ADDRESS, follow_redirects=True))
        return Tab(clients[-1])

    yield opener
    for client in clients:
        await client.aclose()


@pytest.fixture
def tab(open_tab: Callable[[], Tab]) -> Tab:
    return open_tab()


async def present(tab: Tab, pem: bytes, then: str) -> Tab:
    """Present a certificate in this tab."""
    await tab.open(f"/certificate?next={then}")
    return await tab.press("提示する", files={"file": ("client.pem", pem)})


@pytest_asyncio.fixture
async def applicant(tab: Tab, site: Site) -> Tab:
    """A would-be operator on the first page of the application for 事業者情報."""
    pem = TrialAuthority(site.now()).issue("client-01", "Example")
    await present(tab, pem, "/apply/operator")
    return await tab.press("申請を始める", {"accept": "yes"})


@pytest_asyncio.fixture
async def administrator(tab: Tab, site: Site, program: tuple[Starlette, Settings], tmp_path: Path) -> Tab:
    """The administrator of a registered operator, signed in."""
    told = await prepare_demo(site, tmp_path, program[1])
    account = next(a for a in told if a.role == "administrator")
    assert account.certificate is not None
    await present(tab, account.certificate.read_bytes(), "/login")
    return await tab.press("ログイン", {"login": account.login, "password": PASSWORD})
