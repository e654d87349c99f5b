"""Certificates and losses in the portal and before it, without JavaScript: typed, refused and done."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.certificates import TrialAuthority
from models.documents.account import Account
from models.documents.base import read_id
from models.documents.certificate import Certificate
from models.documents.link import Link
from models.documents.loss import LossReport
from models.documents.stop import Stop
from models.permissions import SYSTEM, Actor
from models.services import loss_answers, using
from models.services.identifying import actor_for
from models.services.links import make_link, token_of
from models.services.site import Site
from models.services.stops import set_stop
from tests.clock import Hands
from tests.forms.tab import Tab
from tests.services.people_of import signed_in, somebody


def pem(site: Site) -> bytes:
    return TrialAuthority(site.now()).issue("second", "Minato")


async def own(site: Site) -> Certificate:
    """The certificate the administrator is connected with."""
    account = await Account.find_one({"login": "minato-admin"})
    assert account is not None
    found = await Certificate.find_one({"operator_id": account.operator_id, "state": "bound"})
    assert found is not None
    return found


async def register(administrator: Tab, site: Site, **typed: str) -> None:
    await administrator.open("/portal/certificates/new")
    await administrator.press("登録する", typed, {"file": ("second.pem", pem(site))})


async def test_a_certificate_is_registered_named_and_listed(administrator: Tab, site: Site) -> None:
    await register(administrator, site)
    assert (administrator.status, list(administrator.errors())) == (422, ["#label"])
    await register(administrator, site, label="営業 3 号機", holder="minato-admin")
    assert administrator.path == "/portal/certificates"
    for words in ("証明書を登録しました", "営業 3 号機", "登録済み（未使用）", "海野 花子 (minato-admin)"):
        assert words in administrator.text
    second = await Certificate.find_one({"label": "営業 3 号機"})
    assert second is not None
    await administrator.open(f"/portal/certificates/{second.id}")
    await administrator.press("変更を保存", {"label": " "})
    assert list(administrator.errors()) == ["#label"]
    await administrator.press("変更を保存", {"label": "総務 1 号機"})
    assert "総務 1 号機" in administrator.text


@pytest.mark.slow
async def test_a_file_that_cannot_be_registered_is_told_at_its_field_and_the_rest_is_kept(
    administrator: Tab, site: Site
) -> None:
    key = b"-----BEGIN EC PRIVATE KEY-----\n"
    await administrator.open("/portal/certificates/new")
    await administrator.press("登録する", {"label": "新しい端末"}, {"file": ("x.key", key)})
    assert (administrator.status, list(administrator.errors())) == (422, ["#file"])
    assert [e.get("value") for e in administrator.page.all("input") if e.get("id") == "label"] == [
        "新しい端末"
    ]


@pytest.mark.slow
async def test_the_password_is_asked_before_a_certificate_is_registered(
    administrator: Tab, site: Site, hands: Hands
) -> None:
    hands.forward(seconds=timedelta(minutes=16).total_seconds())
    await administrator.open("/portal/certificates/new")
    assert administrator.path == "/confirm"


@pytest.mark.slow
async def test_a_certificate_is_retired_but_not_the_one_in_use(administrator: Tab, site: Site) -> None:
    first = await own(site)
    await administrator.open(f"/portal/certificates/{first.id}")
    await administrator.press("利用を終了する", {"reason": "更新のため"})
    assert (administrator.status, "現在この証明書で接続しています" in administrator.text) == (409, True)
    assert "更新のため" in administrator.text
    await register(administrator, site, label="2", replaces=str(first.id))
    second = await Certificate.find_one({"label": "2"})
    assert second is not None
    await administrator.open(f"/portal/certificates/{second.id}")
    await administrator.press("利用を終了する", {"reason": "誤って登録した"})
    assert administrator.path == "/portal/certificates"
    assert "誤って登録した" in administrator.text


@pytest.mark.slow
async def test_several_people_at_one_certificate_are_warned_of_in_the_portal(
    administrator: Tab, site: Site
) -> None:
    first = await own(site)
    await administrator.open("/portal/certificates")
    assert "複数の方が使用しています" not in administrator.text
    viewer = await Account.find_one({"operator_id": first.operator_id, "login": {"$ne": "minato-admin"}})
    assert viewer is not None
    await using.note_use(site, actor_for(viewer, "", first.fingerprint))
    await administrator.open("/portal/certificates")
    assert "一つの証明書を複数の方が使用しています" in administrator.text


@pytest.mark.slow
async def test_of_another_operator_nothing_is_found(administrator: Tab, site: Site) -> None:
    first = await own(site)
    other = await Certificate.find_one({"state": "bound", "operator_id": {"$ne": first.operator_id}})
    assert other is not None
    assert (await administrator.open(f"/portal/certificates/{other.id}")).status == 404
    for address in (f"/portal/certificates/{other.id}", f"/portal/certificates/{other.id}/retire"):
        assert (await administrator.post(address, [("reason", "x"), ("revision", "0")])).status == 404
    made = await LossReport(
        number="L2026-99999",
        kind="certificate",
        operator_id=other.operator_id,
        noticed_at=site.now(),
        what="theirs",
        reporter=SYSTEM.person,
        key="k",
        created_at=site.now(),
    ).insert()
    for method in (administrator.open, lambda path: administrator.post(path, [("text", "x")])):
        assert (await method(f"/portal/losses/{made.number}")).status == 404


async def test_a_loss_is_reported_while_the_service_is_closed(administrator: Tab, site: Site) -> None:
    await register(administrator, site, label="紛失した端末")
    second = await Certificate.find_one({"label": "紛失した端末"})
    assert second is not None
    chief, roles = await Account.find_one({"login": "system-1"}), frozenset({"system_administrator"})
    assert chief is not None
    root = Actor(kind="staff", account_id=chief.id, roles=roles, confirmed_at=site.now())
    await set_stop(site, root, None, level="closed", code=3, text="地震のため")
    await site.switchboard.refresh()
    assert (await administrator.open("/portal/applications")).status == 503  # the control
    await administrator.open("/portal/losses/new")
    await administrator.press("届け出る")
    assert list(administrator.errors()) == ["#kind", "#items", "#what"]
    typed = {"kind": "certificate", "items": f"certificate:{second.id}", "what": "電車に置き忘れた"}
    await administrator.press("届け出る", typed)
    assert administrator.path.startswith("/portal/losses/L")
    assert "届出を受け付け" in administrator.text
    kept = await Certificate.get(second.id)
    assert kept is not None
    assert kept.state == "suspended"
    assert await Stop.find_all().count() == 1


@pytest.mark.slow
async def test_instructions_are_read_and_answered(administrator: Tab, site: Site) -> None:
    await administrator.open("/portal/losses/new")
    typed = {"kind": "medium", "words": "USB トークン", "what": "見当たらない"}
    await administrator.press("届け出る", typed)
    number = administrator.path.rsplit("/", 1)[1]
    desk = Actor(kind="staff", name="運用", account_id=read_id("0" * 24), roles=frozenset({"approver"}))
    await loss_answers.instruct(site, desk, number, "<b>警察</b>へ届け出てください。")
    await administrator.open(f"/portal/losses/{number}")
    for words in ("電力広域的運営推進機関", "<b>警察</b>へ届け出てください。", "指示済み"):
        assert words in administrator.text
    assert "運用" not in administrator.text  # who of the staff wrote it is not told
    await administrator.press("連絡を送信", {"text": " "})
    assert list(administrator.errors()) == ["#text"]
    await administrator.press("連絡を送信", {"text": "届け出ました。"})
    assert "届け出ました。" in administrator.text


@pytest.mark.slow
async def test_who_reports_what_they_are_signed_in_with_is_signed_out_and_told_how_to_go_on(
    administrator: Tab, site: Site
) -> None:
    first = await own(site)
    await administrator.open("/portal/losses/new")
    typed = {"kind": "certificate", "items": f"certificate:{first.id}", "what": "盗まれた"}
    await administrator.press("届け出る", typed)
    assert (administrator.status, "今後の流れ" in administrator.text) == (200, True)
    assert (await administrator.open("/portal/losses")).path == "/login"


async def test_who_cannot_sign_in_reports_outside_and_the_administrator_confirms_by_link(
    open_tab: Callable[[], Tab], administrator: Tab, site: Site
) -> None:
    stranger, first = open_tab(), await own(site)
    await stranger.open("/losses/new")
    await stranger.press("届け出る")
    assert list(stranger.errors()) == ["#code", "#name", "#kind", "#words", "#what", "#contact"]
    typed = {"kind": "medium", "words": "ノートPC", "what": "盗まれた", "name": "港 太郎", "contact": "090"}
    said = []
    for code in ("nobody", "9A01"):
        await stranger.open("/losses/new")
        await stranger.press("届け出る", {**typed, "code": code})
        said.append(stranger.text)
    assert said[0] == said[1]
    (link,) = await Link.find({"purpose": "confirm_loss"}).to_list()
    address = f"/links/{token_of(site, link.id)}"
    await stranger.open(address)
    await stranger.press("選択したものを停止する")
    assert list(stranger.errors()) == ["#items"]
    await stranger.press("選択したものを停止する", {"items": f"certificate:{first.id}"})
    assert "利用を停止し、担当者へ通知しました" in stranger.text
    assert (await stranger.open(address)).status == 410
    assert (await administrator.open("/portal")).path == "/login"


async def test_a_loss_is_confirmed_by_its_link_while_the_service_is_closed_and_no_other_link_opens(
    open_tab: Callable[[], Tab], administrator: Tab, site: Site
) -> None:
    stranger, first = open_tab(), await own(site)
    typed = {"kind": "medium", "words": "ノートPC", "what": "盗まれた", "name": "港 太郎", "contact": "090"}
    await stranger.open("/losses/new")
    await stranger.press("届け出る", {**typed, "code": "9A01"})
    (link,) = await Link.find({"purpose": "confirm_loss"}).to_list()
    account = await Account.find_one({"login": "minato-admin"})
    assert account is not None
    other = await make_link(site, "set_password", None, account_id=read_id(account.id))
    password = f"/links/{token_of(site, other.id)}"
    assert (await stranger.open(password)).status == 200  # control: while it is open
    chief = await somebody(site, None, "system_administrator")
    await set_stop(site, signed_in(site, chief), None, level="closed", code=3, text="停電")
    await site.switchboard.refresh()
    assert (await stranger.open(password)).status == 503
    phrase = "a long enough pass phrase"
    assert (await stranger.post(password, [("password", phrase), ("again", phrase)])).status == 503
    await stranger.open(f"/links/{token_of(site, link.id)}")
    await stranger.press("選択したものを停止する", {"items": f"certificate:{first.id}"})
    assert (stranger.status, "利用を停止し、担当者へ通知しました" in stranger.text) == (200, True)
