"""The demo, running, with a browser to look at it: for scripts that write parts of the documentation."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.journey.server import Program, running


@contextmanager
def shown_demo(module: str = "capacity_market") -> Iterator[tuple[Browser, Program]]:
    """A browser, and the program on one of its modules with what the demo brings, in a folder that is gone
    afterwards."""
    chromium = shutil.which("chromium") or "chromium"
    with tempfile.TemporaryDirectory(prefix="toroku-demo-") as folder, sync_playwright() as playwright:
        program = Program(Path(folder) / "var", TOROKU_CONFIG=f"fixtures/{module}")
        program.arguments = ["--demo"]
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with running(program):
            yield browser, program
        browser.close()
