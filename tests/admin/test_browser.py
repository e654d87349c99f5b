"""The pages in a real Chromium: accessible, within the policy, usable at 320 pixels and without
JavaScript."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from tests.admin.sample import Collection, EveryoneIn, sample_admin, sample_app

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("filled")]

OWN = [
    "/login",
    "/",
    "/applications/list",
    "/applications/list?state__eq=nope",
    "/applications/detail?pk=id1",
]
STOCK = ["/notices/list", "/notices/create", "/notices/edit?pk=n1", "/notices/detail?pk=n1"]
WIDTHS = [320, 1280]


def chromium_path() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found and not os.environ.get("CI"):
        pytest.skip("no Chromium on this machine")
    return found or "chromium"


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    """A Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def site(rows: Collection, notices: Collection) -> AsyncIterator[str]:
    """The sample admin on a port of its own."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        app = sample_app(sample_admin(rows, notices, EveryoneIn()))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        serving = asyncio.create_task(server.serve([listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/admin"
        server.should_exit = True
        await serving


async def opened(
    browser: Browser, address: str, width: int, *, scripts: bool = True
) -> tuple[Page, list[str]]:
    """The page at `address`, and what its console complains of."""
    context = await browser.new_context(
        viewport={"width": width, "height": 800}, locale="ja-JP", java_script_enabled=scripts
    )
    if address.endswith("/login"):
        await context.add_cookies([{"name": "out", "value": "1", "url": address}])
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto(address, wait_until="load")
    return page, said


@pytest.mark.parametrize("width", [320, pytest.param(1280, marks=pytest.mark.slow)])
async def test_pages_are_accessible_fit_their_window_and_keep_the_policy(
    browser: Browser, site: str, width: int
) -> None:
    for address in [*OWN, *STOCK]:
        page, said = await opened(browser, site + address, width)
        if width == min(WIDTHS):
            found = (await Axe().run(page)).response["violations"]
            assert [(one["id"], one["nodes"][0]["target"]) for one in found] == [], address
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, address
        assert [line for line in said if "422" not in line] == [], address
        await page.context.close()


async def test_the_check_finds_what_is_wrong(browser: Browser, site: str) -> None:
    page, said = await opened(browser, f"{site}/", 320)
    await page.evaluate("""() => {
        document.querySelector("h1").style.color = "#eee";
        document.querySelector("main").insertAdjacentHTML("beforeend", "<img src='x.png' onload='x()'>");
    }""")
    found = {one["id"] for one in (await Axe().run(page)).response["violations"]}
    assert {"color-contrast", "image-alt"} <= found
    assert any("Content Security Policy" in line for line in said)


async def test_the_menu_opens_and_leads_on_without_javascript(browser: Browser, site: str) -> None:
    page, _ = await opened(browser, f"{site}/", 320, scripts=False)
    link = page.locator("#menu a", has_text="申請")
    assert not await link.is_visible()
    await page.get_by_role("button", name="メニュー").click()
    await link.click()
    assert page.url == f"{site}/applications/list"


async def test_a_list_is_searched_sorted_and_paged_without_javascript(browser: Browser, site: str) -> None:
    page, _ = await opened(browser, f"{site}/applications/list", 1280, scripts=False)
    await page.get_by_role("searchbox").fill("A-2026-0001")
    await page.get_by_role("button", name="検索").click()
    await page.get_by_role("link", name="受付番号").click()
    assert await page.locator("tbody tr").count() == 9
    assert await page.locator("tbody th").first.inner_text() == "A-2026-00010"
    await page.get_by_role("button", name="English").click()
    assert "q=A-2026-0001" in page.url
    assert await page.locator("html").get_attribute("lang") == "en"


async def test_the_two_inline_handlers_still_work(browser: Browser, site: str) -> None:
    page, _ = await opened(browser, f"{site}/notices/list", 1280)
    await page.get_by_label("1 ページの表示件数").select_option("25")
    await page.wait_for_url("**page_size=25**")
    await page.get_by_role("button", name="表示する列").click()
    await page.get_by_label("本文").uncheck()
    await page.get_by_role("button", name="適用").click()
    await page.wait_for_url("**cols=**")
    assert await page.locator("th", has_text="本文").count() == 0


async def test_the_skip_link_leads_to_the_content(browser: Browser, site: str) -> None:
    page, _ = await opened(browser, f"{site}/applications/list", 1280)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "content"
