"""Steps, consents and paper on the pages of both sides, without JavaScript."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from models.documents.account import Account
from models.documents.base import new_id
from models.services import step_answers
from models.services.applications import save_page
from models.services.site import Site
from models.services.terms import in_force
from models.workflow.definition import MailCall
from tests.app.conftest import Inside
from tests.forms.insiders import sit_down
from tests.forms.tab import Tab
from tests.services.stored import publish
from tests.services.talking import Talk, talk_type, talking

Sit = Callable[[str], Awaitable[Tab]]


async def an_account(site: Site, kind: Any, login: str = "", **keys: Any) -> Account:
    text = in_force(site)
    account = Account(
        accepted_terms=text.version if text else "",
        login=login or f"{kind}-one",
        kind=kind,
        email=f"{login or kind}@example.jp",
        status="active",
        created_at=site.now(),
        **keys,
    )
    await account.insert()
    return account


@pytest_asyncio.fixture
async def talk(inside: Inside) -> Talk:
    return await talking(inside.site)


@pytest_asyncio.fixture
async def own(inside: Inside, talk: Talk) -> Tab:
    """Somebody of the operator, at the record's page."""
    account = await an_account(
        inside.site, "operator", name="田中", roles=["administrator"], operator_id=talk.record.operator_id
    )
    tab = await sit_down(following(inside), inside.site, account)
    return await tab.open(f"/portal/talk/{talk.record.number}")


@pytest_asyncio.fixture
async def staff(inside: Inside, talk: Talk) -> Tab:
    """A reviewer, at the record's page."""
    account = await an_account(inside.site, "staff", name="審査 一郎", roles=["reviewer"])
    tab = await sit_down(following(inside), inside.site, account)
    return await tab.open(f"/admin/talk/detail?pk={talk.record.id}")


def following(inside: Inside) -> Tab:
    client = inside.browser()
    client.follow_redirects = True
    return Tab(client)


async def test_an_operator_fills_in_a_step_and_takes_it_in_two_pages(own: Tab, talk: Talk) -> None:
    assert "ご対応をお待ちしています" in own.text
    await own.press("回答する")
    assert own.path.endswith("/pages/answer"), own.text
    assert "原因を書いてください。" in own.text
    await own.press("次へ")
    assert own.status == 422
    await own.press("次へ", {"cause": "配線の緩み"})
    assert own.path.endswith("/check"), own.text
    await own.press("回答する", {"reason": "至急"})
    assert own.path == f"/portal/talk/{talk.record.number}", own.text
    assert "配線の緩み" in own.text
    assert "提出済み" in own.text
    assert (await talk.again()).lifecycle == "answered"


async def test_the_pages_of_a_step_lead_back_to_the_record_by_its_name(own: Tab, talk: Talk) -> None:
    stored = talk.site.records["talk"].collection
    await stored.update_one({"_id": talk.record.id}, {"$set": {"title": "停止 <1>"}})
    await own.press("回答する")
    assert "← 停止 <1>" in own.text
    await own.press("次へ", {"cause": "配線の緩み"})
    await own.press_link("← 停止 <1>")
    assert own.path == f"/portal/talk/{talk.record.number}"


async def test_what_comes_before_an_application_tells_of_nothing_steps_ask_for(own: Tab) -> None:
    await own.open("/apply/talk")
    assert "最初" in own.text
    assert "TXT" not in own.text


async def test_a_step_says_what_it_is_and_that_it_is_mailed(own: Tab, inside: Inside, talk: Talk) -> None:
    await own.press("回答する")
    assert [each.text for each in own.page.all("h1")] == ["回答する"]
    await own.press("次へ", {"cause": "配線の緩み"})
    assert "メールでお知らせします" not in own.text
    flow = inside.site.lifecycles["talk"]
    call = MailCall(template="record_due_soon", to="operator")
    step = flow.transitions["answer"].model_copy(update={"mail": (call,)})
    flow.transitions["answer"] = step  # type: ignore[index]
    await own.open(own.path)
    assert "メールでお知らせします" in own.text


async def test_a_term_that_ends_with_a_day_is_told_by_that_day(own: Tab, inside: Inside, talk: Talk) -> None:
    for due, told in (
        (datetime(2026, 11, 25, 15, tzinfo=UTC), "2026年11月25日"),
        (datetime(2026, 11, 25, 16, tzinfo=UTC), "2026年11月26日 01:00"),
    ):
        stored = inside.site.records["talk"].collection
        await stored.update_one({"_id": talk.record.id}, {"$set": {"due": due}})
        await own.open(f"/portal/talk/{talk.record.number}")
        assert told in own.text
        assert "00:00" not in own.text


async def test_staff_fill_in_a_step_in_their_frame(own: Tab, staff: Tab, talk: Talk) -> None:
    await own.press("回答する")
    await own.press("次へ", {"cause": "配線の緩み"})
    await own.press("回答する")
    await staff.open(f"/admin/talk/detail?pk={talk.record.id}")
    assert "配線の緩み" in staff.text
    await staff.press("判定する")
    assert "/admin/steps/" in staff.path, staff.text
    (way,) = [nav.text for nav in staff.page.all("nav") if "停止の件" in nav.text]
    assert staff.path.split("/")[3] not in way
    await staff.press("次へ", {"verdict": "追加の調査が必要"})
    assert staff.path.endswith("/check"), staff.text
    await staff.press("判定する")
    assert staff.status == 422
    await staff.press("判定する", {"reason": "写真が要る"})
    assert staff.path == "/admin/talk/detail", staff.text
    assert (await talk.again()).data["verdict"] == "追加の調査が必要"


