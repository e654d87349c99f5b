"""Every type of field there is, on one record type: filled in by an operator, checked, reviewed, approved,
then listed, filtered, sorted, found, uncovered and exported."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from app.demo import PASSWORD
from app.opening import configuration_of
from app.settings import Settings
from models.schema.definition import RecordType, walk
from models.schema.fields import TYPE_NAMES
from tests.journey.people import errors_on, faults_of, fill_page, press, shoot, sign_in_staff, take_step
from tests.journey.server import ROOT, Program, running
from tests.services.answers import valid_answers

pytestmark = pytest.mark.browser

MODULES = ",".join(str(ROOT / "fixtures" / name) for name in ("capacity_market", "showcase"))
SECRET = "zettai-himitsu-2027"

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program with the market's demo data and the example type beside it."""
    folder = tmp_path_factory.mktemp("showcase") / "var"
    with running(Program(folder, TOROKU_CONFIG=MODULES)) as program:
        yield program


@pytest.fixture(scope="module")
def showcase(tmp_path_factory: pytest.TempPathFactory) -> RecordType:
    settings = Settings(data=tmp_path_factory.mktemp("configuration"), config=MODULES)
    return configuration_of(settings).record_types["showcase"]


@pytest.fixture
def window(chromium: Browser) -> Iterator[Open]:
    """Opens browsers of their own."""
    contexts = []

    def opener(width: int = 1280, **options: Any) -> Page:
        contexts.append(chromium.new_context(viewport={"width": width, "height": 900}, **options))
        contexts[-1].set_default_timeout(15_000)
        return contexts[-1].new_page()

    yield opener
    for context in contexts:
        context.close()


def test_the_example_has_every_type_of_field(showcase: RecordType) -> None:
    assert {field.type for _path, field in walk(showcase.fields)} == set(TYPE_NAMES)


def sign_in(page: Page, program: Program) -> None:
    page.goto(f"{program.url}/certificate?next=/login")
    page.set_input_files("#file", Path(program.folder) / "demo" / "9A01.pem")
    press(page, "main .button--primary")
    page.fill("#login", "minato-admin")
    page.fill("#password", PASSWORD)
    press(page, "main .button--primary")


def answers_of(showcase: RecordType) -> dict[str, Any]:
    """The example's answers, with what only a site has."""
    more = {
        "drawing": "図面",
        "photos": ["写真一.pdf", "写真二.pdf"],
        "resource": "0000000001",
        "clerk": "minato-admin",
        "password": SECRET,
    }
    return {**valid_answers(showcase), **more}


def fill_in(
    page: Page, showcase: RecordType, answers: dict[str, Any], shots: str, look: bool = True
) -> list[str]:
    """Fill in every page; what was wrong with any of them (`look` needs scripts to run)."""
    faults: list[str] = []
    for number, described in enumerate(showcase.laid_out, 1):
        assert is_at(page, described.name), errors_on(page)
        fill_page(page, showcase, described.fields, answers)
        page.wait_for_timeout(500)
        faults += [f"{described.name}: {fault}" for fault in faults_of(page)] if look else []
        shoot(page, f"{shots}-{number}-{described.name}")
        press(page, '.actions button[value="next"]')
        if is_at(page, described.name):  # an answer led to more questions
            again = (name for name in described.fields if "file" not in showcase.by_name[name].control)
            fill_page(page, showcase, tuple(again), answers)
            press(page, '.actions button[value="next"]')
    assert "/check" in page.url, errors_on(page)
    return faults


def is_at(page: Page, name: str) -> bool:
    return page.url.partition("#")[0].endswith(f"/pages/{name}")


