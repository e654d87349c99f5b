"""Sensitive acts ask for the password again at every door, and then do what was asked; signing in has a
second step where there are codes."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from html import unescape

import httpx
import pyotp
import pytest
import pytest_asyncio

from app.demo import PASSWORD
from models.documents.account import Account
from models.documents.base import new_id
from models.documents.event import Event
from models.documents.link import Link
from models.documents.session import BrowserSession
from models.services import certificates, passwords
from models.services.signing import FAILURES
from models.services.site import Site
from models.services.stepping_up import RECENT
from tests.app.conftest import Inside
from tests.app.people import Member, Operator, new_certificate
from tests.forms.reader import Document

NEW = "another few words"


def carried(page: str) -> dict[str, str]:
    """What the form of the page that asks would send, but for the password."""
    form = page[page.index('name="confirm_to"') - 200 :]
    kept = re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n(.*?)</textarea>', form, re.S)
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in [*kept, *hidden]}


async def confirm(client: httpx.AsyncClient, door: str, page: str, password: str) -> httpx.Response:
    return await client.post(door, data={**carried(page), "confirm_password": password})


async def find(login: str) -> Account:
    found = await Account.find_one({"login": login})
    assert found is not None
    return found


@dataclass
class House:
    """A site with an operator's administrator and some staff, whose passwords are quickly checked."""

    inside: Inside
    certificate: bytes

    async def operator(self) -> Operator:
        return await Operator(self.inside.browser()).sign_in("minato-admin", self.certificate)

    async def member(self, login: str = "system-1") -> Member:
        return await Member(self.inside.browser()).sign_in(login)


@pytest_asyncio.fixture
async def house(inside: Inside) -> AsyncIterator[House]:
    site, operator_id = inside.site, new_id()
    common = {
        "password_hash": passwords.hash_password(PASSWORD),
        "status": "active",
        "created_at": site.now(),
    }
    accepted = {"accepted_terms": "1", "told_terms": "1", "operator_id": operator_id}
    for login, kind, role, more in (
        ("minato-admin", "operator", "administrator", accepted),
        ("reviewer-1", "staff", "reviewer", {}),
        ("system-1", "staff", "system_administrator", {}),
    ):
        address = f"{login}@example.co.jp"
        told = {"login": login, "kind": kind, "roles": [role], "name": login, "email": address}
        await Account.model_validate({**told, **common, **more}).insert()
    pem = new_certificate("own")
    presented = await certificates.present(site, pem)
    await presented.set({"state": "bound", "operator_id": operator_id})
    yield House(inside, pem)
    passwords._nobody.cache_clear()


@pytest_asyncio.fixture
async def operator(house: House) -> Operator:
    return await house.operator()


@pytest_asyncio.fixture
async def member(house: House) -> Member:
    return await house.member()


def key_of(page: httpx.Response) -> pyotp.TOTP:
    """The app that the key on a page sets up."""
    return pyotp.TOTP(Document(page.text).all("code")[0].text.replace(" ", ""))


async def test_the_portal_asks_and_then_goes_on(inside: Inside, operator: Operator) -> None:
    client = operator.client
    inside.hands.now += RECENT
    asked = await client.post("/portal/account/codes", data={"note": "a <b> & c"})
    assert asked.status_code == 403
    assert carried(asked.text) == {
        "note": "a <b> & c",
        "confirm_to": "/portal/account/codes",
        "confirm_act": "1",
    }
    wrong = await confirm(client, "/confirm", asked.text, "wrong")
    assert wrong.status_code == 422
    assert carried(wrong.text) == carried(asked.text)
    before = client.cookies["session"]
    right = await confirm(client, "/confirm", wrong.text, PASSWORD)
    assert (right.status_code, right.headers["location"]) == (307, "/portal/account/codes")
    assert client.cookies["session"] != before
    done = await client.post("/portal/account/codes", data={"note": "a <b> & c"})
    assert (done.status_code, done.headers["location"]) == (303, "/portal/account/codes")
    assert (await client.get("/portal/account/codes")).status_code == 200


@pytest.mark.parametrize("codes", [True, False], ids=["with codes", "control"])
async def test_changing_the_password_is_no_second_step(inside: Inside, house: House, codes: bool) -> None:
    operator, member = await house.operator(), await house.member()
    if codes:
        await Account.raw().update_many({}, {"$set": {"code_set_at": inside.site.now()}})
    inside.hands.now += RECENT
    changed = {"present": PASSWORD, "password": NEW, "again": NEW}
    before = operator.client.cookies["session"]
    assert (await operator.client.post("/portal/account/password", data=changed)).status_code == 303
    assert operator.client.cookies["session"] != before
    sensitive = await operator.client.post("/portal/account/codes")
    assert sensitive.status_code == (403 if codes else 303)
    assert (await member.post("/admin/account/password", changed)).status_code == 303
    sensitive = await member.post("/admin/account/codes")
    assert sensitive.status_code == (403 if codes else 303)


