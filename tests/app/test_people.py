"""The pages of the staff about accounts and reviews over HTTP: issuing, changing, stopping, deciding."""

from datetime import timedelta

import pytest

from app.demo import PASSWORD
from models.documents.account import Account
from models.documents.event import Event
from models.documents.message import Message
from models.services.passwords import hash_password
from tests.app.conftest import Inside
from tests.app.people import Member
from tests.services.people_of import again, new_company, somebody


async def chief_of(inside: Inside, login: str = "chief", role: str = "system_administrator") -> Member:
    """A member of staff, signed in."""
    hashed = hash_password(PASSWORD)
    await somebody(inside.site, None, role, login=login, name=f"{login} x", password_hash=hashed)
    return await Member(inside.browser()).sign_in(login)


async def test_an_account_of_the_staff_is_issued_changed_stopped_and_removed(inside: Inside) -> None:
    chief = await chief_of(inside)
    typed: dict[str, object] = {"login": "New One", "name": "共用", "email": "info@x.example.jp"}
    assert (await chief.post("/admin/people/new", typed)).status_code == 422
    typed |= {"login": "newone", "roles": ["reviewer"]}
    page = await chief.post("/admin/people/new", typed)
    assert (page.status_code, 'name="natural"' in page.text) == (422, True)
    issued = await chief.post("/admin/people/new", {**typed, "natural": "yes"})
    assert issued.status_code == 303
    assert (await chief.post("/admin/people/new", {**typed, "natural": "yes"})).status_code == 422
    account = await Account.find_one({"login": "newone"})
    assert account is not None
    assert await Message.find({"account_id": account.id, "template": "user_issued"}).count() == 1
    shown = (await chief.client.get(f"/admin/people/{account.id}")).text
    assert 'accounts/list" aria-current="page"' in shown, "the menu tells where one is"
    detail = (await chief.client.get(f"/admin/accounts/detail?pk={account.id}")).text
    assert "審査担当者" in detail
    assert "ロックの理由" not in detail, "no lock, no line about it"
    here = issued.headers["location"]
    marks = (await chief.client.get(here)).text.split('name="mark" value="')[1][:16]
    change = {"name": "新 一郎", "roles": ["auditor", "steward"], "mark": marks}
    assert (await chief.post(f"{here}/change", change)).status_code == 303
    assert (await chief.post(f"{here}/change", change)).status_code == 409
    assert sorted((await again(account)).roles) == ["auditor", "steward"]
    for act, state in (("suspend", "suspended"), ("resume", "invited"), ("remove", "deleted")):
        assert (await chief.post(f"{here}/{act}", {"reason": ""})).status_code == 422, act
        assert (await chief.post(f"{here}/{act}", {"reason": "異動"})).status_code == 303, act
        assert (await again(account)).status == state
    assert (await chief.post(f"{here}/nothing", {"reason": "異動"})).status_code == 404
    issuer = await Event.find_one({"action": "account.issued", "subject.label": "newone"})
    assert issuer is not None
    assert issuer.actor.name == "chief x"


@pytest.mark.slow
async def test_only_system_administrators_change_accounts_and_auditors_take_the_list(inside: Inside) -> None:
    chief, watcher = await chief_of(inside), await chief_of(inside, "watcher", "auditor")
    company = await new_company(inside.site)
    here = f"/admin/people/{company.user.id}"
    for address in (here, "/admin/people/new"):
        assert (await watcher.client.get(address)).status_code == 403
    assert (await watcher.post(f"{here}/suspend", {"reason": "異動"})).status_code == 403
    taken = await watcher.client.get("/admin/people/list.csv")
    assert (taken.status_code, company.user.login in taken.text) == (200, True)
    assert taken.headers["content-disposition"].startswith("attachment")
    appoint = {"reason": "不在", "evidence": ""}
    assert (await chief.post(f"{here}/appoint", appoint)).status_code == 422
    assert (await chief.post(f"{here}/appoint", {**appoint, "evidence": "変更届"})).status_code == 303
    assert (await again(company.administrator)).roles == ["user"]
    listed = (await chief.client.get("/admin/accounts/list")).text
    assert "電力" in listed
    assert "システム管理者" in listed, "roles by their names"
    assert "system_administrator" not in listed
    assert (await chief.client.get("/admin/delegates/list")).status_code == 200
    own = await Account.find_one({"login": "chief"})
    assert own is not None
    assert (await chief.post(f"/admin/people/{own.id}/suspend", {"reason": "x"})).status_code == 409


@pytest.mark.slow
async def test_a_review_of_the_staff_is_decided_and_one_of_operators_is_followed(inside: Inside) -> None:
    chief = await chief_of(inside)
    clerk = await somebody(inside.site, None, "reviewer", login="clerk")
    company = await new_company(inside.site)
    day = (inside.site.today() + timedelta(days=20)).isoformat()
    assert (await chief.post("/admin/reviews", {"scope": "staff", "due": "soon"})).status_code == 422
    begun = await chief.post("/admin/reviews", {"scope": "staff", "due": day, "note": "<b>年次</b>"})
    assert begun.status_code == 303
    assert (await chief.post("/admin/reviews", {"scope": "staff", "due": day})).status_code == 409
    page = (await chief.client.get(begun.headers["location"])).text
    assert "<b>年次</b>" not in page
    line = page.split('name="lines" value="')[1][:24]
    decide = {"lines": [line, "nonsense"], "deed": "stop", "reason": ""}
    assert (await chief.post(begun.headers["location"], decide)).status_code == 422
    assert (await chief.post(begun.headers["location"], {**decide, "reason": "異動"})).status_code == 303
    assert (await again(clerk)).status == "suspended"
    followed = await chief.post("/admin/reviews", {"scope": "operators", "due": day})
    inside.hands.forward(days=30)
    chief = await Member(inside.browser()).sign_in("chief")
    assert "期限" in (await chief.client.get(followed.headers["location"])).text
    assert (await chief.post(f"{followed.headers['location']}/close")).status_code == 303
    assert (await chief.client.get("/admin/reviews")).status_code == 200
    assert (await again(company.user)).status == "active"
