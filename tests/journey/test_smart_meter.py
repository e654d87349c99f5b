"""Two sides of one record in Chromium: a connection cut and restored by both entries, and reports in both
directions, with the mails that tell of them (R95 to R102)."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app.demo import PASSWORD
from app.mail import text_of
from app.opening import configuration_of
from app.settings import ROOT, Settings
from models.configuration.load import Configuration
from models.schema.definition import RecordType
from tests.journey.mailbox import Mailbox, serving
from tests.journey.people import fill_form, press, sign_in_staff, width_of
from tests.journey.server import Program, running
from tests.journey.visitors import browsing, enter_portal, findings_of

pytestmark = pytest.mark.browser

MODULE = ROOT / "fixtures" / "smart_meter"
GRID, SECURITY = "takuso-desk@grid.example.jp", "soc@mirai-keisoku.example.jp"
MIRAI = ("mirai-user", "7M01.pem")
CONSENT = 'main form[action*="/consent"] button'

EVENT: Mapping[str, Any] = {
    "connection": "C000001",
    "summary": "認証回避の脆弱性",
    "discovered_at": "2026-11-20T09:30",
    "found_in": ["special_meter"],
    "description": "製造者から通知を受けた。",
}
ORDER = {"condition": "1", "scope": ["equipment"], "order_text": "悪用の報告があるため。"}
RESOLVED = {
    "cause": "入力検査の不備",
    "countermeasure": "全台を更新した。",
    "resolved_at": "2026-11-20T21:00",
    "resolution": "再現試験で確認した。",
}
CHECKED = {"reconnected_at": "2026-11-20T23:00", "connection_check": "通信を確認した。"}
REPORT: Mapping[str, Any] = {
    "connection": "C000001",
    "event_type": "terminal_lost",
    "summary": "予備端末の紛失",
    "discovered_at": "2026-11-20T09:30",
    "content": "端末が見当たらない。",
    "place_kinds": ["wireless_terminal"],
    "place": "受電室",
    "reporter_name": "天野 光",
    "reporter_phone": "052-000-0200",
    "impacts": [{"kind": "special_meter", "impact": "影響なし。"}],
    "response_plan": "認証を失効させる。",
}
FOLLOW_UP = {"follow_ups": [{"at": "2026-11-20T12:00", "text": "捜索を続けている。"}]}
SECOND = {
    "cause": "持出し記録の不備",
    "countermeasure": "認証を失効させた。",
    "countermeasure_plan": "台帳を照合する。",
    "prevention": "二人で確認する。",
}


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    return configuration_of(Settings(data=tmp_path_factory.mktemp("read"), config=(MODULE,)))


@pytest.fixture(scope="module")
def post_office() -> Mailbox:
    return Mailbox()


@pytest.fixture
def post(post_office: Mailbox) -> Mailbox:
    """The mails of one journey."""
    post_office.mails.clear()
    return post_office


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, post_office: Mailbox) -> Iterator[Program]:
    """The module as a site of its own, with its demo data."""
    folder = tmp_path_factory.mktemp("desk") / "var"
    with (
        serving(post_office) as port,
        running(Program(folder, smtp=port, TOROKU_CONFIG=str(MODULE))) as started,
    ):
        yield started


@contextmanager
def both(chromium: Browser, desk: Program, **window: Any) -> Iterator[tuple[Page, Page]]:
    """Somebody of the operator and somebody of the grid company, each signed in in a browser of their own."""
    with browsing(chromium, desk.url, **window) as operator, browsing(chromium, desk.url) as grid:
        enter_portal(operator, desk.url, desk.folder / "demo", MIRAI)
        sign_in_staff(grid, desk.url, "grid-reviewer", PASSWORD)
        yield operator, grid


def choose(page: Page, words: str) -> None:
    """Press the button, or follow the link, that is called this."""
    named = page.locator("main").get_by_text(words, exact=True).locator("visible=true").first
    with page.expect_navigation():
        named.click()


def open_menu(page: Page) -> None:
    """On a telephone the places to go to are one line until they are asked for, by keyboard too."""
    places, line = page.locator("#places a"), page.locator("[popovertarget=places]").first
    expect(line).to_contain_text("遮断・再接続")
    expect(places.first).to_be_hidden()
    line.press("Enter")
    expect(places.first).to_be_visible()
    page.keyboard.press("Escape")
    expect(places.first).to_be_hidden()


def send(page: Page) -> None:
    """Press the one button that does it."""
    press(page, "main form :is(.button--primary, .button--danger, .a-button--primary, .a-button--danger)")


def take(
    page: Page,
    words: str,
    form: RecordType | None = None,
    answers: Mapping[str, Any] | None = None,
    **typed: str,
) -> None:
    """Take a step: fill in what it asks for, then confirm it."""
    choose(page, words)
    if form is not None:
        fill_form(page, form, answers or {})
    for name, text in typed.items():
        page.fill(f'[name="{name}"]', text)
    send(page)


def file(page: Page, desk: Program, form: RecordType, answers: Mapping[str, Any]) -> None:
    """Register something as an operator."""
    page.goto(f"{desk.url}/portal/{form.name}/new")
    send(page)
    fill_form(page, form, answers)
    send(page)


def begin_case(page: Page, desk: Program, form: RecordType, answers: Mapping[str, Any]) -> None:
    """Register something about an operator as staff."""
    page.goto(f"{desk.url}/admin/cases/new/{form.name}?q=7M01")
    send(page)
    fill_form(page, form, answers)
    send(page)


def page_in(mailbox: Mailbox, address: str, words: str, count: int = 1) -> str:
    """The page a mail leads to."""
    mail = mailbox.wait_for(address, words, count=count)
    return str(re.findall(r"http\S+/(?:portal|admin)/\S+", text_of(mail))[0])


def test_an_operators_event_is_cut_and_restored_with_both_consents(
    chromium: Browser, desk: Program, post: Mailbox, configuration: Configuration
) -> None:
    """Entry A. The operator has a phone of 320 pixels without JavaScript."""
    kind = configuration.record_types["disconnection"]
    with both(chromium, desk, width=320, java_script_enabled=False) as (operator, grid):
        file(operator, desk, kind.form_of(""), EVENT)
        grid.goto(page_in(post, GRID, "遮断につながるおそれ"))
        take(grid, "遮断を決定し、指示する", kind.form_of("cut_off"), ORDER)
        take(grid, "遮断の完了を記録し、通知する")

        operator.goto(page_in(post, SECURITY, "遮断しました"))
        assert "条件①" in operator.inner_text("main")
        assert width_of(operator) == []
        open_menu(operator)
        take(operator, "遮断の通知を受領した")
        take(operator, "対策の完了を報告する", kind.form_of("complete"), RESOLVED)
        here = operator.url
        press(operator, CONSENT)

        grid.goto(page_in(post, GRID, "対策の完了を報告する"))
        press(grid, CONSENT)
        take(grid, "再接続を指示する")
        take(grid, "接続を確認し、再接続を完了する", kind.form_of("confirm_connection"), CHECKED)
        expect(grid.locator("main")).to_contain_text("遮断時間")

        post.wait_for(SECURITY, "再接続が完了しました")
        operator.goto(here)
        assert "再接続済" in operator.inner_text("main")
        operator.goto(f"{desk.url}/portal/connection/C000001")
        assert "接続中" in operator.inner_text("main")


def test_an_operators_report_is_received_returned_confirmed_and_printed(
    chromium: Browser, desk: Program, post: Mailbox, configuration: Configuration
) -> None:
    """From the operator, who follows up; the grid company returns the second report once."""
    kind = configuration.record_types["incident_report"]
    with both(chromium, desk) as (operator, grid):
        file(operator, desk, kind.form_of(""), REPORT)
        grid.goto(page_in(post, GRID, "第1報"))
        assert "利用事業者 → 一般送配電事業者" in grid.inner_text("main")
        take(grid, "第1報を受領した", kind.form_of("acknowledge"))

        operator.goto(page_in(post, SECURITY, "第1報を受領した"))
        here = operator.url
        take(operator, "続報を送る", kind.form_of("follow_up_later"), FOLLOW_UP)
        take(operator, "第2報（要因・対処方法）を送る", kind.form_of("report_second"), SECOND)
        grid.goto(page_in(post, GRID, "第2報"))
        take(grid, "第2報を差し戻す", reason="原因をもう少し詳しく。")
        assert "原因をもう少し詳しく。" in text_of(post.wait_for(SECURITY, "第2報を差し戻す"))
        operator.goto(here)
        take(
            operator,
            "第2報（要因・対処方法）を送る",
            kind.form_of("report_second"),
            {"cause": "台帳の二重管理"},
        )
        grid.goto(page_in(post, GRID, "第2報", count=2))
        take(grid, "第2報を確認し、完了する")

        operator.goto(here)
        assert findings_of(operator) == []
        choose(operator, "印刷用の表示")
        printed = operator.inner_text("body")
        assert [
            words
            for words in ("台帳の二重管理", "捜索を続けている。", "第1報から完了まで")
            if words not in printed
        ] == []


def test_our_own_vulnerability_is_cut_without_a_report_and_restored(
    chromium: Browser, desk: Program, post: Mailbox, configuration: Configuration
) -> None:
    """Entry B, by the staff; the operator has a phone."""
    kind = configuration.record_types["disconnection"]
    event = {**EVENT, "entry": "own_side", "summary": "公開サーバの脆弱性"}
    with both(chromium, desk, width=360) as (operator, grid):
        begin_case(grid, desk, kind.form_of(""), {**event, "found_in": ["public_server"]})
        take(grid, "遮断を決定し、指示する", kind.form_of("cut_off"), ORDER)
        take(grid, "遮断の完了を記録し、通知する")
        operator.goto(page_in(post, SECURITY, "遮断しました"))
        here = operator.url
        take(operator, "遮断の通知を受領した")
        grid.reload()
        take(grid, "対策の完了を記録し、通知する", kind.form_of("complete_own_side"), RESOLVED)
        press(grid, CONSENT)
        operator.goto(here)
        press(operator, CONSENT)
        press(operator, CONSENT)
        assert "再接続を指示する" not in operator.inner_text("main form")
        press(operator, CONSENT)
        grid.reload()
        take(grid, "再接続を指示する")
        take(grid, "接続を確認し、再接続を完了する", kind.form_of("confirm_connection"), CHECKED)
        take(grid, "終了する")
        operator.goto(here)
        assert "終了" in operator.inner_text("main dl")


def test_a_report_of_the_grid_company_leads_to_a_disconnection(
    chromium: Browser, desk: Program, post: Mailbox, configuration: Configuration
) -> None:
    """To the operator, who acknowledges it by the page of the mail; and from it to the decision to cut."""
    kind, event = (configuration.record_types[name] for name in ("incident_report", "disconnection"))
    with both(chromium, desk) as (operator, grid):
        begin_case(grid, desk, kind.form_of(""), {**REPORT, "summary": "異常な再接続要求"})
        operator.goto(page_in(post, SECURITY, "第1報"))
        assert "一般送配電事業者 → 利用事業者" in operator.inner_text("main")
        take(operator, "第1報を受領した", kind.form_of("acknowledge"), {"operator_notes": "社内で共有済"})
        grid.goto(page_in(post, GRID, "第1報を受領した"))
        assert "社内で共有済" not in grid.inner_text("main")
        choose(grid, "この通報から遮断の判断を始める")
        fill_form(grid, event.form_of(""), {"found_in": ["wireless_terminal"]})
        send(grid)
        operator.goto(f"{desk.url}/portal/disconnection")
        assert "異常な再接続要求" in operator.inner_text("main table")
