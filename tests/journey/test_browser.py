"""The main journey, steps 1 to 4, in Chromium: Japanese pages, real mongod, real mail server.

The operator is on a phone of 360 pixels with JavaScript off, closes the browser and goes on with another one;
a second time at a desk, with JavaScript."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from app.demo import PASSWORD
from app.mail import text_of
from app.opening import configuration_of
from app.settings import Settings
from models.configuration.load import Configuration
from tests.journey.mailbox import Mailbox, link_in
from tests.journey.people import (
    errors_on,
    faults_of,
    fill_form,
    fill_page,
    press,
    shoot,
    sign_in_staff,
    take_step,
)
from tests.journey.server import Program
from tests.services.answers import valid_answers

pytestmark = pytest.mark.browser

CHOSEN = "watashi-no-pasuwado-2026"


@pytest.fixture(scope="session")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    return configuration_of(Settings(data=tmp_path_factory.mktemp("configuration")))


PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 900}

Devices = Callable[[], Page]
"""Gives somebody another device; the browser of the one before is closed, and what it knew is gone."""


@pytest.fixture(
    params=[pytest.param(True, marks=pytest.mark.slow), False],
    ids=["desk-with-javascript", "phone-without-javascript"],
)
def devices(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Devices]:
    """The operator's browsers, one after the other."""
    scripts, opened = bool(request.param), list[Page]()

    def open_device() -> Page:
        for page in opened:
            page.context.close()
        window = DESK if scripts else PHONE
        context = chromium.new_context(locale="ja-JP", java_script_enabled=scripts, viewport=window)
        opened[:] = [context.new_page()]
        opened[0].set_default_timeout(15_000)
        return opened[0]

    yield open_device
    for page in opened:
        shoot(page, "99-last")
        page.context.close()


@pytest.fixture
def staff(chromium: Browser) -> Iterator[Any]:
    """Makes a browser of its own for each member of staff."""
    contexts = []

    def open_browser() -> Page:
        contexts.append(chromium.new_context(locale="ja-JP", viewport={"width": 1280, "height": 900}))
        return contexts[-1].new_page()

    yield open_browser
    for context in contexts:
        context.close()


def answers_of(configuration: Configuration, name: str) -> dict[str, Any]:
    definition = configuration.record_types[name]
    answers = valid_answers(definition)
    if name == "operator":
        answers["operator_code"] = "Z9Z1"
    return answers


def present_certificate(page: Page, program: Program, then: str) -> None:
    """Show the browser's client certificate (a file, in trials) and go on to `then`."""
    page.goto(f"{program.url}/certificate?next={then}")
    page.set_input_files('input[type="file"]', program.folder / "demo" / "new-operator.pem")
    press(page, "main form button.button--primary")
    assert page.url.endswith(then), errors_on(page)


def begin_application(page: Page, program: Program) -> None:
    present_certificate(page, program, "/apply/operator")
    page.check('input[name="accept"]')
    press(page, "main form button.button--primary")
    assert "/applications/" in page.url, errors_on(page)


