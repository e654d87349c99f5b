"""A review in Chromium, from the queue to the record: two reviewers at the same moment, remarks and a reason,
the mail read before it goes, what changed, and a second person who decides."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from app.demo import PASSWORD
from tests.journey.people import faults_of, press, shoot, sign_in_staff, take_step
from tests.journey.server import Program

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PLANTS = {True: ("ほしぞら蓄電所", "4B2C9", "4B2C8"), False: ("こもれび発電所", "7G0A9", "7G0A8")}
"""Whose review is followed with scripts and without: its title, its code, and what the code becomes."""

Enter = Callable[[str], Page]


@pytest.fixture(params=[True, False], ids=["with-javascript", "without-javascript"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def enter(scripts: bool, chromium: Browser, shown: Program) -> Iterator[Enter]:
    """Signs somebody in, each in a browser of their own."""
    contexts = []

    def sign_in(login: str) -> Page:
        contexts.append(chromium.new_context(locale="ja-JP", java_script_enabled=scripts))
        page = contexts[-1].new_page()
        page.set_default_timeout(15_000)
        sign_in_staff(page, shown.url, login, PASSWORD)
        return page

    yield sign_in
    for context in contexts:
        context.close()


def open_review(page: Page, program: Program, title: str) -> str:
    """Find the application in the queue and open it; its reference."""
    page.goto(f"{program.url}/admin/queue?q={title}")
    with page.expect_navigation():
        page.locator("main tbody tr", has_text=title).locator("a").first.click()
    return page.url.split("/applications/")[1].split("?")[0]


def sign_in_operator(page: Page, program: Program) -> None:
    """The operator's administrator signs in with the certificate of the demo."""
    page.context.clear_cookies()
    page.goto(f"{program.url}/certificate?next=/login")
    page.set_input_files('input[type="file"]', program.folder / "demo" / "9A01.pem")
    press(page, "main form button.button--primary")
    page.fill('[name="login"]', "minato-admin")
    page.fill('[name="password"]', PASSWORD)
    press(page, "main form button.button--primary")
    assert "/portal" in page.url


def test_a_review_by_two_people_with_a_third_one_too_late(
    shown: Program, enter: Enter, scripts: bool
) -> None:
    title, code, corrected = PLANTS[scripts]
    first, second = enter("reviewer-1"), enter("reviewer-2")
    reference = open_review(first, shown, title)
    assert open_review(second, shown, title) == reference

    # Both press the same button: one takes it on, the other is told by whom and stays on the page.
    take_step(first, "claim")
    take_step(second, "claim")
    assert "審査 一郎" in second.inner_text('[role="alert"]')
    assert second.locator('button[formaction$="/steps/claim"]').count() == 0
    shoot(second, "20-too-late")

    # A remark with its reason code; the mail is read before it goes, and what was typed is still there.
    first.click("#grid_code details summary")
    first.fill('[name="remark.grid_code"]', "託送供給契約の写しと異なります。")
    first.select_option('[name="reason.grid_code"]', "B01")
    first.fill('[name="comment"]', "前回も同じ誤りがありました。")
    press(first, 'button[formaction*="/preview/return"]')
    preview = first.inner_text("#outcome-return")
    assert "託送供給契約の写しと異なります。" in preview
    assert first.input_value('[name="remark.grid_code"]') == "託送供給契約の写しと異なります。"
    assert first.input_value('[name="reason.grid_code"]') == "B01"
    assert not scripts or faults_of(first) == []
    shoot(first, "21-preview")
    press(first, 'button[formaction$="/comments"]')
    assert "前回も同じ誤りがありました。" in first.inner_text("#comments")
    take_step(first, "return")
    assert "差戻し" in first.inner_text("main")

    # The operator sees the remark and never the comment, corrects that one answer and sends it again.
    operator = enter("auditor-1")
    sign_in_operator(operator, shown)
    operator.goto(f"{shown.url}/applications/{reference}")
    assert "前回も同じ誤りがありました。" not in operator.content()
    operator.goto(f"{shown.url}/applications/{reference}/pages/codes")
    assert "託送供給契約の写しと異なります。" in operator.inner_text("main")
    operator.fill('[name="grid_code"]', corrected)
    press(operator, '.actions button[value="next"]')
    operator.goto(f"{shown.url}/applications/{reference}/check")
    press(operator, "main form button.button--primary")

    # What changed is shown in its place; passing on needs the checklist; deciding needs somebody else.
    open_review(first, shown, title)
    take_step(first, "claim")
    assert corrected in first.inner_text("#changes")
    assert code in first.inner_text("#grid_code del")
    for box in first.locator('[name="checklist"]').all():
        box.check()
    take_step(first, "propose")
    assert first.locator('button[formaction$="/steps/approve"]').count() == 0
    approver = enter("approver-1")
    approver.goto(f"{shown.url}/admin/applications/{reference}")
    assert title in approver.inner_text("#outcome-approve")
    shoot(approver, "22-approve")
    assert not scripts or faults_of(approver) == []
    take_step(approver, "approve")

    # It is registered, and its history says by which application and by whom.
    approver.goto(f"{shown.url}/admin/resource/list?q={title}")
    with approver.expect_navigation():
        approver.locator("main tbody a", has_text="00").first.click()
    record = approver.inner_text("main")
    assert corrected in record
    assert reference in record
    assert "承認 三枝" in record
