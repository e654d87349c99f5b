"""What is typed is never lost: kept while it is typed, beside what another window stored, after the session
has ended; and a page out of turn changes nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from forms.pages import keeping, merging
from models.documents.application import Application
from models.schema.merging import Merged
from models.services.site import Site
from models.services.stops import set_stop
from tests.forms.tab import Tab
from tests.forms.test_filling_in import HOSTILE, PDF, fill_all, stored
from tests.services.conftest import staff

Pairs = list[tuple[str, str]]


def sent_by(tab: Tab, **typed: str) -> Pairs:
    """What the page's form sends with this typed over it."""
    pairs = tab.page.sent(tab.button("次へ進む").inside("form"))
    return [(name, typed.get(name, value)) for name, value in pairs]


async def keep(tab: Tab, **typed: str) -> dict[str, Any]:
    """What the script sends some seconds after the last key; the tab stays where it is."""
    data = dict(sent_by(tab, **typed))
    answer = await tab.client.post(str(tab.answer.url), data={**data, "action": "keep"})
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["cache-control"] == "no-store"
    told: dict[str, Any] = {**answer.json(), "status": answer.status_code}
    return told


async def answers() -> dict[str, Any]:
    return (await stored()).answers


def value(tab: Tab, name: str) -> str:
    found = tab.page.by_id(f"field-{name}")
    assert found is not None
    return found.get("value")


async def test_what_is_typed_is_kept_right_or_wrong_and_no_page_becomes_done(applicant: Tab) -> None:
    told = await keep(applicant, operator_code="だめな番号", operator_name=HOSTILE)
    assert (told["status"], told["kept"], told["said"]) == (200, True, "10:00 に保存しました")
    after = await stored()
    assert (after.answers["operator_code"], after.answers["operator_name"]) == ("だめな番号", HOSTILE)
    assert (after.pages_done, told["revision"]) == ([], after.revision)
    again = await keep(applicant, base=told["base"], operator_code="だめな番号", operator_name=HOSTILE)
    assert (again["kept"], again["revision"]) == (True, after.revision)  # nothing new: nothing is written
    more = await keep(applicant, base=told["base"], operator_code="9A01", operator_name=HOSTILE)
    assert more["kept"]
    await applicant.open(applicant.path)
    assert (value(applicant, "operator_code"), value(applicant, "operator_name")) == ("9A01", HOSTILE)


async def test_what_is_too_long_is_told_and_the_rest_is_kept(applicant: Tab) -> None:
    told = await keep(applicant, operator_code="9A01", operator_name="長" * 30_000)
    assert (told["kept"], "長すぎる" in told["said"]) == (False, True)
    assert (await answers()).get("operator_code") == "9A01"
    assert "operator_name" not in await answers()


async def test_two_windows_on_two_pages_of_a_draft_do_not_meet(applicant: Tab) -> None:
    base = f"/applications/{(await stored()).reference}/pages"
    company = sent_by(applicant, operator_name="みなと発電")
    await applicant.open(f"{base}/location")
    await applicant.press("保存してあとで続ける", {"address": "港区海岸"})
    await applicant.post(f"{base}/company", [*company, ("action", "save")])
    assert applicant.path.endswith("/save")
    assert ((await answers())["address"], (await answers())["operator_name"]) == ("港区海岸", "みなと発電")


async def test_two_windows_on_one_page_keep_what_each_changed(applicant: Tab) -> None:
    address, mine = applicant.path, sent_by(applicant, operator_name="みなと発電")
    assert (await keep(applicant, operator_code="9A01"))["kept"]
    await applicant.post(address, [*mine, ("action", "save")])
    assert applicant.path.endswith("/save")
    assert ((await answers())["operator_code"], (await answers())["operator_name"]) == ("9A01", "みなと発電")


async def both_typed(tab: Tab) -> str:
    """The same question answered in two windows; the tab shows what the later one is told."""
    address, mine = tab.path, sent_by(tab, operator_name="二つ目")
    assert (await keep(tab, operator_name="一つ目"))["kept"]
    await tab.post(address, [*mine, ("action", "next")])
    return address


async def test_one_question_answered_in_two_windows_is_asked_and_neither_answer_lost(applicant: Tab) -> None:
    await both_typed(applicant)
    assert applicant.status == 409
    assert value(applicant, "operator_name") == "二つ目"
    assert "一つ目" in applicant.text
    assert (await answers())["operator_name"] == "一つ目"
    told = await keep(applicant)  # the script decides nothing either
    assert (told["kept"], (await answers())["operator_name"]) == (False, "一つ目")
    await applicant.press("保存してあとで続ける")
    assert (await answers())["operator_name"] == "二つ目"


async def test_the_other_windows_answer_can_be_taken(applicant: Tab) -> None:
    await both_typed(applicant)
    await applicant.press("保存してあとで続ける", {"operator_name__choice": "theirs"})
    assert (await answers())["operator_name"] == "一つ目"
    assert applicant.path.endswith("/save")


async def test_control_without_the_marks_one_window_would_overwrite_the_other(
    applicant: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "merge", lambda *given: Merged(dict(given[2])))
    address, mine = applicant.path, sent_by(applicant, operator_name="みなと発電")
    assert (await keep(applicant, operator_code="9A01"))["kept"]
    await applicant.post(address, [*mine, ("action", "save")])
    assert (await answers()).get("operator_code") is None


