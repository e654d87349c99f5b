"""Certificate, operator and account belong together in every request of a session (R39)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import pytest_asyncio

from app.demo import PASSWORD
from models.documents.account import Account
from models.documents.certificate import OPENS, Certificate
from models.documents.guarded import update_where
from models.documents.session import BrowserSession
from models.services.identifying import MISMATCH, Presented, identify
from models.services.presenting import read_certificate
from models.services.trust import fingerprint_of
from tests.tls.ways import NEW, OTHER, OWN, Served

Headers = Mapping[str, str]


@pytest_asyncio.fixture(loop_scope="session")
async def cookie(served: Served) -> Headers:
    """The session of an operator's administrator, begun over their operator's certificate."""
    return {"cookie": f"__Host-session={await begun(served)}"}


async def opens(served: Served, name: str, cookie: Headers) -> bool:
    """Whether the portal opens over the certificate of client `name`."""
    async with served.client("lenient", name, headers=dict(cookie)) as client:
        answer = await client.get("/portal/users")
    assert answer.status_code in (200, 303), answer.status_code
    return answer.status_code == 200


async def mismatches(served: Served) -> int:
    return len(await served.events(MISMATCH))


async def test_control_over_its_own_certificate_the_session_goes_on(served: Served, cookie: Headers) -> None:
    before = await mismatches(served)
    assert await opens(served, OWN, cookie)
    assert await opens(served, OWN, cookie)
    assert await mismatches(served) == before


@pytest.mark.parametrize("name", [OTHER, NEW, ""], ids=["another operator's", "nobody's", "none"])
async def test_over_any_other_it_ends_and_is_written_down(served: Served, cookie: Headers, name: str) -> None:
    before = await mismatches(served)
    assert not await opens(served, name, cookie)
    assert not await opens(served, OWN, cookie)
    events = await served.events(MISMATCH)
    assert len(events) == before + 1
    assert (events[0].subject.label, events[0].actor.kind) == ("minato-admin", "visitor")
    assert events[0].certificate == (fingerprint(served, name) if name else None)
    assert events[0].details["begun_over"] == fingerprint(served, OWN)


def fingerprint(served: Served, name: str) -> str:
    return fingerprint_of(read_certificate((served.authority.clients / f"{name}.pem").read_bytes()))


async def test_a_valid_password_is_refused_over_another_operators_certificate(served: Served) -> None:
    typed = {"login": "minato-admin", "password": PASSWORD}
    for name in (OTHER, NEW, ""):
        async with served.client("lenient", name) as client:
            answer = await client.post("/login", data=typed)
        assert answer.status_code == 401
        assert "The ID, the password or the client certificate was not accepted." in answer.text


@asynccontextmanager
async def changed(served: Served, **values: object) -> AsyncIterator[None]:
    """The operator's certificate as it is stored, otherwise for a while."""
    key = {"fingerprint": fingerprint(served, OWN)}
    before = await Certificate.raw().find_one(key)
    assert before is not None
    await update_where(Certificate, key, {"$set": values}, None)
    try:
        yield
    finally:
        await update_where(Certificate, key, {"$set": {name: before[name] for name in values}}, None)


STATES = ["presented", "registered", "bound", "suspended", "revoked", "retired"]


@pytest.mark.parametrize("state", STATES)
async def test_a_session_goes_on_over_a_certificate_that_opens_and_over_no_other(
    served: Served, cookie: Headers, state: str
) -> None:
    async with changed(served, state=state):
        assert await opens(served, OWN, cookie) == (state in OPENS)
        if state not in OPENS:
            async with served.client("lenient", OWN) as client:
                page = await client.get("/login")
            assert ("has been stopped" in page.text) == (state != "presented")


async def test_an_operator_that_is_no_longer_its_owner_does_not_act(served: Served, cookie: Headers) -> None:
    async with changed(served, operator_id=None):
        assert not await opens(served, OWN, cookie)


async def test_the_session_ends_with_the_certificate_to_the_second(served: Served) -> None:
    stored = await Certificate.find_one({"fingerprint": fingerprint(served, OWN)})
    assert stored is not None
    start, seen = served.hands.now, []
    for seconds in (-1, 0):
        served.hands.now = start
        token = await begun(served)
        async with changed(served, not_after=start + timedelta(hours=1)):
            served.hands.now = start + timedelta(minutes=30)
            await identify(served.site, token, "192.0.2.1")
            served.hands.now = start + timedelta(hours=1, seconds=seconds)
            _, actor = await identify(served.site, token, "192.0.2.1", Presented(stored.fingerprint))
            seen.append(actor.kind)
    served.hands.now = start
    assert seen == ["operator", "visitor"]


async def begun(served: Served) -> str:
    """The token of a session of the administrator, begun over their own certificate."""
    account = await Account.find_one({"login": "minato-admin"})
    assert account is not None
    token, now = served.site.entropy(32).hex(), served.site.now()
    await BrowserSession(
        token_hash=served.site.sign("session", token),
        account_id=account.id,
        certificate=fingerprint(served, OWN),
        created_at=now,
        seen_at=now,
        ends_at=now + timedelta(hours=12),
    ).insert()
    return token


async def test_where_files_are_shown_the_certificate_the_session_remembers_counts(served: Served) -> None:
    token = await begun(served)
    assert (await identify(served.site, token, "192.0.2.1"))[1].kind == "operator"
    async with changed(served, state="suspended"):
        assert (await identify(served.site, token, "192.0.2.1"))[1].kind == "visitor"
    assert (await identify(served.site, token, "192.0.2.1"))[1].kind == "visitor"


async def test_staff_need_no_certificate_where_none_is_required(served: Served) -> None:
    async with served.client("lenient") as client:
        await client.get("/admin/login")
        typed = {
            "login": "reviewer-1",
            "password": PASSWORD,
            "csrftoken": client.cookies["starlette_admin_csrftoken"],
        }
        signed = await client.post("/admin/login", data=typed)
        assert signed.status_code == 303, signed.text
        assert (await client.get("/admin/")).status_code == 200


async def test_many_requests_at_once_write_one_event(served: Served) -> None:
    token, before = await begun(served), await mismatches(served)
    asked = [identify(served.site, token, "192.0.2.1", Presented(None)) for _ in range(5)]
    found = await asyncio.gather(*asked)
    assert {actor.kind for _, actor in found} == {"visitor"}
    assert await mismatches(served) == before + 1
