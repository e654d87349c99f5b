"""The studio in a real Chromium: accessible, within the policy, at 320 pixels, with its script and bare."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from app.demo import PASSWORD
from tests.admin.studio.conftest import Studio
from tests.admin.test_browser import browser as browser

pytestmark = pytest.mark.browser

PAGES = [
    "",
    "/proposals",
    "/new",
    "/types/resource",
    "/types/resource?part=form",
    "/types/resource?part=source",
    "/types/resource?part=workflow",
    "/types/resource?part=examples",
    "/types/resource/edit",
    "/types/resource/versions/1",
]


@pytest_asyncio.fixture
async def site(studio: Studio) -> AsyncIterator[str]:
    """The program on a port of its own."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(studio.app, log_level="error", lifespan="off"))
        serving = asyncio.create_task(server.serve([listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/admin"
        server.should_exit = True
        await serving


async def signed_in(
    browser: Browser, site: str, width: int, *, scripts: bool = True
) -> tuple[Page, list[str]]:
    """A steward's browser, and what its console complains of."""
    context = await browser.new_context(
        viewport={"width": width, "height": 900}, locale="ja-JP", java_script_enabled=scripts
    )
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto(f"{site}/login")
    await page.fill("[name=login]", "steward-1")
    await page.fill("[name=password]", PASSWORD)
    await page.press("[name=password]", "Enter")
    await page.wait_for_url(f"{site}/")
    return page, said


NARROW = 320
"""Where axe looks: it walks the same pages on a wide screen with every other page of the admin."""


@pytest.mark.slow
@pytest.mark.parametrize("width", [NARROW, 1280])
async def test_pages_are_accessible_fit_their_window_and_keep_the_policy(
    browser: Browser, site: str, width: int
) -> None:
    page, said = await signed_in(browser, site, width)
    for address in PAGES:
        await page.goto(f"{site}/studio{address}", wait_until="load")
        if width == NARROW:
            found = (await Axe().run(page)).response["violations"]
            assert [(one["id"], one["nodes"][0]["target"]) for one in found] == [], address
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, address
    assert said == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [NARROW])
async def test_what_the_buttons_show_is_accessible_too(browser: Browser, site: str, width: int) -> None:
    page, said = await signed_in(browser, site, width)
    await page.goto(f"{site}/studio/types/resource/edit")
    text = (await page.input_value("#text")).replace("max_length: 100", "max_length: 3", 1)
    await page.fill("#text", text)
    for action in ("check", "preview", "impact", "propose"):
        await page.click(f"button[value={action}]")
        await page.wait_for_load_state("networkidle")
        assert await page.input_value("#text") == text
        found = (await Axe().run(page)).response["violations"]
        assert [(one["id"], one["nodes"][0]["target"]) for one in found] == [], action
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, action
    assert [line for line in said if "422" not in line] == []


async def test_findings_appear_while_one_types_and_lead_to_their_line(browser: Browser, site: str) -> None:
    page, said = await signed_in(browser, site, 1280)
    await page.goto(f"{site}/studio/types/resource/edit")
    text = await page.input_value("#text")
    assert await page.locator(".s-gutter div").count() == text.count("\n") + 1
    await page.fill("#text", text.replace("type: choice", "type: choise", 1))
    await page.locator(".s-finding a").first.click(timeout=20_000)
    assert await page.evaluate("getSelection().toString()") == "    type: choise"
    line = text[: text.index("type: choice")].count("\n")
    assert await page.locator(".s-gutter div").nth(line).get_attribute("class") == "s-at-error"
    await page.fill("#text", text)
    await page.locator(".s-finding--error").first.wait_for(state="detached", timeout=20_000)
    assert await page.locator(".s-gutter .s-at-error").count() == 0
    assert said == []


async def test_words_are_offered_and_taken_by_keyboard(browser: Browser, site: str) -> None:
    page, _ = await signed_in(browser, site, 1280)
    await page.goto(f"{site}/studio/new")
    await page.fill("#text", "record_type: x\nfields:\n")
    await page.focus("#text")
    await page.keyboard.press("Control+End")
    await page.keyboard.type("  - {name: a, ty")
    assert await page.locator(".s-words [aria-selected=true]").inner_text() == "type"
    await page.keyboard.press("Enter")
    await page.keyboard.type("dec")
    await page.keyboard.press("Tab")
    await page.keyboard.type(", requi")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    assert (await page.input_value("#text")).endswith("  - {name: a, type: decimal, required: ")
    options = await page.locator(".s-words [role=option]").all_inner_texts()
    assert options == ["true", "false"]
    await page.keyboard.press("Escape")
    assert not await page.locator(".s-words").is_visible()


async def test_tab_moves_in_and_escape_gives_it_back(browser: Browser, site: str) -> None:
    page, _ = await signed_in(browser, site, 1280)
    await page.goto(f"{site}/studio/new")
    await page.fill("#text", "")
    await page.focus("#text")
    await page.keyboard.press("Tab")
    assert await page.input_value("#text") == "  "
    await page.keyboard.press("Escape")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.id") != "text"
    assert await page.input_value("#text") == "  "
    await page.focus("#text")
    await page.keyboard.press("Shift+Tab")
    assert await page.evaluate("document.activeElement.id") != "text"


async def test_everything_works_without_the_script(browser: Browser, site: str) -> None:
    page, _ = await signed_in(browser, site, 320, scripts=False)
    await page.goto(f"{site}/studio/types/resource/edit")
    text = await page.input_value("#text")
    await page.fill("#text", text.replace("type: choice", "type: choise", 1))
    await page.click("button[value=check]")
    await page.locator(".s-finding a").first.click()
    assert "choise" in await page.locator("tr:target").inner_text()
    await page.fill("#text", text.replace("en: Resource}", "en: Power source}", 1))
    await page.click("button[value=propose]")
    assert "/studio/proposals/S" in page.url