async def test_an_ended_session_gives_back_what_was_typed(
    applicant: Tab, open_tab: Callable[[], Tab]
) -> None:
    before, address = await stored(), applicant.path
    typed = [*sent_by(applicant, operator_name=HOSTILE), ("action", "next")]
    stranger = open_tab()
    answer = await stranger.client.post(address, data={"action": "keep", "operator_name": "x"})
    assert (answer.status_code, answer.json()["kept"]) == (404, False)
    assert "ログイン" in answer.json()["said"]
    await stranger.post(address, typed)
    assert (stranger.status, (await stored()).revision) == (404, before.revision)
    assert "失われていません" in stranger.text
    assert [e for e in stranger.page.all("script") if "alert" in e.text] == []
    stranger.client.cookies = applicant.client.cookies  # signed in again in another window
    await stranger.press("もう一度送信する")
    assert (stranger.status, value(stranger, "operator_name")) == (422, HOSTILE)


async def test_an_unknown_application_says_the_same(applicant: Tab, open_tab: Callable[[], Tab]) -> None:
    stranger, other = open_tab(), open_tab()
    await stranger.post(applicant.path, [("operator_name", "x")])
    await other.post("/applications/A2026-999999/pages/company", [("operator_name", "x")])
    assert (stranger.status, stranger.page.shape) == (other.status, other.page.shape)


async def test_while_applicants_only_read_the_script_is_told_why(applicant: Tab, site: Site) -> None:
    chief = await staff(site, "chief", "system_administrator")
    await set_stop(site, chief, None, level="read_only", code=1, text="点検")
    told = await keep(applicant, operator_name="みなと")
    assert (told["status"], told["kept"]) == (503, False)
    assert "operator_name" not in await answers()


def hidden_answer(application: Application) -> Pairs:
    """A page with an answer to a question that is not asked."""
    sent = {"asked": "corporate_number", "corporate_number": "7999901000001", "delegate_scope": "all"}
    return [*sent.items(), ("revision", str(application.revision)), ("action", "save")]


async def test_pages_out_of_turn_change_nothing(applicant: Tab, site: Site) -> None:
    before = await stored()
    base = f"/applications/{before.reference}"
    for page in ("nowhere", "units", "__proto__"):
        await applicant.post(f"{base}/pages/{page}", [("revision", "0"), ("operator_name", "x")])
        assert applicant.status == 404
    await applicant.post(f"{base}/check", [("revision", str(before.revision)), ("state", "approved")])
    assert applicant.status == 422
    hidden = [("asked", "delegate_scope"), ("delegate_scope", "all"), ("corporate_number", "7999901000001")]
    await applicant.post(
        f"{base}/pages/company", [*hidden, ("action", "save"), ("asked", "corporate_number")]
    )
    after = await stored()
    assert (after.state, after.answers) == (before.state, before.answers)


async def test_going_back_after_handing_over_says_so_and_adds_nothing(applicant: Tab, site: Site) -> None:
    address, typed = applicant.path, [*sent_by(applicant, operator_name="あとから"), ("action", "next")]
    await fill_all(applicant, site)
    stale = applicant.page.sent(applicant.button("この内容で提出する").inside("form"))
    await applicant.press("この内容で提出する")
    before = await stored()
    told = await applicant.client.post(address, data={"action": "keep", "operator_name": "あとから"})
    assert (told.status_code, "提出されています" in told.json()["said"]) == (409, True)
    await applicant.post(address, typed)
    assert "先ほどの画面に入力した内容は申請に含まれていません" in applicant.text
    await applicant.post(f"/applications/{before.reference}/check", stale)
    assert await Application.find_one() == before


async def test_files_added_in_two_windows_do_not_undo_each_other(applicant: Tab) -> None:
    address = f"/applications/{(await stored()).reference}/pages/declarations"
    await applicant.open(address)
    await applicant.press("次へ進む", {"pledge_filed": "yes"})
    form = applicant.button("次へ進む").inside("form")
    mine = [*sent_by(applicant), ("action", "save")]
    await applicant.press("保存してあとで続ける", {"effective_from.year": "2031"})
    await applicant.post(address, mine, form, {"pledge_document": ("誓約書.pdf", PDF)})
    assert applicant.path.endswith("/save")
    after = await answers()
    assert (after["pledge_document"]["filename"], after["effective_from"]["year"]) == ("誓約書.pdf", "2031")
    assert keeping.TRIES > 1


async def test_a_stale_check_page_shows_what_changed_before_it_is_handed_over(
    applicant: Tab, site: Site
) -> None:
    first = applicant.path
    await fill_all(applicant, site)
    stale, check = applicant.page.sent(applicant.button("この内容で提出する").inside("form")), applicant.path
    await applicant.open(first)
    assert (await keep(applicant, operator_name="みなと発電第二"))["kept"]
    await applicant.post(check, stale)
    assert (applicant.status, (await stored()).round) == (409, 0)
    assert "みなと発電第二" in applicant.text


async def test_control_a_hidden_answer_would_be_stored_if_it_were_accepted(
    applicant: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "accepted", lambda *given: dict(given[2]))
    await applicant.post(applicant.path, hidden_answer(await stored()))
    assert (await answers()).get("corporate_number") == "7999901000001"
