"""The script that applies a page's rules while one types, in a page of its own."""

import json
import os
import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from forms.assets import FOLDER
from models.schema.browser_query import for_browser

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

RULES: dict[str, Any] = {
    "fields": {
        "kind": {"type": "choice"},
        "name": {"type": "text", "show": {"kind": "b"}, "require": {"size": {"$gte": 10}}},
        "size": {"type": "integer"},
        "rate": {"type": "decimal"},
        "rows": {
            "type": "table",
            "rows": True,
            "parts": {"n": {"type": "decimal"}, "m": {"type": "text", "show": {"n": {"$gt": 1}}}},
        },
        "sum": {"type": "computed", "unit": "kW", "value": {"$add": ["$rate", 0.2, {"$sum": "$rows.n"}]}},
        "far": {"type": "text", "show": {"elsewhere": True}},
    },
    "answers": {"elsewhere": True},
    "variables": {},
    "texts": {"required": "必須", "optional": "任意"},
}
FORM = """<form data-guard="">
<p data-question="kind"><input type="radio" name="kind" value="a" checked>
<input type="radio" name="kind" value="b"></p>
<p data-question="name"><span class="tag">任意</span><input class="input" name="name"></p>
<p data-question="size"><input name="size"></p><p data-question="rate"><input name="rate"></p>
<fieldset data-question="rows"><p data-question="rows.0.n"><input name="rows.0.n"></p>
<p data-question="rows.0.m"><input name="rows.0.m"></p></fieldset>
<div data-question="sum" data-live><p class="fixed">—</p></div><p data-question="far"><input name="far"></p>
</form>"""


@pytest_asyncio.fixture
async def page() -> AsyncIterator[Page]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            raise AssertionError("Chromium is missing: apt-get install chromium")
        pytest.skip("no Chromium found: apt-get install chromium")
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        window = await browser.new_page()
        window.on("pageerror", lambda error: complaints.append(str(error)))
        block = f'<script type="application/json" id="rules">{json.dumps(for_browser(RULES))}</script>'
        await window.set_content(FORM + block)
        for name in ("evaluator.js", "rules.js"):
            await window.add_script_tag(content=(FOLDER / name).read_text(encoding="utf-8"))
        yield window
        await browser.close()
    assert complaints == []


async def test_questions_appear_and_go(page: Page) -> None:
    await expect(page.locator("[name=name]")).to_be_hidden()
    await page.check("[value=b]")
    await expect(page.locator("[name=name]")).to_be_visible()
    await page.check("[value=a]")
    await expect(page.locator("[name=name]")).to_be_hidden()
    await expect(page.locator("[name=far]")).to_be_visible()


async def test_what_is_required_follows(page: Page) -> None:
    await page.check("[value=b]")
    await page.fill("[name=size]", "１０")
    await expect(page.locator(".tag")).to_have_text("必須")
    await expect(page.locator("[name=name]")).to_have_attribute("aria-required", "true")
    await page.fill("[name=size]", "9")
    await expect(page.locator(".tag")).to_have_text("任意")


async def test_sums_are_exact_and_live(page: Page) -> None:
    await page.fill("[name=rate]", "0.1")
    await expect(page.locator(".fixed")).to_have_text("0.3 kW")
    await page.fill("[name='rows.0.n']", "1.7")
    await expect(page.locator(".fixed")).to_have_text("2.0 kW")
    await page.fill("[name=rate]", "x")
    await expect(page.locator(".fixed")).to_have_text("—")


async def test_a_row_follows_its_own_answers(page: Page) -> None:
    await expect(page.locator("[name='rows.0.m']")).to_be_hidden()
    await page.fill("[name='rows.0.n']", "2")
    await expect(page.locator("[name='rows.0.m']")).to_be_visible()
