"""What is typed is kept without a button, and two windows lose nothing of each other's."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journey.people import press
from tests.journey.server import Program
from tests.journey.visitors import begin_application, browsing

pytestmark = pytest.mark.browser

NAME, READING = '[name="operator_name"]', '[name="operator_name_kana"]'


def wait_until_kept(page: Page) -> None:
    """As long as a person needs to look up: some seconds after the last key."""
    expect(page.locator("[data-kept]")).to_contain_text("保存", timeout=15_000)
    expect(page.locator("[data-kept]")).not_to_have_class("kept-at--trouble")


def test_typed_answers_are_kept_and_two_windows_meet(chromium: Browser, shown: Program) -> None:
    with browsing(chromium, shown.url) as page:
        begin_application(page, shown.url, shown.folder / "demo")
        page.fill(NAME, "まだ押していない")
        wait_until_kept(page)

        other = page.context.new_page()
        other.goto(page.url)
        assert other.input_value(NAME) == "まだ押していない"
        other.fill(NAME, "別の窓")
        wait_until_kept(other)

        page.context.set_offline(True)
        page.fill(READING, "カナ")
        expect(page.locator(".kept-at--trouble")).to_be_visible(timeout=15_000)
        page.context.set_offline(False)
        page.fill(NAME, "こちらの窓")
        press(page, '.actions button[value="next"]')
        assert page.input_value(NAME) == "こちらの窓"
        assert "別の窓" in page.inner_text("main")
        assert page.input_value(READING) == "カナ"
