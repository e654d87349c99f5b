"""When applications are received, as visitors see it: periods, the gate, sending outside the hours."""

from collections.abc import Callable
from datetime import date, time

import pytest
from starlette.applications import Starlette

from app.settings import Settings
from models.configuration.calendar import SingleDay
from models.documents.application import Application
from models.services.site import Site
from tests.clock import Hands
from tests.forms.tab import Tab
from tests.forms.test_filling_in import fill_all, stored
from tests.services.test_windows import bind, open_, tokyo

PERIODS = [
    {"opens": "2026-11-02 09:00", "closes": "2026-11-06 18:00"},
    {"opens": "2026-11-16 09:00", "closes": "2026-11-26 18:00", "label": {"ja": "秋の回", "en": "Autumn"}},
]
OVER = PERIODS[:1]


@pytest.fixture(autouse=True)
def strict(site: Site, program: tuple[Starlette, Settings]) -> Site:
    """The program's site with its hours, and a window operators are bound to."""
    program[0].state.site = open_(bind(site), periods=PERIODS)
    served: Site = program[0].state.site
    return served


async def test_what_is_typed_is_saved_when_the_service_closes_and_sent_when_it_is_open(
    applicant: Tab, site: Site, hands: Hands
) -> None:
    await fill_all(applicant, site)
    check = applicant.path
    hands.now = tokyo("11-20 17:30:00")
    await applicant.open(check)
    assert "本日の受付時間は2026年11月20日（金）18:00までです" in applicant.text
    hands.now = tokyo("11-20 18:00:00")
    await applicant.press("この内容で提出する")
    assert (applicant.status, applicant.path) == (409, check)
    assert "2026年11月24日（火）09:00から提出できます" in applicant.text
    assert (await stored()).state == "draft"
    await applicant.open(f"{check.removesuffix('check')}pages/company")
    assert "入力と保存はいつでもできます" in applicant.text
    await applicant.press("保存して", {"operator_name": "夜間電力株式会社"})
    assert (await stored()).answers["operator_name"] == "夜間電力株式会社"
    site.calendar.take({date(2026, 11, 20): SingleDay(True, time(9), time(20))})  # the staff prolong the day
    await applicant.open(check)
    assert "入力と保存はいつでもできます" not in applicant.text
    await applicant.press("この内容で提出する")
    assert (await stored()).state == "submitted"


async def test_the_gate_says_when_it_can_be_applied_for(tab: Tab) -> None:
    await tab.open("/apply/operator")
    assert "締切まであと 3 営業日" in tab.text
    assert "2026年11月26日（木）18:00まで" in tab.text
    assert "平日 09:00〜18:00 に受け付けます" in tab.text
    assert "25 分ほどで終わります" in tab.text


async def test_a_closed_gate_offers_nothing_and_takes_nothing(
    tab: Tab, site: Site, program: tuple[Starlette, Settings]
) -> None:
    program[0].state.site = open_(site, periods=OVER)
    await tab.open("/apply/operator")
    assert "いまは申請を始められません" in tab.text
    assert not [button for button in tab.page.all("button") if "申請を始める" in button.text]
    await tab.post("/apply/operator", [("accept", "yes")])
    assert tab.status == 409
    assert "2026年11月6日（金）18:00に終了しました" in tab.text
    assert await Application.find_one() is None
    await tab.open("/")
    assert "受付終了" in tab.text
    assert not [link for link in tab.page.all("a") if link.get("href") == "/apply/operator"]


async def test_the_periods_are_told_in_order_and_in_both_languages(tab: Tab, hands: Hands) -> None:
    await tab.open("/windows")
    words = tab.text
    assert "ただいま受付中です（2026年11月20日（金）18:00まで）" in words
    assert words.index("秋の回") < words.index("2026年11月6日（金）18:00")
    hands.now = tokyo("11-28 12:00:00")
    await tab.open("/windows", **{"accept-language": "en"})
    assert "No application period is open now." in tab.text
    assert "Closed now. Opens Monday 30 November 2026, 09:00." in tab.text


async def test_calendars_are_handed_out_to_everybody_and_the_own_one_to_its_operator(
    open_tab: Callable[[], Tab], administrator: Tab
) -> None:
    await administrator.open("/portal/windows.ics")
    assert administrator.answer.headers["content-type"] == "text/calendar; charset=utf-8"
    stranger = open_tab()
    await stranger.open("/windows.ics?language=en")
    lines = stranger.answer.text.splitlines()
    assert {
        "SUMMARY:Autumn intake",
        "DTEND:20261126T090000Z",
        "UID:intake-20261116T0900@127.0.0.1:8000",
    } <= set(lines)
    assert stranger.answer.headers["cache-control"] == "no-store"
    await stranger.open("/portal/windows.ics")
    assert stranger.path == "/login"