async def test_control_a_moment_earlier_nothing_is_asked(inside: Inside, operator: Operator) -> None:
    inside.hands.now += RECENT / 2
    assert (await operator.client.post("/portal/account/codes")).status_code == 303


async def test_a_sensitive_page_asks_before_it_is_shown(inside: Inside, operator: Operator) -> None:
    client = operator.client
    await client.post("/portal/account/codes")
    inside.hands.now += RECENT
    led = await client.get("/portal/account/codes")
    assert led.headers["location"] == "/confirm?next=%2Fportal%2Faccount%2Fcodes"
    page = await client.get(led.headers["location"])
    went = await confirm(client, "/confirm", page.text, PASSWORD)
    assert (went.status_code, went.headers["location"]) == (303, "/portal/account/codes")


async def test_confirming_leads_nowhere_else(operator: Operator) -> None:
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        data = {"confirm_password": PASSWORD, "confirm_to": target, "confirm_act": "1"}
        assert (await operator.client.post("/confirm", data=data)).headers["location"] == "/portal"


async def test_the_token_from_before_the_proof_is_worth_nothing(inside: Inside, operator: Operator) -> None:
    stolen = inside.browser()
    stolen.cookies.set("session", operator.client.cookies["session"])
    assert (await stolen.get("/portal")).status_code == 200
    await operator.client.post("/confirm", data={"confirm_password": PASSWORD})
    assert (await stolen.get("/portal")).status_code == 303
    assert (await operator.client.get("/portal")).status_code == 200


async def test_guessing_at_the_door_locks_and_signs_out(inside: Inside, operator: Operator) -> None:
    for _ in range(FAILURES):
        answer = await operator.client.post("/confirm", data={"confirm_password": "wrong"})
    assert answer.status_code == 401
    assert (await operator.client.get("/portal")).status_code == 303
    found = await find("minato-admin")
    assert found.lock is not None
    assert found.lock.reason == "confirmation"


async def test_the_admin_asks_and_then_goes_on(inside: Inside, member: Member) -> None:
    reviewer = await find("reviewer-1")
    await reviewer.set({"code_set_at": inside.hands.now})
    address = f"/admin/account/codes/reset/{reviewer.id}"
    inside.hands.now += RECENT
    asked = await member.post(address, {"reason": "lost the telephone"})
    assert asked.status_code == 403
    kept = carried(asked.text)
    assert (kept["reason"], kept["confirm_to"]) == ("lost the telephone", address)
    assert await Event.find({"action": "code.reset"}).count() == 0
    wrong = await member.post("/admin/confirm", {**kept, "confirm_password": "wrong"})
    assert (wrong.status_code, carried(wrong.text)["reason"]) == (422, "lost the telephone")
    right = await member.post("/admin/confirm", {**kept, "confirm_password": PASSWORD})
    assert (right.status_code, right.headers["location"]) == (307, address)
    assert (await member.post(address, kept)).status_code == 303
    event = await Event.find_one({"action": "code.reset"})
    assert event is not None
    assert event.details == {"reason": "lost the telephone"}


