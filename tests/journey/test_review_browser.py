"""The review page in Chromium: keys, text that comes back, what changed, and no fault axe knows of."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from app.demo import PASSWORD
from tests.journey.people import faults_of, press, sign_in_staff
from tests.journey.server import Program

pytestmark = pytest.mark.browser

BEGUN = "行を確認してください"


@pytest.fixture
def program(shown: Program) -> Program:
    """The program with the demo's weeks of work in its queue."""
    return shown


@pytest.fixture
def reviewer(chromium: Browser, program: Program) -> Iterator[Page]:
    """The first reviewer's browser, at the queue."""
    context = chromium.new_context(locale="ja-JP", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    sign_in_staff(page, program.url, "reviewer-1", PASSWORD)
    yield page
    context.close()


def open_from_queue(page: Page, program: Program, words: str) -> str:
    """Open the application in whose row these words are; its address."""
    page.goto(f"{program.url}/admin/queue")
    row = page.locator("main tbody tr", has_text=words).first
    reference = row.locator("a", has_text="A20").first.inner_text().split()[0]
    address = f"{program.url}/admin/applications/{reference}"
    page.goto(address)
    return address


def test_a_review_by_keyboard_whose_text_outlives_the_page(reviewer: Page, program: Program) -> None:
    page, said = reviewer, []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)

    # A change: before and after in their place, by keys from one to the next.
    address = open_from_queue(page, program, "変更申請")
    assert faults_of(page) == []
    assert page.locator(".r-answer--changed .r-was del").count() > 0
    page.keyboard.press("j")
    point = page.evaluate("document.activeElement.id")
    assert page.locator(f"#{point}.r-answer--changed").count() == 1
    page.keyboard.press("r")
    page.keyboard.type(f"j{BEGUN}")  # letters typed into a text are no commands
    assert page.input_value(f"#remark-{point}") == f"j{BEGUN}"

    # Another page and back: the text is there again; a refusal does not lose it either.
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{program.url}/admin/queue")
    page.goto(address)
    assert page.input_value(f"#remark-{point}") == f"j{BEGUN}"
    assert page.locator("[data-kept]").is_visible()
    press(page, 'button[formaction$="/steps/propose"]')
    assert page.locator("#errors").is_visible()
    assert page.input_value(f"#remark-{point}") == f"j{BEGUN}"
    press(page, 'button[formaction$="/steps/return"]')
    assert page.evaluate("Object.values(sessionStorage).join()").count(BEGUN) <= 1
    page.goto(address)
    assert not page.locator("[data-kept]").is_visible()

    # A resubmission in English, only what changed; keys can be switched off.
    page.goto(f"{program.url}/admin/queue")
    page.context.add_cookies([{"name": "language", "value": "en", "url": program.url}])
    open_from_queue(page, program, "Resubmitted")
    page.check('[name="only"]')
    press(page, 'button[formaction$="/look"]')
    shown = page.locator(".r-answer").count()
    assert shown == page.locator(".r-answer--changed").count() > 0
    assert page.locator(".r-row--added").count() > 0
    assert faults_of(page) == []
    page.click(".r-keys summary")
    page.uncheck("[data-keys]")
    page.click("h1")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('[data-point]')") is None
    assert [text for text in said if "409" not in text] == []  # the refusal, and nothing of the policy
