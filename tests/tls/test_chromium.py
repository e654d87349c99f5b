"""A real browser that holds a client certificate."""

import os

import pytest
from playwright.async_api import async_playwright

from app.demo import PASSWORD
from tests.journey.conftest import CHROMIUM
from tests.tls.ways import OWN, Served

pytestmark = pytest.mark.browser


async def test_an_operator_signs_in_with_the_certificate_of_the_browser(served: Served) -> None:
    if CHROMIUM is None and not os.environ.get("CI"):
        pytest.skip("no Chromium found: apt-get install chromium fonts-noto-cjk")
    certificate = {
        "origin": served.url("strict"),
        "pfxPath": str(served.authority.file(OWN)),
        "passphrase": PASSWORD,
    }
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(
            locale="ja-JP",
            ignore_https_errors=True,
            client_certificates=[certificate],  # type: ignore[list-item]
        )
        page = await context.new_page()
        await page.goto(f"{served.url('strict')}/login")
        await page.fill('[name="login"]', "minato-admin")
        await page.fill('[name="password"]', PASSWORD)
        await page.click("main form button.button--primary")
        await page.wait_for_url("**/portal")
        await page.goto(f"{served.url('strict')}/portal/certificates")
        text = await page.inner_text("main")
        await browser.close()
    assert OWN in text
