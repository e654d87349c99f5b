"""A signed-in operator's pages, without JavaScript: records, users, notices, a resource with its rows."""

import pytest

from models.documents.account import Account
from models.documents.application import Application
from models.documents.message import Message
from models.services.site import Site
from tests.clock import Hands
from tests.forms.tab import Tab


async def test_signing_in_leads_to_the_page_asked_for(administrator: Tab) -> None:
    assert administrator.path == "/portal"
    assert "海野 花子" in administrator.text


async def test_every_cause_of_a_failed_sign_in_looks_the_same(tab: Tab) -> None:
    told = []
    for login in ("minato-admin", "nobody"):
        await tab.open("/login")
        await tab.press("ログイン", {"login": login, "password": "wrong password"})
        assert tab.status == 401
        assert "wrong password" not in tab.answer.text
        told.append(list(tab.errors().values()))
    assert told[0] == told[1]


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/%09/evil.example",
        "evil",
    ],
)
async def test_signing_in_never_leads_to_another_site(tab: Tab, wanted: str) -> None:
    await tab.open(f"/login?next={wanted}")
    form = tab.button("ログイン").inside("form")
    assert dict(tab.page.sent(form))["next"] == "/portal"


async def test_without_signing_in_the_portal_leads_to_the_sign_in(tab: Tab) -> None:
    await tab.open("/portal/resource?x=1")
    assert tab.path == "/login"
    assert tab.answer.url.params["next"] == "/portal/resource?x=1"


async def test_signing_out_ends_the_session(administrator: Tab) -> None:
    await administrator.press("ログアウト")
    await administrator.open("/portal")
    assert administrator.path == "/login"


async def test_a_resource_is_applied_for_with_rows_added_and_removed(administrator: Tab, site: Site) -> None:
    await administrator.open("/portal/resource/new")
    assert administrator.path == "/apply/resource"
    await administrator.press("申請を始める")
    await administrator.press(
        "次へ進む",
        {
            "auction_type": "main",
            "delivery_fiscal_year": "2030",
            "resource_name": "みなと第二発電所",
            "resource_class": "stable",
            "area": "tokyo",
        },
    )
    application = await Application.find_one({"type": "resource", "state": "draft"})
    assert application is not None
    assert application.answers["resource_name"] == "みなと第二発電所"
    address = f"/applications/{application.reference}/pages/equipment"
    await administrator.open(address)
    await administrator.press("行を追加", {"units.0.unit_name": "1号機"})
    await administrator.press("行を追加", {"units.1.unit_name": "2号機"})
    names = [e.get("value") for e in administrator.page.controls if e.get("name").endswith(".unit_name")]
    assert names == ["1号機", "2号機", ""]
    button = next(e for e in administrator.page.all("button") if e.get("value") == "remove:units:0")
    form = button.inside("form")
    await administrator.post(address, [*administrator.page.sent(form), ("action", "remove:units:0")], form)
    await administrator.press("次へ進む", {"units.0.installed_capacity_kw": "たくさん"})
    assert "#field-units-0-installed_capacity_kw" in administrator.errors()
    kept = [e.get("value") for e in administrator.page.controls if e.get("name").endswith(".unit_name")]
    assert kept == ["2号機"]


async def test_records_are_listed_and_read_and_a_change_begins_from_what_is_in_force(
    administrator: Tab,
) -> None:
    await administrator.open("/portal/resource")
    links = [e.get("href") for e in administrator.page.all("a") if "/portal/resource/0" in e.get("href")]
    assert links
    await administrator.open(links[0])
    assert "登録番号" in administrator.text
    await administrator.press_link("変更申請")
    await administrator.press("申請を始める")
    assert "/pages/" in administrator.path
    assert administrator.page.by_id("field-resource_name") is not None
    await administrator.open(links[0])
    assert "手続き中の申請があります" in administrator.text


async def test_a_change_of_the_operator_needs_the_terms_again(administrator: Tab) -> None:
    await administrator.open("/portal")
    await administrator.press_link("登録内容を見る")
    await administrator.press_link("変更申請")
    await administrator.press("申請を始める")
    assert "#accept" in administrator.errors()
    await administrator.press("申請を始める", {"accept": "yes"})
    assert administrator.path.endswith("/pages/company")
    name = administrator.page.by_id("field-operator_name")
    assert name is not None
    assert name.get("value")


async def test_another_operators_record_is_not_there(administrator: Tab) -> None:
    """Control: the operator's own has every page but that of a file there is none of."""
    for place in ("", "/history", "?version=1", "/files/0123456789abcdef01234567", "/change", "/anything"):
        await administrator.open(f"/portal/operator/00000002{place}")
        assert administrator.status == 404, place
        await administrator.open(f"/portal/operator/00000001{place}")
        gone = place.startswith(("/files", "/anything"))
        assert administrator.status == (404 if gone else 200), place


async def test_a_user_is_issued_and_told_by_mail_and_invited_again_after_a_while(
    administrator: Tab, hands: Hands
) -> None:
    await administrator.open("/portal/users")
    await administrator.press("発行する", {"name": "", "email": "x@example.jp"})
    assert "#name" in administrator.errors()
    await administrator.press("発行する", {"name": "灯 三郎", "email": "akari@example.jp"})
    assert "ユーザを発行し" in administrator.text
    assert "灯 三郎" in administrator.text
    assert await Account.find({"email": "akari@example.jp"}).count() == 1
    await administrator.press("もう一度招待する")
    assert (administrator.status, "10 分ほどお待ちください" in administrator.text) == (429, True)
    hands.forward(minutes=11)
    await administrator.open("/portal/users")
    await administrator.press("もう一度招待する")
    assert "もう一度送りました" in administrator.text
    sent = await Message.find({"to_address": "akari@example.jp"}).to_list()
    assert len(sent) == 2
    assert all("みなと発電株式会社の管理者により" in (message.body or "") for message in sent)
    await administrator.post("/portal/users/invite", [("login", "minato-admin")])
    assert administrator.status == 404


async def test_notices_for_operators_are_read_in_the_portal_only(administrator: Tab) -> None:
    await administrator.open("/portal/notices")
    theirs = [e.get("href") for e in administrator.page.all("a") if "/portal/notices/" in e.get("href")]
    await administrator.open("/notices")
    public = [e.get("href") for e in administrator.page.all("a") if e.get("href").startswith("/notices/")]
    assert len(theirs) > len(public)
    await administrator.open(theirs[0])
    assert administrator.status == 200


async def test_personal_pages_are_kept_by_no_cache(administrator: Tab) -> None:
    for address in ("/portal", "/portal/users", "/login", "/portal/resource"):
        await administrator.open(address)
        assert administrator.answer.headers["cache-control"] == "no-store"