def test_an_operators_whole_life(
    devices: Devices,
    staff: Any,
    program: Program,
    mailbox: Mailbox,
    configuration: Configuration,
) -> None:
    definition = configuration.record_types["operator"]
    answers = answers_of(configuration, "operator")
    contact, administrator = str(answers["contact_email"]), str(answers["admin_email"])
    operator = devices()

    # 1. A would-be operator reads the terms, fills in a page, leaves, and comes back by a mailed link.
    operator.goto(program.url)
    shoot(operator, "01-home")
    begin_application(operator, program)
    reference = operator.url.split("/applications/")[1].split("/")[0]
    fill_page(operator, definition, definition.laid_out[0].fields, answers)
    press(operator, '.actions button[value="save"]')
    operator.fill('[name="email"]', contact)
    press(operator, "main form button.button--primary")
    operator = devices()
    operator.goto(link_in(mailbox.wait_for(contact)))
    press(operator, "main form button")
    assert reference in operator.url
    operator.goto(f"{program.url}/applications/{reference}/pages/{definition.laid_out[0].name}")
    first = definition.laid_out[0].fields[0]
    assert operator.input_value(f'[name="{first}"]') == str(answers[first])
    fill_form(operator, definition, answers, shots="02-apply")
    shoot(operator, "03-check-your-answers")
    press(operator, "main form button.button--primary")
    assert reference in operator.inner_text("main"), errors_on(operator)
    shoot(operator, "04-submitted")
    assert reference in text_of(mailbox.wait_for(contact, reference))

    # 2. A reviewer takes it on and returns it with remarks on two fields.
    reviewer = staff()
    sign_in_staff(reviewer, program.url, "reviewer-1", PASSWORD)
    reviewer.goto(f"{program.url}/admin/queue")
    assert reference in reviewer.inner_text("main")
    shoot(reviewer, "05-queue")
    assert faults_of(reviewer) == []
    press(reviewer, f'a:has-text("{reference}")')
    take_step(reviewer, "claim")
    shoot(reviewer, "06-review")
    assert faults_of(reviewer) == []
    for name, text in (
        ("address", "番地まで書いてください。"),
        ("contact_name", "正式なお名前をお書きください。"),
    ):
        reviewer.click(f"#{name} details summary")
        reviewer.fill(f'[name="remark.{name}"]', text)
    take_step(reviewer, "return")
    shoot(reviewer, "07-returned")

    # The applicant gets the mail, follows its link, sees only the remarked fields open, corrects them.
    operator = devices()
    operator.goto(link_in(mailbox.wait_for(contact, "", count=3)))
    press(operator, "main form button")
    shoot(operator, "08-remarks")
    open_names = correct(
        operator, program, reference, configuration, {"address": "丸の内1-1-1", "contact_name": "電力 花子"}
    )
    assert open_names == {"address", "contact_name"}
    operator.goto(f"{program.url}/applications/{reference}/check")
    press(operator, "main form button.button--primary")

    # The reviewer sees what changed since the last look, and passes it on; a second person approves.
    reviewer.goto(f"{program.url}/admin/applications/{reference}")
    take_step(reviewer, "claim")
    changes = reviewer.inner_text("#changes")
    assert "丸の内1-1-1" in changes
    assert "電力 花子" in changes
    for box in reviewer.locator('[name="checklist"]').all():
        box.check()
    take_step(reviewer, "propose")
    approver = staff()
    sign_in_staff(approver, program.url, "approver-1", PASSWORD)
    approver.goto(f"{program.url}/admin/applications/{reference}")
    shoot(approver, "09-approve")
    assert faults_of(approver) == []
    take_step(approver, "approve")
    shoot(approver, "10-approved")

    # 3. Two mails: the administrator's ID to the contact, the one-time link to the administrator.
    told = text_of(mailbox.wait_for(contact, "管理者"))
    login = next(
        word
        for word in told.replace("「", " ").replace("」", " ").split()
        if word.strip("*：:").startswith("K0")
    ).strip("*：:")
    invitation = mailbox.wait_for(administrator, "パスワード")
    assert login not in text_of(invitation)

    # 4. The administrator sets a password, signs in with the certificate, registers a resource.
    operator = devices()
    operator.goto(link_in(invitation))
    operator.fill('[name="password"]', CHOSEN)
    for field in operator.locator('input[type="password"]').all():
        field.fill(CHOSEN)
    press(operator, "main form button.button--primary")
    sign_in_operator(operator, program, login, CHOSEN)
    shoot(operator, "11-portal")
    register_resource(operator, program, configuration)
    operator.goto(f"{program.url}/portal")
    assert "受付済" in operator.inner_text("main")
    shoot(operator, "13-portal-with-application")
    operator.goto(f"{program.url}/portal/users")
    operator.fill('[name="name"]', "電力 次郎")
    operator.fill('[name="email"]', "jiro@example.co.jp")
    press(operator, "main form button.button--primary")
    assert "電力 次郎" in operator.inner_text("main")
    mailbox.wait_for("jiro@example.co.jp")
    operator.goto(f"{program.url}/portal/notices")
    press(operator, "main a >> nth=-1")
    shoot(operator, "14-notice")

    # The event log of all this verifies.
    verified = program.run("audit", "verify")
    assert verified.returncode == 0, verified.stderr


def correct(
    page: Page, program: Program, reference: str, configuration: Configuration, texts: dict[str, str]
) -> set[str]:
    """Correct the remarked answers; returns the names of all questions that were open."""
    opened: set[str] = set()
    for described in configuration.record_types["operator"].laid_out:
        page.goto(f"{program.url}/applications/{reference}/pages/{described.name}")
        found = page.locator("main form [name]:not([type=hidden]):not(button)").all()
        names = {str(control.get_attribute("name")) for control in found} & set(described.fields)
        opened |= names
        if names:
            shoot(page, f"08-correct-{described.name}")
            for name in names & texts.keys():
                page.fill(f'[name="{name}"]', texts[name])
            press(page, '.actions button[value="next"]')
    return opened


def sign_in_operator(page: Page, program: Program, login: str, password: str) -> None:
    present_certificate(page, program, "/login")
    page.fill('[name="login"]', login)
    page.fill('[name="password"]', password)
    press(page, "main form button.button--primary")
    assert "/portal" in page.url, errors_on(page)
    if "/portal/terms" in page.url:  # the first time: nobody goes on without accepting the terms
        shoot(page, "10-terms")
        page.check("#accept")
        press(page, "main form button.button--primary")
    assert page.url.endswith("/portal")


def register_resource(page: Page, program: Program, configuration: Configuration) -> None:
    """Apply for a resource, from the portal."""
    page.goto(f"{program.url}/portal/resource/new")
    if "/applications/" not in page.url:
        press(page, "main form button.button--primary")
    fill_form(
        page,
        configuration.record_types["resource"],
        answers_of(configuration, "resource"),
        shots="12-resource",
    )
    press(page, "main form button.button--primary")
    assert not errors_on(page)
