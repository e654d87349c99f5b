"""In a real browser: no accessibility fault, nothing wider than the window, no refused resource; and the few
comforts of the script."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, async_playwright, expect

from app.demo import PASSWORD
from tests.journey.server import Program, running

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WIDTHS = (1280, 768, 320)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program with demo data, on a port of its own."""
    with running(Program(tmp_path_factory.mktemp("served") / "var")) as program:
        yield program


@pytest_asyncio.fixture
async def window(served: Program) -> AsyncIterator[Page]:
    """A window of Debian's Chromium; missing, tests are skipped with the reason — but in CI they fail.
    Whatever the console complains of fails the test."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            raise AssertionError("Chromium is missing: apt-get install chromium fonts-noto-cjk")
        pytest.skip("no Chromium found: apt-get install chromium fonts-noto-cjk")
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(locale="ja-JP", base_url=served.url)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Refused" in said.text else None)
        yield page
        await browser.close()
    assert complaints == []


async def look_at(page: Page, name: str) -> list[str]:
    """What is wrong with a page: axe's findings (WCAG 2.2 AA and best practice), and overflow by width."""
    found = (await Axe().run(page)).response["violations"]
    wrong = [f"{name}: {rule['id']} {rule['nodes'][0]['html'][:150]}" for rule in found]
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        over = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        wrong += [f"{name}: {over} px too wide at {width}"] if over > 0 else []
    await page.set_viewport_size({"width": 1280, "height": 800})
    return wrong


async def present(page: Page, program: Program, name: str, then: str) -> None:
    await page.goto(f"/certificate?next={then}")
    await page.set_input_files("#file", Path(program.folder) / "demo" / f"{name}.pem")
    await page.click("main .button--primary")


async def begin(page: Page, program: Program) -> str:
    """Begin an application for 事業者情報; returns its address."""
    await present(page, program, "new-operator", "/apply/operator")
    await page.check("#accept")
    await page.click("main .button--primary")
    return page.url.rpartition("/pages/")[0]


async def sign_in(page: Page, program: Program) -> None:
    await present(page, program, "9A01", "/login")
    await page.fill("#login", "minato-admin")
    await page.fill("#password", PASSWORD)
    await page.click("main .button--primary")


@pytest.mark.slow
async def test_public_pages(window: Page) -> None:
    wrong = []
    for address in (
        "/",
        "/terms",
        "/notices",
        "/environment",
        "/status",
        "/login",
        "/certificate",
        "/notices/x",
    ):
        await window.goto(address)
        wrong += await look_at(window, address)
    assert wrong == []


async def test_every_page_of_an_application_empty_and_with_errors(window: Page, served: Program) -> None:
    await window.goto("/apply/operator")
    wrong = await look_at(window, "gate")
    draft = await begin(window, served)
    await window.click("main .actions .button--primary")
    wrong += await look_at(window, "errors")
    for name in (
        "company",
        "location",
        "contacts",
        "certificate",
        "delegate",
        "incident",
        "bank",
        "declarations",
    ):
        await window.goto(f"{draft}/pages/{name}")
        wrong += await look_at(window, name)
    for name in ("check", "save", ""):
        await window.goto(f"{draft}/{name}".rstrip("/"))
        wrong += await look_at(window, name)
    assert wrong == []


@pytest.mark.slow
async def test_every_page_of_the_portal(window: Page, served: Program) -> None:
    await sign_in(window, served)
    wrong = await look_at(window, "portal")
    for address in ("/portal/operator", "/portal/resource", "/portal/users", "/portal/notices"):
        await window.goto(address)
        wrong += await look_at(window, address)
    await window.goto("/portal/resource/0000000001")
    wrong += await look_at(window, "record")
    await window.goto("/portal/resource/0000000001/change")
    await window.click("main .button--primary")
    for name in ("basics", "codes", "conditions", "equipment"):
        await window.goto(f"{window.url.rpartition('/')[0]}/{name}")
        wrong += await look_at(window, name)
    assert wrong == []


async def test_a_broken_page_would_be_seen(window: Page) -> None:
    await window.goto("/status")
    await window.evaluate("document.querySelector('label').remove()")
    await window.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<pre>'+'x'.repeat(900))"
    )
    wrong = " ".join(await look_at(window, "broken"))
    assert "label" in wrong
    assert "too wide" in wrong


async def test_questions_appear_and_go_as_one_answers(window: Page, served: Program) -> None:
    await begin(window, served)
    await window.fill("#field-operator_name", "みなと")
    await expect(window.locator("#field-corporate_number")).to_have_count(0)
    await window.check("input[name=is_domestic_corporation][value=yes]")
    await expect(window.locator("#field-corporate_number")).to_be_visible()
    await expect(window.locator("#field-operator_name")).to_have_value("みなと")
    order = await window.eval_on_selector_all(
        "[data-questions] > *", "found => found.map(e => e.dataset.question)"
    )
    assert order.index("corporate_number") == order.index("is_domestic_corporation") + 1
    await window.check("input[name=is_domestic_corporation][value=no]")
    await expect(window.locator("#field-corporate_number")).to_have_count(0)


async def test_the_summary_is_read_first_and_leads_to_the_field(window: Page, served: Program) -> None:
    await begin(window, served)
    await window.click("main .actions .button--primary")
    await expect(window.locator(".panel--error")).to_be_focused()
    await window.click(".panel--error a >> nth=0")
    await expect(window.locator("#field-operator_code")).to_be_focused()


async def test_enter_goes_on_and_never_removes_a_row(window: Page, served: Program) -> None:
    await sign_in(window, served)
    await window.goto("/portal/resource/0000000002/change")
    await window.click("main .button--primary")
    await window.goto(f"{window.url.rpartition('/')[0]}/equipment")
    rows = await window.locator(".row").count()
    await window.press("#field-units-0-unit_name", "Enter")
    await window.wait_for_url("**/check")
    await window.go_back()
    assert await window.locator(".row").count() == rows


async def test_leaving_with_unsaved_text_asks_first(window: Page, served: Program) -> None:
    draft = await begin(window, served)
    asked: list[str] = []

    async def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        await dialog.accept()  # type: ignore[attr-defined]

    window.on("dialog", stay)
    await window.fill("#field-operator_name", "みなと")
    await window.goto(f"{draft}/check")
    assert asked == ["beforeunload"]
