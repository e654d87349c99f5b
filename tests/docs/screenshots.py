"""The pictures of the documentation, taken anew from the demo: ``python -m tests.docs.screenshots``."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from app.demo import PASSWORD
from tests.docs.demo import shown_demo
from tests.journey.people import press
from tests.journey.server import Program
from tests.journey.visitors import begin_application, browsing, enter_portal

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
SIZE = {"width": 1280, "height": 860}

LOOKS: Mapping[str, tuple[str, str]] = {
    "": ("ja", "light"),
    "-en": ("en", "light"),
    "-dark": ("ja", "dark"),
}
"""How every page is shown: the ending of its picture, the language and the theme."""


def main() -> None:
    """Start the demo, walk its pages as a reviewer, and write the pictures."""
    with shown_demo() as (browser, program):
        for ending, (language, theme) in LOOKS.items():
            with reviewer(browser, program.url, language, theme) as page:
                for name, address in pages(page, program.url).items():
                    shoot(page, program.url + address, f"{name}{ending}")
        for ending, language in {"": "ja", "-en": "en"}.items():
            shoot_operators(browser, program, language, ending)
    shoot_both_sides()


def shoot_both_sides() -> None:
    """A record two sides work on, before the second consent, from the second module."""
    with (
        shown_demo("smart_meter") as (browser, program),
        reviewer(browser, program.url, "ja", "light", "grid-approver") as page,
    ):
        page.goto(f"{program.url}/admin/waiting?show=all&type=disconnection")
        waiting = page.locator("main tr", has_text="双方の確認待ち").locator("a").first
        shoot(page, program.url + (waiting.get_attribute("href") or ""), "both-sides")


@contextmanager
def reviewer(
    browser: Browser, url: str, language: str, theme: str, login: str = "reviewer-1"
) -> Iterator[Page]:
    """A browser in which a reviewer is signed in and has chosen how pages look."""
    context = browser.new_context(viewport=SIZE, locale="ja-JP")  # type: ignore[arg-type]
    chosen = {"language": language, "theme": theme}
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in chosen.items()])
    page = context.new_page()
    page.goto(f"{url}/admin/login")
    page.fill('[name="login"]', login)
    page.fill('[name="password"]', PASSWORD)
    with page.expect_navigation():
        page.click("main form button")
    yield page
    context.close()


def pages(page: Page, url: str) -> dict[str, str]:
    """The pages worth a picture, by its name: what was sent again, a record that was changed."""
    page.goto(f"{url}/admin/queue")
    again = page.locator("main tr", has_text="いそべ").locator("a").first.get_attribute("href") or ""
    page.goto(f"{url}/admin/resource/list?q=あかつき")
    record = page.locator("main tbody a").first.get_attribute("href") or ""
    history = record.replace("/detail", "/history")
    return {"dashboard": "/admin/", "queue": "/admin/queue", "review": again, "history": history}


def shoot_operators(browser: Browser, program: Program, language: str, ending: str) -> None:
    """The form with its errors on a phone, an operator's first page, an application that came back."""
    demo = program.folder / "demo"
    with browsing(browser, program.url, language, width=390) as page:
        begin_application(page, program.url, demo)
        press(page, '.actions button[value="next"]')
        keep(page, f"form{ending}")
    with browsing(browser, program.url, language) as page:
        enter_portal(page, program.url, demo)
        shoot(page, f"{program.url}/portal", f"portal{ending}")
        returned = page.locator("main a[href^='/applications/']").first.get_attribute("href") or ""
        shoot(page, program.url + returned.partition("/pages/")[0], f"application{ending}")


def shoot(page: Page, address: str, name: str) -> None:
    """One picture of a page."""
    page.goto(address, wait_until="networkidle")
    keep(page, name)


def keep(page: Page, name: str) -> None:
    """One picture of what the window shows."""
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
