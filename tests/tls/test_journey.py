"""The whole way into the market over mutual TLS, in Chromium: apply, review, sign in, portal."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from app.authority import FolderAuthority
from app.demo import PASSWORD
from app.mail import text_of
from app.opening import configuration_of
from app.settings import Settings
from models.clock import system_clock
from models.configuration.load import Configuration
from tests.journey.conftest import chromium
from tests.journey.mailbox import Mailbox, link_in, serving
from tests.journey.people import errors_on, fill_form, press, shoot, sign_in_staff, take_step
from tests.journey.server import Program, running
from tests.journey.test_browser import CHOSEN, answers_of
from tests.tls.ways import NEW, OTHER

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

Devices = Callable[[str], Page]
"""Opens the browser of somebody who holds the certificate of this client."""


class TlsProgram(Program):
    """``serve --demo --tls``; who asks whether it answers holds a certificate too."""

    def __init__(self, folder: Path, authority: FolderAuthority, smtp: int) -> None:
        super().__init__(folder, smtp=smtp)
        self.authority = authority
        self.url = f"https://localhost:{self.port}"
        self.environment["TOROKU_BASE_URL"] = self.url
        self.arguments += ["--tls", str(authority.folder)]
        self.context = ssl.create_default_context(cafile=str(authority.files.authorities))
        self.context.load_cert_chain(authority.clients / "staff.pem", authority.clients / "staff.key")

    def ask(self) -> int:
        return httpx.get(f"{self.url}/", verify=self.context, timeout=5).status_code


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def program(tmp_path: Path, mailbox: Mailbox) -> Iterator[TlsProgram]:
    """The program as its own process, on an authority made for it."""
    authority = FolderAuthority(tmp_path / "tls", system_clock(), PASSWORD)
    authority.prepare()
    authority.issue("staff", "Example")
    with serving(mailbox) as port:
        started = TlsProgram(tmp_path / "var", authority, port)
        with running(started):
            yield started


@pytest.fixture
def devices(chromium: Browser, program: TlsProgram) -> Iterator[Devices]:
    contexts = []

    def open_device(name: str) -> Page:
        certificate = {
            "origin": program.url,
            "pfxPath": str(program.authority.file(name)),
            "passphrase": PASSWORD,
        }
        context = chromium.new_context(
            locale="ja-JP",
            java_script_enabled=False,
            ignore_https_errors=True,
            client_certificates=[certificate],  # type: ignore[list-item]
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        return page

    yield open_device
    for context in contexts:
        context.close()


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    return configuration_of(Settings(data=tmp_path / "configuration"))


@pytest.mark.slow
def test_the_whole_journey_over_mutual_tls(
    devices: Devices, program: TlsProgram, mailbox: Mailbox, configuration: Configuration
) -> None:
    answers = answers_of(configuration, "operator")
    operator = devices(NEW)
    reference = apply(operator, program, configuration)

    for login, steps in (("reviewer-1", ("claim", "propose")), ("approver-1", ("approve",))):
        member = devices("staff")
        sign_in_staff(member, program.url, login, PASSWORD)
        for step in steps:
            member.goto(f"{program.url}/admin/applications/{reference}")
            for box in member.locator('[name="checklist"]').all():
                box.check()
            take_step(member, step)

    told = text_of(mailbox.wait_for(str(answers["contact_email"]), "管理者"))
    words = (word.strip("*：:「」") for word in told.replace("「", " ").replace("」", " ").split())
    login = next(word for word in words if word.startswith("K0"))
    operator.goto(link_in(mailbox.wait_for(str(answers["admin_email"]), "パスワード")))
    for field in operator.locator('input[type="password"]').all():
        field.fill(CHOSEN)
    press(operator, "main form button.button--primary")

    sign_in(operator, program, login)
    if "/portal/terms" in operator.url:
        operator.check("#accept")
        press(operator, "main form button.button--primary")
    assert operator.url.endswith("/portal"), errors_on(operator)
    shoot(operator, "tls-portal")

    stranger = devices(OTHER)
    sign_in(stranger, program, login)
    assert stranger.url.endswith("/login")
    assert errors_on(stranger)
    verified = program.run("audit", "verify")
    assert verified.returncode == 0, verified.stderr


def apply(page: Page, program: TlsProgram, configuration: Configuration) -> str:
    """Apply for the registration of an operator; the certificate comes with the connection."""
    page.goto(f"{program.url}/apply/operator")
    assert NEW in page.inner_text("main")
    shoot(page, "tls-gate")
    page.check('input[name="accept"]')
    press(page, "main form button.button--primary")
    assert "/applications/" in page.url, errors_on(page)
    reference = page.url.split("/applications/")[1].split("/")[0]
    fill_form(page, configuration.record_types["operator"], answers_of(configuration, "operator"))
    press(page, "main form button.button--primary")
    assert reference in page.inner_text("main"), errors_on(page)
    return reference


def sign_in(page: Page, program: TlsProgram, login: str) -> None:
    page.goto(f"{program.url}/login")
    page.fill('[name="login"]', login)
    page.fill('[name="password"]', CHOSEN)
    press(page, "main form button.button--primary")
