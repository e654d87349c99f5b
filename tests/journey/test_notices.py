"""A notice from the first word to its withdrawal in Chromium: written, previewed, approved, published,
mailed, read, acknowledged, refused and sent again, bounced, corrected, compared, withdrawn."""

import mailbox as mailboxes
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from app.demo import PASSWORD
from app.mail import text_of
from app.opening import configuration_of
from app.settings import Settings
from models.configuration.load import Configuration
from tests.journey.mailbox import Mailbox, serving
from tests.journey.people import fill_page, press, sign_in_staff, take_step
from tests.journey.server import Program, running
from tests.journey.visitors import browsing, enter_portal, findings_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TITLE = "定期保守に伴うシステム停止のお知らせ"
BODY = "ご利用ありがとうございます。\n\n## 停止日時\n\n- **12月5日** 9:00～17:00\n\n<b>x</b>"
TEXT = {
    "title_ja": TITLE,
    "body_ja": BODY,
    "title_en": "System maintenance",
    "body_en": "## When\n\n- **5 December** 9:00–17:00",
    "attachments": ["保守計画.pdf"],
}
READERS = {
    "category": "maintenance",
    "importance": "high",
    "audience": "owners_in_area",
    "areas": ["hokkaido", "tohoku", "tokyo", "chubu", "kansai"],
    "starts_at": "2026-11-23T09:00",
    "ends_on": "2099-12-25",
    "acknowledge": "yes",
    "acknowledge_by": "2099-12-01",
}
LATER = {"areas": "areas", "acknowledge_by": "acknowledge_by.day"}
"""Questions that appear once others are answered, and a box of each."""
ADMINISTRATOR, VIEWER, DELEGATE = (
    "hanako.umino@minato-hatsuden.example.jp",
    "shizuka.hamada@minato-hatsuden.example.jp",
    "osamu.shirota@minato-dairi.example.jp",
)
REASON = "作業が延期になったため、改めてお知らせします。"
RETURNED = """From: MAILER-DAEMON@mx.example.jp
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Message-ID: <b1@mx.example.jp>
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

The mail system.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.jp

Final-Recipient: rfc822; {to}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--B
Content-Type: text/rfc822-headers

To: {to}
Message-ID: {message}

--B--
"""


class Choosy(Mailbox):
    """A mail server that knows no recipient of ``refused``."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: set[str] = set()

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return f"550 5.1.1 <{address}>: User unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    return configuration_of(Settings(data=tmp_path_factory.mktemp("configuration")))


@pytest.fixture
def mailbox() -> Choosy:
    return Choosy()


@pytest.fixture
def program(tmp_path: Path, mailbox: Choosy) -> Iterator[Program]:
    """The demo with the weeks before it, its mails going to the mailbox."""
    with serving(mailbox) as port:
        demo = Program(tmp_path / "var", smtp=port)
        demo.arguments = ["--demo"]
        with running(demo):
            yield demo


@contextmanager
def member(browser: Browser, program: Program, login: str, said: list[str]) -> Iterator[Page]:
    """A member of staff, signed in; what the console says is kept."""
    with browsing(browser, program.url) as page:
        page.on("console", lambda message: said.append(f"{page.url} {message.text}"))
        sign_in_staff(page, program.url, login, PASSWORD)
        yield page


def read(page: Page, address: str) -> str:
    """Open a page; what it says."""
    page.goto(address)
    return page.inner_text("main")


def look(page: Page, address: str = "") -> str:
    """Open a page (or stay) and find nothing wrong with it; what it says."""
    said = read(page, address or page.url)
    assert findings_of(page) == [], page.url
    return said


def wait_until(page: Page, address: str, words: str, seconds: float = 20) -> str:
    """Open a page again until it says these words."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        page.goto(address)
        if words in (said := page.inner_text("main")):
            return said
        time.sleep(0.5)
    raise AssertionError(f"{address} does not say {words!r}: {said}")


def write(page: Page, program: Program, configuration: Configuration) -> str:
    """Write a notice from the menu to the hand-over; its reference."""
    definition = configuration.record_types["notice"]
    text, *rest = definition.laid_out
    page.click(".a-nav a[href$='/admin/notices']")
    press(page, ".a-heading .a-button--primary")
    page.fill('[name="ground"]', "12月の保守")
    press(page, "main form button.a-button--primary")
    assert page.url.endswith("/pages/text")
    fill_page(page, definition, text.fields, TEXT)
    press(page, 'button[value="preview:body_ja"]')
    assert page.inner_text("#field-body_ja--preview strong") == "12月5日"
    for described in rest:
        press(page, '.actions button[value="next"]')
        fill_page(page, definition, described.fields, READERS)
        for asked, box in LATER.items():
            if asked in described.fields:
                page.locator(f'[name="{box}"]').first.wait_for()
                fill_page(page, definition, (asked,), READERS)
    page.click('button[formaction="?then=preview"]')
    page.wait_for_url("**/notices/drafts/*")
    assert page.locator(".n-article h1").all_inner_texts() == [TITLE, "System maintenance"]
    assert re.search(r"アカウント\s*3", look(page))
    press(page, ".a-heading .a-button--primary")
    press(page, "main form button.button--primary")
    assert "決裁待ち" in page.inner_text("main")
    return page.url.rpartition("/")[2]