async def test_both_sides_consent_on_their_pages_and_take_it_back(own: Tab, staff: Tab, talk: Talk) -> None:
    await own.press("回答する")
    await own.press("次へ", {"cause": "配線の緩み"})
    await own.press("回答する")
    await own.press("同意する", {"note": "確認済み"})
    assert "同意済み" in own.text
    await staff.open(f"/admin/talk/detail?pk={talk.record.id}")
    assert "確認済み" in staff.text
    await own.press("同意を取り消す")
    await staff.press("同意する", {"note": "控え"})
    assert [each.party for each in (await talk.again()).consents] == ["staff"]
    await own.press("同意する")
    await staff.open(f"/admin/talk/detail?pk={talk.record.id}")
    await staff.press_link("終える")
    await staff.press("終える")
    assert (await talk.again()).lifecycle == "closed"
    await own.open(f"/portal/talk/{talk.record.number}/history")
    assert "「終える」に同意（事業者）" in own.text
    assert "「終える」への同意を取り消し（事業者）" in own.text


@pytest.mark.slow
async def test_a_consent_that_comes_too_late_keeps_what_was_typed(own: Tab, staff: Tab, talk: Talk) -> None:
    await own.press("回答する")
    await own.press("次へ", {"cause": "配線の緩み"})
    await own.press("回答する")
    await staff.open(f"/admin/talk/detail?pk={talk.record.id}")
    await staff.press("続報を加える")
    await staff.press("次へ", {"notes.0.text": "追記"})
    await staff.press("続報を加える")
    await own.press("同意する", {"note": "長い説明"})
    assert own.status == 409
    assert "長い説明" in own.answer.text
    assert (await talk.again()).consents == []


async def test_what_was_written_is_kept_and_can_be_given_up(own: Tab, talk: Talk) -> None:
    await own.press("回答する")
    await own.press("保存してあとで続ける", {"cause": "書きかけ"})
    assert own.path == f"/portal/talk/{talk.record.number}"
    await own.press_link("記入を続ける")
    assert "書きかけ" in own.text
    await own.press("この記入を取りやめる")
    assert "記入を取りやめました" in own.text
    assert "回答する" in [e.text for e in own.page.all("button")]


@pytest.mark.slow
async def test_a_step_that_became_impossible_says_so_and_keeps_the_words(
    own: Tab, staff: Tab, talk: Talk
) -> None:
    await own.press("回答する")
    await own.press("次へ", {"cause": "書いた言葉"})
    await staff.open(f"/admin/talk/detail?pk={talk.record.id}")
    begun = await step_answers.begin(talk.site, talk.operator, talk.record, "add")
    page = {"notes": [{"text": "先に"}]}
    begun = await save_page(talk.site, talk.operator, begun, "add", page, revision=begun.revision)
    await step_answers.take(talk.site, talk.operator, begun, revision=begun.revision, seen=1)
    await own.press("回答する")
    assert own.status == 409
    assert "書いた言葉" in own.text
    assert "いまは実行できません" in own.text


async def test_paper_has_everything_of_both_sides_and_no_navigation(own: Tab, staff: Tab, talk: Talk) -> None:
    await own.press("回答する")
    await own.press("次へ", {"cause": "配線の緩み"})
    await own.press("回答する")
    for tab, address in (
        (own, f"/portal/talk/{talk.record.number}/print"),
        (staff, f"/admin/talk/print?pk={talk.record.id}"),
    ):
        await tab.open(address)
        assert tab.status == 200
        assert talk.record.number in tab.text
        assert "配線の緩み" in tab.text
        assert "未同意" in tab.text
        assert not tab.page.all("nav")
        assert not tab.page.all("form")
    assert "確認中" in staff.text
    assert "提出済み" not in staff.text


async def test_a_record_leads_to_another_application_with_what_it_says(
    own: Tab, staff: Tab, talk: Talk
) -> None:
    lead = {"type": "talk", "label": {"ja": "続きを始める"}, "answers": {"subject": "$subject"}}
    await publish(talk.site, talk_type(leads_to=[lead]))
    for tab in (own, staff):
        await tab.open(str(tab.answer.url))
        await tab.press("続きを始める")
        assert tab.path.endswith("/pages/first"), tab.text
        assert "停止の件" in tab.answer.text


async def test_nobody_else_finds_the_doors_of_a_record(inside: Inside, own: Tab, talk: Talk) -> None:
    await own.press("回答する")
    draft = own.path
    account = await an_account(
        inside.site, "operator", "other", name="他社", roles=["administrator"], operator_id=new_id()
    )
    other = await sit_down(following(inside), inside.site, account)
    home = f"/portal/talk/{talk.record.number}"
    for path in ("/print", "/steps/answer"):
        assert (await other.open(home + path)).status == 404
    for path in ("/steps/answer", "/consents/close", "/leads/0"):
        assert (await other.post(home + path, [])).status == 404
    assert (await other.open(draft)).status == 404
    assert (await other.post(draft.split("/pages")[0] + "/discard", [])).status == 404
