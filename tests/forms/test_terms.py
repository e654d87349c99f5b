"""The gate before the portal, what is told of a change, and declarations, as an operator's people see it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.main import create_app
from app.middleware.acceptance import is_open
from app.settings import Settings
from forms.site import routes
from models.documents.account import Account
from models.documents.declaration import Declaration
from models.documents.event import Event
from models.documents.record import Record
from models.documents.terms import Acceptance
from models.language import Text
from models.services import confirmations, terms
from models.services.rights import rights
from models.services.site import Site
from tests.forms.tab import Tab
from tests.services.conftest import staff
from tests.services.test_terms import published

STAYS_OPEN = {
    *("/", "/terms", "/terms/history", "/terms/{version}", "/terms/{version}/changes"),
    *("/notices", "/notices.atom", "/notices/{id}", "/notices/{id}/files/{file}", "/environment"),
    *("/notices/{id}/acknowledge", "/accessibility", "/windows", "/windows.ics"),
    *("/language", "/logout", "/links/{token}", "/certificate"),
    *("/portal/terms", "/portal/terms/told", "/portal/notices", "/portal/notices/{id}"),
    *("/portal/notices/{id}/files/{file}", "/portal/notices/{id}/acknowledge"),
    "/calendars/{token}.ics",
}
"""What may be had without accepting the terms, besides signing in, reports of a loss and how the service
stands. Confirming to have read a notice refuses by itself."""


async def forget(login: str = "minato-admin") -> Account:
    """Let this account never have accepted any terms."""
    account = await Account.find_one({"login": login})
    assert account is not None
    unset = {"accepted_terms": "", "accepted_at": None, "told_terms": ""}
    await Account.raw().update_one({"_id": account.id}, {"$set": unset})
    return account


async def test_who_never_accepted_the_terms_reads_and_accepts_them_first(
    administrator: Tab, site: Site
) -> None:
    """Control: in the fixture, whose account has accepted them, the portal is there."""
    assert administrator.path == "/portal"
    account = await forget()
    await administrator.open("/portal/users?x=1")
    assert administrator.path == "/portal/terms"
    assert "一切責任を負わない" in administrator.text
    await administrator.press("同意して進む")
    assert (administrator.status, list(administrator.errors())) == (422, ["#accept"])
    await published(site)
    await administrator.press("同意して進む", {"accept": "yes"})
    assert (administrator.status, administrator.path) == (409, "/portal/terms")
    assert "第二版の本文" in administrator.text
    await administrator.press("同意して進む", {"accept": "yes"})
    assert (administrator.path, str(administrator.answer.url.query, "ascii")) == ("/portal/users", "x=1")
    kept = await Acceptance.find({"account_id": account.id}).sort("-_id").first_or_none()
    text = terms.in_force(site)
    assert kept is not None
    assert text is not None
    assert (kept.version, kept.checksum, kept.address) == ("2.0", terms.checksum(text), "192.0.2.1")
    assert kept.certificate
    assert await Event.find({"action": "terms.accepted", "subject.id": account.id}).count() == 1


async def test_posts_files_and_the_staffs_pages_wait_too_and_what_was_typed_is_kept(
    administrator: Tab, program: tuple[Starlette, Settings], site: Site
) -> None:
    """R5. Control: a program without the gate lets them through."""
    await forget()
    await administrator.post("/portal/users", [("name", "電力 次郎"), ("email", "jiro@example.jp")])
    assert administrator.status == 403
    assert "電力 次郎" in administrator.answer.text
    assert 'href="/portal/terms"' in administrator.answer.text
    assert await Account.find_one({"email": "jiro@example.jp"}) is None
    for address in ("/portal/windows.ics", "/applications/A2026-000001/copy/json", "/admin/"):
        assert (await administrator.open(address)).path == "/portal/terms", address
    app = create_app(program[1])
    app.user_middleware = [
        each for each in app.user_middleware if getattr(each.cls, "__name__", "") != "AcceptedTerms"
    ]
    app.state.site = site
    administrator.client._transport.app = app  # type: ignore[attr-defined]
    await administrator.open("/portal")
    assert (administrator.path, administrator.status) == ("/portal", 200)


def test_no_address_is_open_to_who_has_not_accepted_but_those_that_must_be() -> None:
    """Every address there is: a new one is shut until somebody opens it here."""
    found = {route.path for route in routes() if isinstance(route, Route) and is_open(route.path)}
    others = ("/login", "/confirm", "/service", "/losses", "/portal/losses")
    assert {path for path in found if not path.startswith(others)} == STAYS_OPEN


@pytest.mark.parametrize(
    "path", ["/admin/", "/apply/operator", "/portal/", "/termsx", "//portal", "/portal/x"]
)
def test_addresses_that_only_look_open_are_not(path: str) -> None:
    assert not is_open(path)


async def test_a_change_applies_without_consent_is_told_once_and_to_delegates_too(
    administrator: Tab, site: Site
) -> None:
    """R7; terms of use 2.1.4 except those of 2.3. Control: before the change nothing is told."""
    await administrator.open("/portal")
    assert "期待容量の登録を追加" not in administrator.text
    await published(site)
    await administrator.open("/portal/notices")
    assert administrator.path == "/portal/notices"
    assert "期待容量の登録を追加" in administrator.text
    await administrator.press("このお知らせを閉じる")
    assert administrator.path == "/portal/notices"
    assert "期待容量の登録を追加" not in administrator.text
    account = await forget()
    duties = {"version": "1", "text": "義務", "by": {"kind": "operator", "name": "x"}, "at": site.now()}
    delegation = {"organisation": "しおかぜ", "begins": "2026-01-01", "ends": "2027-12-31", "duties": duties}
    update = {"$set": {"delegation": delegation, "roles": ["user"]}}
    await Account.raw().update_one({"_id": account.id}, update)
    await administrator.open("/portal")
    assert administrator.path == "/portal"
    assert "利用規約（第 2.0 版）" in administrator.text


async def test_every_version_is_readable_and_compared_without_an_account(
    open_tab: Callable[[], Tab], site: Site
) -> None:
    await published(site, effective_from="2026-12-01", body="## 1. 本利用規約の目的等\n\n変更後の本文\n")
    tab = open_tab()
    await tab.open("/terms/history")
    for told in ("1.0", "2.0", "2026年12月1日", "新規作成", "期待容量の登録を追加"):
        assert told in tab.text
    await tab.open("/terms/2.0")
    assert "変更後の本文" in tab.text
    assert "2026年12月1日から適用" in tab.text
    await tab.open("/terms/2.0/changes")
    assert [e.text for e in tab.page.all("ins")][-1:] == ["変更後の本文"]
    assert any("本システム利用者" in e.text for e in tab.page.all("del"))
    for missing in ("/terms/9.9", "/terms/1.0/changes", "/terms/9.9/changes"):
        assert (await tab.open(missing)).status == 404


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_the_copyright_stands_on_every_page_and_the_japanese_prevails(tab: Tab, language: str) -> None:
    """R83, R90."""
    for address in ("/", "/terms", "/login", "/nothing-here"):
        await tab.open(address, **{"accept-language": language})
        assert ("著作権" if language == "ja" else "Copyright") in tab.text
    await tab.open("/terms", **{"accept-language": language})
    assert ("The Japanese text is authoritative" in tab.text) is (language == "en")


async def test_what_is_taken_away_says_whose_it_is(applicant: Tab, site: Site) -> None:
    """R83, R84: the copy of an application on its page and as a file. Control: without the words, neither."""
    reference = applicant.path.split("/")[2]
    said = site.configuration.site.works.ja
    for address in (f"/applications/{reference}/copy", f"/applications/{reference}/copy/html"):
        assert said in (await applicant.client.get(address)).text
    bare = site.configuration.site.model_copy(update={"works": Text(ja=""), "copyright": Text(ja="")})
    assert rights(site, "ja").endswith(said)
    assert rights(replace(site, configuration=replace(site.configuration, site=bare)), "ja") == ""


async def test_the_administrator_confirms_what_is_asked(administrator: Tab, site: Site) -> None:
    """Control: what only staff record, and what there is not, cannot be answered."""
    asker = await staff(site, "asker", "reviewer")
    account = await Account.find_one({"login": "minato-admin"})
    assert account is not None
    own = await site.records["operator"].get(account.operator_id)
    assert isinstance(own, Record)
    await confirmations.ask_one(site, asker, "anti_social", own.number, "役員の変更を確認したため", None)
    await administrator.open("/portal")
    assert "役員の変更を確認したため" in administrator.text
    await administrator.open("/portal/declarations/anti_social")
    await administrator.press("回答を送信する")
    assert list(administrator.errors()) == ["#answer"]
    await administrator.press("回答を送信する", {"answer": "declined"})
    assert list(administrator.errors()) == ["#note"]
    await administrator.press("回答を送信する", {"answer": "confirmed"})
    assert "回答を受け付けました" in administrator.text
    kept = await Declaration.find_one({"operator_id": own.id, "name": "anti_social"})
    assert kept is not None
    assert (kept.answer, kept.by.name) == ("confirmed", "海野 花子")
    await administrator.open("/portal/declarations")
    assert "本システム利用規約の定め" in administrator.text
    assert (await administrator.open("/portal/declarations/nothing")).status == 404
    hidden = [("answer", "confirmed"), ("text_version", "1"), ("sequence", "0"), ("note", "x")]
    assert (await administrator.post("/portal/declarations/pledge", hidden)).status == 404
    assert await Declaration.find().count() == 1