def approve_and_publish(page: Page, program: Program, reference: str) -> str:
    """Look at it, approve it, count its audience, schedule it and publish it after all; its address."""
    page.goto(f"{program.url}/admin/applications/{reference}")
    take_step(page, "approve")
    press(page, ".a-heading .a-button--primary")
    here = page.url
    assert VIEWER in read(page, f"{here}/audience")
    with page.expect_download() as taken:
        page.click('main a[href*="/audience/file"]')
    assert len(taken.value.path().read_text(encoding="utf-8-sig").splitlines()) == 4
    assert "2026年11月23日 09:00" in read(page, f"{here}/steps/schedule")
    page.goto(f"{here}/steps/publish")
    press(page, "main form.s-form .a-button--primary")
    assert "公開中" in look(page)
    return here


def test_a_notices_whole_life(
    chromium: Browser,
    program: Program,
    mailbox: Choosy,
    configuration: Configuration,
    tmp_path: Path,
) -> None:
    said: list[str] = []
    with (
        member(chromium, program, "reviewer-1", said) as writer,
        member(chromium, program, "approver-1", said) as chief,
        browsing(chromium, program.url) as operator,
    ):
        assert "メールを送信できていません" not in read(chief, f"{program.url}/admin/")

        # Written by one, approved and published by another; one recipient is refused.
        mailbox.refused = {VIEWER}
        reference = write(writer, program, configuration)
        here = approve_and_publish(chief, program, reference)
        mail = mailbox.wait_for(ADMINISTRATOR, TITLE)
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
        assert f"{program.url}/portal/notices/" in text_of(mail)
        assert "12月5日" not in text_of(mail)

        # Read and acknowledged in the portal; the others are reminded.
        enter_portal(operator, program.url, program.folder / "demo")
        operator.goto(re.findall(r"http\S+/portal/notices/\w+", text_of(mail))[0])
        press(operator, 'form[action$="/acknowledge"] button')
        ledger = f"{here}/editions/1/ledger"
        wait_until(chief, ledger, "送信失敗")
        assert "3 人中 1 人が確認" in look(chief)
        assert "550 5.1.1" in chief.inner_text("main table")
        press(chief, 'form[action*="/remind"] button')
        mailbox.wait_for(DELEGATE, "確認")

        # The address that was refused is put right, and its mail goes again.
        chief.goto(f"{program.url}/admin/dead_addresses/list")
        press(chief, "main tbody a")
        assert "550 5.1.1 5.1.1" not in chief.inner_text("main")
        mailbox.refused = set()
        chief.fill('[name="reason"]', "電話で確認しました。")
        press(chief, 'form[action$="/put-right"] button')
        chief.goto(ledger)
        press(chief, 'form[action*="/again"] button')
        mailbox.wait_for(VIEWER, TITLE)

        # A mail that was sent comes back, once however often it is taken in.
        sent = mailbox.wait_for(DELEGATE, f"お知らせ：{TITLE}")
        returned = mailboxes.mbox(tmp_path / "bounces.mbox")
        returned.add(RETURNED.format(to=DELEGATE, message=sent["Message-ID"]).encode())
        returned.close()
        for known in (0, 1):
            told = program.run("mail", "bounces", str(tmp_path / "bounces.mbox"))
            assert (told.returncode, f"取り込み済み：{known}件" in told.stdout) == (0, True), told
        assert "不達で返送" in read(chief, ledger)

        # Corrected: a second edition, compared with the first, each what it was.
        writer.goto(here)
        press(writer, 'a[href*="/corrections/of/"]')
        writer.fill('[name="reason"]', "停止時刻の訂正")
        press(writer, "main form button.a-button--primary")
        correction = writer.url.removesuffix("/check")
        writer.goto(f"{correction}/pages/text")
        writer.fill('[name="body_ja"]', BODY.replace("17:00", "19:00"))
        press(writer, '.actions button[value="next"]')
        writer.goto(f"{correction}/check")
        assert findings_of(writer) == []
        press(writer, "main form button.button--primary")
        chief.goto(f"{program.url}/admin/applications/{correction.rpartition('/')[2]}")
        take_step(chief, "approve")
        wait_until(chief, here, "新しい版に差替え")
        assert "19:00" in read(chief, f"{here}/compare?a=1&b=2")
        for edition in (1, 2):
            assert "改変なし" in read(chief, f"{here}/editions/{edition}")
        assert program.run("audit", "notices").returncode == 0

        # Withdrawn with a reason: who was mailed is told, and readers see why.
        mailbox.wait_for(ADMINISTRATOR, f"お知らせ：{TITLE}", count=2)
        chief.goto(f"{here}/steps/withdraw")
        chief.fill('[name="reason"]', REASON)
        press(chief, "main form.s-form .a-button--danger")
        assert REASON in text_of(mailbox.wait_for(ADMINISTRATOR, "取り下げ"))
        assert REASON in read(operator, operator.url)
        assert said == []
