"""The builder of filters in a real Chromium: it follows what one picks without leaving the page, keeps the
focus and what was typed, and is accessible."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, async_playwright

from app.demo import PASSWORD
from tests.admin.test_browser import chromium_path
from tests.journey.server import Program

pytestmark = pytest.mark.browser


@pytest_asyncio.fixture
async def page(program: Program) -> AsyncIterator[Page]:
    """A page of a reviewer who is signed in, on a narrow screen."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        context = await browser.new_context(viewport={"width": 320, "height": 800}, locale="ja-JP")
        page = await context.new_page()
        await page.goto(f"{program.url}/admin/login")
        await page.fill("#login", "reviewer-1")
        await page.fill("#password", PASSWORD)
        await page.press("#password", "Enter")
        await page.wait_for_url("**/admin/")
        yield page
        await browser.close()


async def test_the_builder_follows_what_one_picks(page: Page, program: Program) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto(f"{program.url}/admin/filters?for=resource&back=q%3Dx")
    await page.evaluate("document.body.dataset.stayed = 'yes'")
    assert not await page.is_visible("[data-plain]")
    await page.select_option("#add0", "data.area")
    await page.click("button[value='add:0']")
    await page.wait_for_selector("select#v0\\.0")
    assert await page.evaluate("document.activeElement.id") == "f0.0"
    await page.select_option("#o0\\.0", "in")
    await page.check("#v0\\.0 input[value=tokyo]")
    await page.wait_for_selector(".f-words:has-text('東京')")
    await page.select_option("#add0", "data.total_capacity_kw")
    await page.click("button[value='add:0']")
    await page.fill("#v0\\.1", "1,000")
    await page.press("#v0\\.1", "Tab")
    await page.wait_for_selector(".f-words:has-text('1,000')")
    assert await page.evaluate("document.activeElement.value") == "remove:0.1"
    found = (await Axe().run(page)).response["violations"]
    assert [(one["id"], one["nodes"][0]["target"]) for one in found] == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    assert await page.evaluate("document.body.dataset.stayed") == "yes"
    await page.press("#v0\\.1", "Enter")
    await page.wait_for_url("**/admin/resource/list*")
    wanted = '{"data.area":{"$in":["tokyo"]},"data.total_capacity_kw":1000}'
    assert parse_qs(urlsplit(page.url).query) == {"q": ["x"], "filter": [wanted]}
    assert said == []
