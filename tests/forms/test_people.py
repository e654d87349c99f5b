"""The pages about users, delegates and reviews, without JavaScript."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from app.demo import PASSWORD
from forms.pages.portal import user as user_pages
from models.documents.account import Account, Lock
from models.documents.application import Application
from models.documents.base import new_id
from models.documents.link import Link
from models.documents.session import BrowserSession
from models.services import recertifying
from models.services.links import token_of
from models.services.site import Site
from tests.clock import Hands
from tests.forms.conftest import present
from tests.forms.tab import Tab
from tests.services.people_of import signed_in, somebody


async def account(login: str) -> Account:
    found: Account | None = await Account.find_one({"login": login})
    assert found is not None
    return found


async def set_values(login: str, **values: object) -> None:
    await Account.raw().update_one({"login": login}, {"$set": values})


async def sign_in(tab: Tab, tmp_path: Path, login: str) -> Tab:
    """Somebody of the demo operator, over its certificate."""
    await present(tab, (tmp_path / "9A01.pem").read_bytes(), "/login")
    return await tab.press("ログイン", {"login": login, "password": PASSWORD})


async def test_the_list_leads_to_each_user_and_says_who_is_locked_and_why(
    administrator: Tab, site: Site
) -> None:
    lock = Lock(reason="password", at=site.now(), address="192.0.2.9")
    await set_values("minato-viewer", lock=lock.model_dump())
    await administrator.open("/portal/users")
    assert "minato-delegate" not in administrator.text
    await administrator.press_link("minato-viewer")
    assert "誤ったパスワードが5回続けて入力されました" in administrator.text
    assert "192.0.2.9" in administrator.text
    await administrator.press("ロックを解除する", {"reason": ""})
    assert (administrator.status, list(administrator.errors())) == (422, ["#reason"])
    await administrator.press("ロックを解除する", {"reason": "本人に確認"})
    assert "ロックを解除しました" in administrator.text
    assert (await account("minato-viewer")).lock is None


@pytest.mark.slow
async def test_a_user_is_stopped_let_go_on_reissued_and_removed(administrator: Tab) -> None:
    await administrator.open("/portal/users/minato-viewer")
    await administrator.press("アカウントを停止する", {"reason": "休職 <b>"})
    assert "休職 <b>" in administrator.text
    assert "<b>" not in str(administrator.answer.content.decode().split("休職")[1][:10])
    await administrator.press("再開する", {"reason": "復職"})
    await administrator.press("パスワードを再発行する", {"reason": "失念"})
    assert "パスワード未設定" in administrator.text
    await administrator.press("アカウントを削除する", {"reason": "退職"})
    assert (await account("minato-viewer")).status == "deleted"
    assert not [e for e in administrator.page.all("button") if "停止" in e.text]
    await administrator.open("/portal/users")
    assert "削除済みのユーザ（1人）" in administrator.text


@pytest.mark.slow
async def test_a_change_over_somebody_elses_keeps_what_was_typed(administrator: Tab) -> None:
    await administrator.open("/portal/users/minato-viewer")
    await set_values("minato-viewer", name="浜田 しずか")
    await administrator.press("変更を保存する", {"name": "浜田 志津香", "role": "user"})
    assert administrator.status == 409
    assert [e.get("value") for e in administrator.page.all("input") if e.get("name") == "name"] == [
        "浜田 志津香"
    ]
    await administrator.open("/portal/users/minato-viewer")
    await administrator.press("変更を保存する", {"name": "浜田 志津香", "role": "user"})
    assert ((await account("minato-viewer")).name, (await account("minato-viewer")).roles) == (
        "浜田 志津香",
        ["user"],
    )


@pytest.mark.slow
async def test_a_new_address_is_confirmed_by_the_link_sent_there(administrator: Tab, site: Site) -> None:
    await administrator.open("/portal/users/minato-viewer")
    await administrator.press("確認用のリンクを送る", {"email": "info@minato.example.jp"})
    assert set(administrator.errors()) == {"#email", "#natural"}
    await administrator.press("確認用のリンクを送る", {"natural": "yes"})
    assert "info@minato.example.jp は、送付したリンクによる確認を待っています" in administrator.text
    link = await Link.find_one({"purpose": "confirm_address"})
    assert link is not None
    await administrator.open(f"/links/{token_of(site, link.id)}")
    assert (await account("minato-viewer")).email != "info@minato.example.jp"
    await administrator.press("このアドレスを使用する")
    assert (await account("minato-viewer")).email == "info@minato.example.jp"
    await administrator.open(f"/links/{token_of(site, link.id)}")
    assert administrator.status == 410


@pytest.mark.slow
async def test_the_administration_is_handed_over(administrator: Tab) -> None:
    await administrator.open("/portal/users/minato-viewer")
    await administrator.press("管理者を交代する")
    assert administrator.path == "/portal"
    assert "管理者を交代しました" in administrator.text
    assert (await account("minato-viewer")).roles == ["administrator"]
    await administrator.open("/portal/users")
    assert administrator.status == 403


@pytest.mark.slow
async def test_a_sensitive_act_asks_for_the_password_and_then_does_it(
    administrator: Tab, hands: Hands
) -> None:
    await administrator.open("/portal/users/minato-viewer")
    hands.forward(minutes=16)
    await administrator.press("アカウントを停止する", {"reason": "休職"})
    assert administrator.status == 403
    assert (await account("minato-viewer")).status == "active"
    field = next(e for e in administrator.page.all("input") if e.get("type") == "password")
    button = next(e.text for e in administrator.page.all("button") if e.inside("main"))
    await administrator.press(button.strip(), {field.get("name"): PASSWORD})
    assert (await account("minato-viewer")).status == "suspended"


@pytest.mark.slow
async def test_other_operators_people_are_not_there(administrator: Tab, site: Site) -> None:
    other = await somebody(site, new_id(), "user", login="U9999999")
    for address in ("/portal/users/U9999999", "/portal/users/reviewer-1", "/portal/users/nobody"):
        await administrator.open(address)
        assert administrator.status == 404, address
        for act in user_pages.DEEDS:
            await administrator.post(f"{address}/{act}", [("reason", "理由"), ("name", "a b")])
            assert administrator.status == 404, (address, act)
    await administrator.post("/portal/users/minato-viewer/anything", [])
    assert administrator.status == 404
    assert (await account(other.login)).status == "active"


async def test_a_delegate_is_named_acts_within_its_scope_and_is_ended(
    administrator: Tab, site: Site, tmp_path: Path, open_tab: Callable[[], Tab]
) -> None:
    await administrator.open("/portal/delegates")
    await administrator.press("受託者を登録する", {"organisation": "別の事務所"})
    assert set(administrator.errors()) == {"#types", "#ends", "#confirmed"}
    last = (site.today() + timedelta(days=90)).isoformat()
    typed = {
        "name": "代理 花",
        "email": "hana@dairi.example.jp",
        "every": "yes",
        "ends": last,
        "confirmed": "1",
    }
    await administrator.press("受託者を登録する", typed)
    assert "受託者を登録しました" in administrator.text
    assert "別の事務所" in administrator.text
    theirs = open_tab()
    await sign_in(theirs, tmp_path, "minato-delegate")
    assert "代田 理 (みなと代理事務所)" in theirs.text
    await theirs.open("/portal")
    assert "/portal/operator/00000001" not in theirs.answer.text, "a link to what is not within its scope"
    await administrator.open("/portal")
    assert "/portal/operator/00000001" in administrator.answer.text
    for address, status in (("/portal/resource", 200), ("/portal/operator", 404), ("/portal/users", 403)):
        await theirs.open(address)
        assert theirs.status == status, address
    await administrator.open("/portal/users/minato-delegate")
    await administrator.press("終了する", {"reason": "契約の終了"})
    assert "終了" in administrator.text
    await theirs.open("/portal/resource")
    assert theirs.path == "/login"
    assert await BrowserSession.find({"account_id": (await account("minato-delegate")).id}).count() == 0


@pytest.mark.slow
async def test_a_user_who_only_reads_is_shown_no_way_to_apply(
    administrator: Tab, tmp_path: Path, open_tab: Callable[[], Tab]
) -> None:
    theirs = open_tab()
    await sign_in(theirs, tmp_path, "minato-viewer")
    await theirs.open("/portal/resource")
    assert theirs.status == 200
    await theirs.open("/portal/resource/new")
    await theirs.post("/apply/resource", [("accept", "yes")])
    assert theirs.status in (403, 404)
    assert await Application.find({"type": "resource", "state": "draft"}).count() == 0


@pytest.mark.slow
async def test_a_review_is_answered_account_by_account(administrator: Tab, site: Site) -> None:
    root = signed_in(site, await somebody(site, None, "system_administrator"))
    day = (site.today() + timedelta(days=10)).isoformat()
    await recertifying.begin_round(site, root, "operators", day, "年に一度の点検です。")
    await administrator.open("/portal")
    assert "アカウントを見る" in administrator.text
    await administrator.open("/portal/reviews")
    await administrator.open(_first_link(administrator))
    assert "年に一度の点検です。" in administrator.text
    lines = {e.get("id"): e.get("value") for e in administrator.page.all("input") if e.get("name") == "lines"}
    first, second = lines.values()
    await administrator.press("停止する", {"lines": first})
    assert set(administrator.errors()) == {"#reason"}
    await administrator.press("引き続き必要", {"lines": first})
    assert "2件中1件を判断済み" in administrator.text
    await administrator.press("停止する", {"lines": second, "reason": "退職"})
    assert "この点検は終了しました" in administrator.text
    assert await Account.find({"status": "suspended"}).count() == 1
    await administrator.open(f"/portal/reviews/{new_id()}")
    assert administrator.status == 404


def _first_link(tab: Tab) -> str:
    return next(e.get("href") for e in tab.page.all("a") if e.get("href").startswith("/portal/reviews/"))


@pytest.mark.slow
async def test_who_has_what_is_a_file_of_ones_own_operator(administrator: Tab) -> None:
    await administrator.open("/portal/users/list.csv")
    assert administrator.answer.headers["content-disposition"].startswith("attachment")
    assert administrator.answer.headers["cache-control"] == "no-store"
    told = administrator.answer.content.decode("utf-8-sig")
    assert "みなと代理事務所" in told
    assert "reviewer-1" not in told


@pytest.mark.slow
async def test_a_delegate_and_a_viewer_see_no_page_about_people(
    administrator: Tab, tmp_path: Path, open_tab: Callable[[], Tab]
) -> None:
    for login in ("minato-delegate", "minato-viewer"):
        theirs = await sign_in(open_tab(), tmp_path, login)
        for address in ("users", "users/minato-admin", "users/list.csv", "delegates", "reviews"):
            await theirs.open(f"/portal/{address}")
            assert theirs.status in (403, 404), (login, address)