def test_every_field_from_the_form_to_the_export(served: Program, showcase: RecordType, window: Open) -> None:
    # 1. An operator fills in the form in Japanese, and another record in English on a narrow screen.
    operator = window(locale="ja-JP")
    sign_in(operator, served)
    operator.goto(f"{served.url}/apply/showcase")
    press(operator, "main form button.button--primary")
    first = operator.url.split("/applications/")[1].split("/")[0]
    faults = fill_in(operator, showcase, answers_of(showcase), "showcase-ja")
    checked = operator.inner_text("main")
    for text in (
        "見本一号",
        "ミホン",
        "強調",
        "mihon@example.jp",
        "5,000 kW",
        "12.5",
        "2027年4月1日",
        "2027年3月15日 13:45",
        "東京",
        "メール、郵送",
        "海野 花子（ウミノ ハナコ）",
        "〒105-0022 東京都港区海岸一丁目0番0号 みなとビル",
        "K-0001",
        "200,000 円",
        "M-002",
        "4,000 kW",
        "写真二.pdf",
        "みなと",
        "●●●●●●●●",
    ):
        assert text in checked, text
    assert SECRET not in operator.content()
    faults += faults_of(operator)
    shoot(operator, "showcase-ja-check")
    press(operator, "main form button.button--primary")
    assert first in operator.inner_text("main"), errors_on(operator)
    faults += faults_of(operator)
    shoot(operator, "showcase-ja-following")

    narrow = window(320, locale="en-GB", java_script_enabled=False)
    sign_in(narrow, served)
    narrow.goto(f"{served.url}/apply/showcase")
    press(narrow, "main form button.button--primary")
    second = narrow.url.split("/applications/")[1].split("/")[0]
    changed = {
        "short_text": "別の見本",
        "amount": "900000",
        "area": "kyushu",
        "person": {"family": "青木", "given": "次郎", "family_kana": "アオキ", "given_kana": "ジロウ"},
    }
    fill_in(narrow, showcase, {**answers_of(showcase), **changed}, "showcase-en-320", look=False)
    shoot(narrow, "showcase-en-320-check")
    press(narrow, "main form button.button--primary")
    assert second in narrow.inner_text("main"), errors_on(narrow)
    assert faults == []

    # 2. A reviewer reads everything and uncovers the secret; an approver approves.
    reviewer, approver = window(locale="ja-JP"), window(locale="ja-JP")
    sign_in_staff(reviewer, served.url, "reviewer-1", PASSWORD)
    sign_in_staff(approver, served.url, "approver-1", PASSWORD)
    for reference in (first, second):
        decide(reviewer, approver, served, reference)

    # 3. Staff list, filter, sort, find, open and export what is registered.
    base = f"{served.url}/admin/showcase"
    listed(approver, f"{base}/list", ["別の見本", "見本一号"])
    shoot(approver, "showcase-list")
    faults += faults_of(approver)
    filters = {
        "data.area__eq=kyushu": ["別の見本"],
        "data.amount__gte=10000": ["別の見本"],
        "data.amount__lte=10000": ["見本一号"],
        "data.person__startswith=あお": ["別の見本"],
        "data.person__startswith=海": ["見本一号"],
        "data.place__eq=hokkaido": [],
        "data.begins__gte=2027-04-01&data.begins__lte=2027-04-01": ["別の見本", "見本一号"],
        "data.meeting__gte=2027-03-16": [],
        "data.month__lte=2027-03": [],
        "data.has_site__eq=true&data.wishes__eq=post": ["別の見本", "見本一号"],
        "data.total__gte=4001": [],
        "data.resource__given=false": [],
        "sort=data.person__asc": ["別の見本", "見本一号"],
        "sort=data.person__desc": ["見本一号", "別の見本"],
        "sort=data.amount__asc": ["見本一号", "別の見本"],
        f"q={quote('青木')}": ["別の見本"],
        f"q={quote('海岸一丁目')}": ["別の見本", "見本一号"],
        f"q={quote('二号機')}": ["別の見本", "見本一号"],
        f"q={quote(SECRET)}": [],
    }
    for query, titles in filters.items():
        listed(approver, f"{base}/list?{query}", titles)
    approver.goto(f"{base}/list?data.area__eq=tokyo")
    shoot(approver, "showcase-filtered")
    rows = exported(approver)
    assert [row["件名"] for row in rows] == ["見本一号"]
    assert rows[0]["担当者／セイ"] == "ウミノ"
    assert rows[0]["容量"] == "5000"
    assert '"serial": "M-002"' in rows[0]["設備"]
    assert SECRET not in str(rows)
    assert not any("暗証番号" in head for head in rows[0])
    approver.goto(f"{base}/list?data.area__eq=tokyo")
    press(approver, 'table a:has-text("S")')
    shown = approver.inner_text("main")
    for text in ("みなと発電株式会社", "M-002", "強調", "〒105-0022", "200,000 円", "写真二.pdf"):
        assert text in shown, text
    assert SECRET not in approver.content()
    faults += faults_of(approver)
    shoot(approver, "showcase-record")
    uncover(approver)
    assert faults == []

    # 4. The operator sees the record in the portal.
    operator.goto(f"{served.url}/portal/showcase/S00001")
    assert "みなと発電株式会社" in operator.inner_text("main")
    assert SECRET not in operator.content()
    assert faults_of(operator) == []
    shoot(operator, "showcase-portal")


def decide(reviewer: Page, approver: Page, served: Program, reference: str) -> None:
    """Review and approve one application."""
    address = f"{served.url}/admin/applications/{reference}"
    reviewer.goto(address)
    take_step(reviewer, "claim")
    shown = reviewer.inner_text(".r-main")
    for text in ("みなと発電株式会社", "M-002", "強調", "200,000 円", "写真二.pdf", "アオキ|ウミノ"):
        assert any(part in shown for part in text.split("|")), text
    assert SECRET not in reviewer.content()
    assert faults_of(reviewer) == []
    shoot(reviewer, f"showcase-review-{reference}")
    uncover(reviewer)
    reviewer.goto(address)
    assert SECRET not in reviewer.content()
    for box in reviewer.locator('[name="checklist"]').all():
        box.check()
    take_step(reviewer, "propose")
    approver.goto(address)
    take_step(approver, "approve")


def uncover(page: Page) -> None:
    """Have a page's secret shown, with a reason, in the tab of its own that opens."""
    with page.expect_popup() as opening:
        page.click('main a[href*="/secrets/of/"][href*="path=password"]')
    tab = opening.value
    tab.wait_for_load_state()
    assert SECRET not in tab.content()
    tab.fill("#reason", "見本の確認のため")
    press(tab, "main form .a-button--primary")
    assert SECRET in tab.inner_text("main")
    assert faults_of(tab) == []
    shoot(tab, "showcase-uncovered")
    tab.close()


def listed(page: Page, address: str, titles: list[str]) -> None:
    """The list at `address` shows these records in this order."""
    page.goto(address)
    assert page.locator("tbody tr td:nth-child(2)").all_inner_texts() == titles, address


def exported(page: Page) -> list[dict[str, str]]:
    """The rows of the list's export; the line before them says whose they are and what they are for."""
    page.click('a[href*="/export"]')
    page.fill("#purpose", "点検")
    with page.expect_download() as waiting:
        page.click("main form .a-button--primary")
    notice, _, text = Path(waiting.value.path()).read_text(encoding="utf-8-sig").partition("\n")
    assert "取扱注意" in notice
    assert "点検" in notice
    return list(csv.DictReader(io.StringIO(text)))