async def test_control_without_a_proof_that_is_asked_the_admin_would_do_it_at_once(
    inside: Inside, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.services.codes.require_recent", lambda *_: None)
    inside.hands.now += RECENT
    reviewer = await find("reviewer-1")
    await reviewer.set({"code_set_at": inside.hands.now})
    assert (
        await member.post(f"/admin/account/codes/reset/{reviewer.id}", {"reason": "x"})
    ).status_code == 303


async def test_staff_set_codes_up_at_their_first_sign_in(inside: Inside, house: House) -> None:
    inside.app.state.site = strict = replace(inside.site, staff_codes=True)
    assert isinstance(strict, Site)
    member = Member(inside.browser())
    await member.client.get("/admin/login")
    words = {"login": "reviewer-1", "password": PASSWORD}
    led = await member.post("/admin/login?next=/admin/queue", words)
    assert led.headers["location"] == "/admin/login/enrol?next=%2Fadmin%2Fqueue"
    assert (await member.client.get("/admin/queue")).status_code == 303
    page = await member.client.get(led.headers["location"])
    assert "<svg" in page.text
    assert " style=" not in page.text
    app = key_of(page)
    wrong = await member.post(led.headers["location"], {"code": "12345"})
    assert wrong.status_code == 422
    told = await member.post(led.headers["location"], {"code": app.at(inside.hands.now)})
    assert told.status_code == 200
    assert len(Document(told.text).all("code")) == 10
    assert (await member.client.get("/admin/queue")).status_code == 200
    await member.post("/admin/logout")

    inside.hands.forward(minutes=1)
    await member.client.get("/admin/login")
    led = await member.post("/admin/login", words)
    assert led.headers["location"] == "/admin/login/code"
    assert (await member.client.get("/admin/login/enrol")).headers["location"] == "/admin/login/code"
    assert (await member.client.get("/admin/")).status_code == 303
    code = app.at(inside.hands.now)
    assert (await member.post("/admin/login/code", {"code": code})).headers["location"] == "/admin/"
    assert (await member.client.get("/admin/")).status_code == 200

    other = Member(inside.browser())
    await other.client.get("/admin/login")
    await other.post("/admin/login", words)
    assert (await other.post("/admin/login/code", {"code": code})).status_code == 401


async def test_an_operator_signs_in_with_a_code_it_chose_to_have(
    inside: Inside, house: House, operator: Operator
) -> None:
    client = operator.client
    await client.post("/portal/account/codes")
    app = key_of(await client.get("/portal/account/codes"))
    await client.post("/portal/account/codes/confirm", data={"code": app.at(inside.hands.now)})
    await client.post("/logout")
    inside.hands.forward(minutes=1)
    await client.post("/certificate", files={"file": ("c.pem", house.certificate)})
    led = await client.post("/login", data={"login": "minato-admin", "password": PASSWORD})
    assert led.headers["location"] == "/login/code?next=%2Fportal"
    assert (await client.get("/portal")).status_code == 303
    assert (await client.post("/login/code", data={"code": "000000 1"})).status_code == 401
    went = await client.post("/login/code", data={"code": app.at(inside.hands.now), "next": "//evil.example"})
    assert went.headers["location"] == "/portal"
    assert (await client.get("/portal")).status_code == 200


async def test_a_second_step_without_a_first_leads_back(inside: Inside, operator: Operator) -> None:
    assert (await operator.client.post("/login/code")).headers["location"] == "/portal"
    assert (await operator.client.get("/portal/account")).status_code == 200
    client = inside.browser()
    assert (await client.get("/login/code")).headers["location"] == "/login?done=begin_again"
    assert (await client.post("/login/code", data={"code": "1"})).headers["location"].startswith("/login")
    for step in ("code", "enrol"):
        assert (await client.get(f"/admin/login/{step}")).headers["location"] == "/admin/login"


async def test_a_forgotten_password_is_set_by_a_link_and_the_answer_tells_nothing(
    inside: Inside, operator: Operator
) -> None:
    account = await find("minato-admin")
    stranger = inside.browser()
    answers = []
    for login, email in (
        ("minato-admin", account.email.upper()),
        ("minato-admin", "other@example.jp"),
        ("nobody", account.email),
    ):
        answer = await stranger.post("/login/forgotten", data={"login": login, "email": email})
        answers.append((answer.status_code, answer.text))
    assert len(set(answers)) == 1
    sent = await Link.find({"account_id": account.id, "purpose": "set_password"}).to_list()
    assert len(sent) == 1
    token = f"{sent[0].id}.{inside.site.sign('link', str(sent[0].id))}"
    typed = {"password": NEW, "again": NEW}
    assert (await stranger.post(f"/links/{token}", data=typed)).status_code == 303
    assert (await operator.client.get("/portal")).status_code == 303
    assert (await stranger.post(f"/links/{token}", data=typed)).status_code == 410


async def test_signing_in_gives_a_new_token(inside: Inside, house: House) -> None:
    """Session fixation: whoever knew the visitor's token knows nothing."""
    client = inside.browser()
    await client.post("/certificate", files={"file": ("c.pem", house.certificate)})
    before = client.cookies["session"]
    await client.post("/login", data={"login": "minato-admin", "password": PASSWORD})
    assert client.cookies["session"] != before
    assert await BrowserSession.find({"account_id": None}).count() == 0


async def test_my_account_ends_sessions_and_keeps_the_language(house: House, operator: Operator) -> None:
    other = await house.operator()
    page = Document((await operator.client.get("/portal/account")).text)
    values = {button.get("value") for button in page.all("button") if button.get("name") == "session"}
    (there,) = values - {"others"}
    await operator.client.post("/portal/account/sessions", data={"session": there})
    assert (await other.client.get("/portal")).status_code == 303
    assert (await operator.client.post("/portal/account/sessions", data={"session": "x"})).status_code == 404
    await operator.client.post("/portal/account/language", data={"language": "en"})
    assert (await find("minato-admin")).language == "en"
    assert "My account" in (await operator.client.get("/portal/account")).text
