"""A browser, a mailbox and a running program for the journey."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.journey.mailbox import Mailbox, serving
from tests.journey.server import Program, running

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, gone before tests with an event loop of their own run here; missing, tests are
    skipped with the reason — but in CI they fail."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            raise AssertionError("Chromium is missing: apt-get install chromium fonts-noto-cjk")
        pytest.skip("no Chromium found: apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def program(tmp_path: Path, mailbox: Mailbox) -> Iterator[Program]:
    """The program with demo data, its mails going to the mailbox."""
    with serving(mailbox) as port, running(Program(tmp_path / "var", smtp=port)) as started:
        yield started


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program with applications in every stage, one for all tests of this worker that look at it."""
    busy = Program(tmp_path_factory.mktemp("shown") / "var")
    busy.arguments = ["--demo"]
    with running(busy) as started:
        yield started
