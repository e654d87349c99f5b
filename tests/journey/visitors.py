"""Those who come to the site from outside, each in a browser of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from app.demo import PASSWORD
from tests.journey.people import press, width_of

OPERATOR = ("minato-admin", "9A01.pem")
"""The demo's administrator of an operator, and the certificate to sign in with."""


@contextmanager
def browsing(
    browser: Browser, url: str, language: str = "ja", *, width: int = 1280, **context: Any
) -> Iterator[Page]:
    """A browser of somebody's own, in a language."""
    opened = browser.new_context(locale="ja-JP", viewport={"width": width, "height": 860}, **context)
    opened.add_cookies([{"name": "language", "value": language, "url": url}])
    page = opened.new_page()
    page.set_default_timeout(15_000)
    yield page
    opened.close()


def present_certificate(page: Page, url: str, pem: Path, then: str) -> None:
    """Show the browser's client certificate (a file, in trials) and go on to `then`."""
    page.goto(f"{url}/certificate?next={then}")
    page.set_input_files('input[type="file"]', pem)
    press(page, "main form button.button--primary")


def begin_application(page: Page, url: str, demo: Path) -> str:
    """Begin the application for the registration of an operator; its address."""
    present_certificate(page, url, demo / "new-operator.pem", "/apply/operator")
    page.check('input[name="accept"]')
    press(page, "main form button.button--primary")
    return page.url.partition("/pages/")[0]


def enter_portal(page: Page, url: str, demo: Path, who: tuple[str, str] = OPERATOR) -> None:
    """Sign in as somebody of an operator, by login and the name of the certificate."""
    login, certificate = who
    present_certificate(page, url, demo / certificate, "/login")
    page.fill('[name="login"]', login)
    page.fill('[name="password"]', PASSWORD)
    press(page, "main form button.button--primary")


def findings_of(page: Page) -> list[str]:
    """What axe finds (WCAG 2.2 AA with the size of targets, best practices), and whether the page fits
    320 pixels, and its window with letters twice as large (WCAG 1.4.4)."""
    options = {"preload": False, "rules": {"target-size": {"enabled": True}}}
    found = Axe().run(page, options=options).response["violations"]
    told = [f"{rule['id']}: {node['html'][:150]}" for rule in found for node in rule["nodes"][:3]]
    return [*told, *width_of(page), *_enlarged(page)]


def _enlarged(page: Page) -> list[str]:
    over = page.evaluate(
        """() => { const root = document.documentElement; root.style.fontSize = "200%";
            const over = root.scrollWidth - innerWidth; root.style.fontSize = ""; return over; }"""
    )
    return [f"{over} px too wide with letters twice as large"] if over > 0 else []
