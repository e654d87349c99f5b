"""Failures are pages of the site, in the visitor's language, and keep what was typed."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from app.certificates import TrialAuthority
from app.database import Database, open_database, process
from app.opening import build_site, configuration_of
from app.settings import Settings
from models.documents.application import Application
from tests.clock import Hands
from tests.forms.conftest import ADDRESS, present
from tests.forms.tab import Tab

TYPED = 'みなと<発電>"株式会社"\n'


@pytest.mark.parametrize(
    "address", ["/notices/x", "/applications/A1", "/links/x", "/apply/nothing", "/portal/x/1"]
)
async def test_what_is_not_there_is_a_page_in_the_sites_design(tab: Tab, address: str) -> None:
    await tab.open(address)
    assert tab.status in (200, 404, 410)
    assert tab.page.by_id("main") is not None
    assert "容量市場システム" in tab.text


async def test_the_page_speaks_the_visitors_language(tab: Tab) -> None:
    await tab.open("/notices/x", **{"accept-language": "en"})
    assert "Page not found" in tab.text


async def test_the_language_is_chosen_and_leads_back(tab: Tab) -> None:
    await tab.open("/status?x=%22%3E")
    await tab.press("English")
    assert tab.path == "/status"
    assert "Check an application" in tab.text
    await tab.open("/terms")
    assert "Terms of use" in tab.text
    await tab.post("/language", [("language", "xx"), ("next", "https://evil.example/")])
    assert str(tab.answer.url) == f"{ADDRESS}/"
    assert "Home" in tab.text


async def test_what_is_no_form_is_refused_in_words(tab: Tab) -> None:
    answer = await tab.client.post(
        "/status", content=b"--x", headers={"content-type": "multipart/form-data; boundary=y"}
    )
    assert answer.status_code in (413, 422)
    assert "<main" in answer.text


@pytest_asyncio.fixture
async def breakable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: tuple[Starlette, Settings]
) -> AsyncIterator[tuple[Tab, Database]]:
    """A tab on a database that can be told to stop answering."""
    monkeypatch.setitem(process.PARAMETERS, "enableTestCommands", "1")
    app, settings = program
    async with open_database("embedded:", data_dir=tmp_path, owner=True) as database:
        app.state.site = await build_site(settings, configuration_of(settings), database, Hands())
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url=ADDRESS, follow_redirects=True, timeout=30
        ) as client:
            yield Tab(client), database


async def silence(database: Database, *commands: str) -> None:
    """Let every one of `commands` fail from now on; none: answer again."""
    mode = (
        {"mode": "alwaysOn", "data": {"failCommands": commands, "closeConnection": True}}
        if commands
        else {"mode": "off"}
    )
    await database.mongo.client.admin.command({"configureFailPoint": "failCommand", **mode})


@pytest.mark.fault
@pytest.mark.parametrize("commands", [("find",), ("update",)])
async def test_a_database_that_does_not_answer_costs_nobody_what_they_typed(
    breakable: tuple[Tab, Database], commands: tuple[str, ...]
) -> None:
    tab, database = breakable
    await present(tab, TrialAuthority(Hands()()).issue("client-01", "Example"), "/apply/operator")
    await tab.press("申請を始める", {"accept": "yes"})
    address = tab.path
    await silence(database, *commands)
    await tab.press("保存してあとで続ける", {"operator_name": TYPED})
    assert tab.status == 503
    assert tab.answer.headers["retry-after"]
    assert "データベース" in tab.text
    await silence(database)
    await tab.press("もう一度送信する")
    assert tab.status == 200, tab.text
    assert tab.path in (address, address.replace("/pages/company", "/save"))
    stored = await Application.find_one()
    assert stored is not None
    assert stored.answers["operator_name"].strip() == TYPED.strip()


@pytest.mark.fault
async def test_a_password_is_never_written_into_a_page(breakable: tuple[Tab, Database]) -> None:
    tab, database = breakable
    await tab.open("/login")
    await silence(database, "find")
    await tab.press("ログイン", {"login": "a", "password": "a secret password"})
    assert tab.status == 503
    assert "a secret password" not in tab.answer.text
    await silence(database)
