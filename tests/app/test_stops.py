"""Stops and limits over HTTP: who is refused, with what page, in which process, and what stays open."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import pytest_asyncio

from app.demo import PASSWORD
from app.middleware.limits import manner_of
from models.configuration.limits import Limits
from models.documents.account import Account
from models.documents.base import new_id
from models.documents.event import Event
from models.documents.stop import Stop
from models.permissions import Actor
from models.schema.definition import RecordType
from models.services.alarming import raise_alarm
from models.services.passwords import hash_password
from models.services.stops import set_stop
from tests.app.conftest import Inside, OpenBrowser
from tests.app.people import Applicant, Member
from tests.halting import halt
from tests.journey.server import Program, running

CHIEF = Actor(
    kind="staff",
    account_id=new_id(),
    name="chief",
    roles=frozenset({"system_administrator"}),
    confirmed_at=datetime(2100, 1, 1, tzinfo=UTC),
)

CLOSED = ("/", "/status", "/login", "/portal", "/apply/operator", "/windows", "/links/abc")

OPEN = (
    *("/service", "/service.json", "/terms", "/notices", "/notices.atom", "/environment"),
    *("/accessibility", "/admin/login", "/healthz", "/static/toroku.css"),
)


@pytest_asyncio.fixture
async def crew(inside: Inside) -> Mapping[str, Member]:
    """A system administrator and a reviewer, signed in."""
    members, hashed = {}, hash_password(PASSWORD)
    for login, role in {"chief": "system_administrator", "clerk": "reviewer"}.items():
        facts = {"login": login, "kind": "staff", "name": login.title(), "email": f"{login}@example.jp"}
        known = {"roles": [role], "status": "active", "password_hash": hashed, "created_at": inside.hands()}
        await Account.model_validate({**facts, **known}).insert()
        members[login] = await Member(inside.browser()).sign_in(login)
    return members


def form(**typed: str) -> dict[str, str]:
    return {"whom": "site", "level": "read_only", "code": "1", "text": "<b>New servers</b>", **typed}


async def test_an_applicant_is_told_why_nothing_is_kept_and_loses_nothing(
    inside: Inside, crew: Mapping[str, Member], operator_type: RecordType
) -> None:
    applicant = await Applicant(inside.browser(), operator_type).present_certificate()
    await applicant.begin()
    assert (await crew["chief"].post("/admin/stops", form(token="once"))).status_code == 303
    refused = await applicant.send("company", {"operator_name": "港電力"}, action="save")
    assert refused.status_code == 503
    for told in ("港電力", "&lt;b&gt;New servers&lt;/b&gt;", "T-M001", 'href="/service"'):
        assert told in refused.text, told
    for address in ("/status", applicant.address, "/"):
        page = await applicant.client.get(address)
        assert (page.status_code, "&lt;b&gt;New servers" in page.text) == (200, True), address
    assert (await crew["chief"].post("/admin/stops", form(token="once"))).status_code == 409
    assert "New servers" in (await crew["clerk"].client.get("/admin/")).text
    one = (await Stop.find_all().to_list())[0]
    for name, status in (("clerk", 403), ("chief", 303)):
        ended = await crew[name].post(f"/admin/stops/{one.id}/end", {"reason": "Done", "revision": "1"})
        assert ended.status_code == status
    kept = await applicant.send("company", {"operator_name": "港電力"}, action="save")
    assert kept.status_code == 303
    assert "New servers" not in (await applicant.client.get("/status")).text


async def test_a_form_that_is_refused_says_where_and_keeps_what_was_typed(
    inside: Inside, crew: Mapping[str, Member]
) -> None:
    chief = crew["chief"]
    for changed, at in (
        ({"code": ""}, "code"),
        ({"text": " "}, "text"),
        ({"starts": "tomorrow"}, "starts"),
        ({"until": "2020-01-01T09:00"}, "until"),
        ({"whom": "operator", "operator": "$gt"}, "operator"),
        ({"text": "x" * 301}, "text"),
    ):
        answer = await chief.post("/admin/stops", form(**changed))
        assert (answer.status_code, f'href="#{at}"' in answer.text) == (422, True), changed
        assert "&lt;b&gt;New servers" in answer.text or "text" in changed
    for address in ("/admin/stops/abc", f"/admin/stops/{new_id()}"):
        assert (await chief.client.get(address)).status_code == 404
    assert await Stop.find_all().count() == 0


async def test_while_it_is_closed_every_page_says_so_and_some_stay_open(
    inside: Inside, crew: Mapping[str, Member]
) -> None:
    visitor = inside.browser()
    until = inside.site.now() + timedelta(minutes=10)
    await set_stop(inside.site, CHIEF, None, level="closed", code=3, text="Flood.", until=until)
    for address in CLOSED:
        answer = await visitor.get(address)
        told = (answer.status_code, "Flood." in answer.text, answer.headers.get("retry-after"))
        assert told == (503, True, "601"), address
    assert (await visitor.post("/login", data={"login": "a", "password": "b"})).status_code == 503
    for address in OPEN:
        assert (await visitor.get(address)).status_code == 200, address
    assert (await crew["clerk"].client.get("/admin/stops")).status_code == 200
    inside.hands.forward(minutes=10)
    assert (await visitor.get("/")).status_code == 200  # control: when it is over


async def test_the_page_of_the_service_tells_everybody_and_nothing_of_single_operators(
    inside: Inside, crew: Mapping[str, Member]
) -> None:
    visitor, now = inside.browser(), inside.site.now()
    await set_stop(inside.site, CHIEF, new_id(), level="closed", code=4, text="Theirs", label="P000001")
    later = now + timedelta(days=2)
    await set_stop(inside.site, CHIEF, None, level="closed", code=1, text="Move", starts=later)
    page, data = await visitor.get("/service"), (await visitor.get("/service.json")).json()
    assert "Move" in page.text
    assert "Theirs" not in page.text
    assert (data["state"], data["standing"], [one["text"] for one in data["planned"]]) == (
        "open",
        [],
        ["Move"],
    )
    assert data["planned"][0]["ground"]["code"] == 1
    assert "Move" in (await visitor.get("/")).text  # announced everywhere
    inside.hands.forward(days=2)
    assert (await visitor.get("/service.json")).json()["state"] == "closed"
    planned = await Stop.find_one({"text": "Move"})
    assert planned is not None
    await crew["chief"].sign_in("chief")
    await crew["chief"].post(f"/admin/stops/{planned.id}/end", {"reason": "Moved", "revision": "1"})
    data = (await visitor.get("/service.json")).json()
    assert (data["state"], [one["text"] for one in data["past"]]) == ("open", ["Move"])
    inside.hands.forward(days=90, seconds=1)
    assert (await visitor.get("/service.json")).json()["past"] == []


@contextmanager
def unanswered(program: Program) -> Iterator[None]:
    """While inside, the program's database hears nothing."""
    mongod = program.mongod
    halt(mongod)
    try:
        yield
    finally:
        os.kill(mongod, signal.SIGCONT)


async def test_it_is_told_soon_while_the_database_does_not_answer(
    program: Program, browser: OpenBrowser
) -> None:
    visitor, known = browser(), browser()
    await Member(known).sign_in("system-1")
    known.cookies.set("session", "x" * 40)
    with unanswered(program):
        for somebody in (visitor, known):
            begun = time.monotonic()
            page = await somebody.get("/service")
            assert (page.status_code, "データベースに接続できません" in page.text) == (200, True)
            assert time.monotonic() - begun < 3.5
        data = (await visitor.get("/service.json")).json()
        assert (data["state"], data["past"]) == ("disturbed", None)
    assert (await visitor.get("/service.json")).json()["state"] in ("open", "outside_hours")


async def test_a_stop_set_in_one_process_refuses_the_next_write_in_another_within_a_second(
    program: Program, browser: OpenBrowser, operator_type: RecordType
) -> None:
    applicant = await Applicant(browser(), operator_type).present_certificate()
    await applicant.begin()
    second = await program.beside(program.folder / "other", TOROKU_WORKER="false")
    with running(second) as other:
        async with other.client() as client:
            chief = await Member(client).sign_in("system-1")
            assert (await chief.post("/admin/stops", form())).status_code == 303
            begun = time.monotonic()
            while (
                await applicant.send("company", {"operator_name": "港"}, action="save")
            ).status_code != 503:
                assert time.monotonic() - begun < 1
            listed = await client.get("/admin/stops")
            address = listed.text.split('href="/admin/stops/')[1].split('"')[0]
            ended = await chief.post(f"/admin/stops/{address}/end", {"reason": "Done", "revision": "1"})
            assert ended.status_code == 303
            await asyncio.sleep(0.6)
            saved = await applicant.send("company", {"operator_name": "港"}, action="save")
            assert saved.status_code == 303


def limited(inside: Inside, **limits: Any) -> None:
    """Let the program enforce these limits."""
    described = inside.site.configuration.site.model_copy(update={"limits": Limits.model_validate(limits)})
    configuration = replace(inside.site.configuration, site=described)
    inside.site = inside.app.state.site = replace(
        inside.site, configuration=configuration, limits_watched=False
    )


async def test_one_request_too_many_is_told_in_words_and_loses_nothing(
    inside: Inside, operator_type: RecordType
) -> None:
    applicant = await Applicant(inside.browser(), operator_type).present_certificate()
    await applicant.begin()
    limited(inside, writes={"address": "4 per minute"}, sign_ins={"address": "1 per minute"})
    statuses: list[int] = []
    while statuses.count(303) < 5 and 429 not in statuses:
        answer = await applicant.send("company", {"operator_name": "港電力"}, action="save")
        statuses.append(answer.status_code)
    assert (statuses[0], statuses[-1]) == (303, 429)
    assert "港電力" in answer.text
    assert "T-W007" in answer.text
    assert 0 < int(answer.headers["retry-after"]) <= 61
    typed = {"login": "nobody", "password": "a wrong password"}
    for status in (401, 429):
        answer = await applicant.client.post("/login", data=typed)
        assert answer.status_code == status
    assert "a wrong password" not in answer.text
    assert (await applicant.client.get("/")).status_code == 200  # pages are counted apart


async def test_control_without_the_middleware_nothing_is_counted(
    inside: Inside, operator_type: RecordType
) -> None:
    limited(inside, sign_ins={"address": "1 per minute"})
    inside.leave_out("Limits")
    visitor = inside.browser()
    for _ in range(3):
        assert (await visitor.post("/login", data={"login": "a", "password": "b"})).status_code == 401


async def test_who_goes_on_is_stopped_and_lifted_by_staff_who_go_on(
    inside: Inside, crew: Mapping[str, Member]
) -> None:
    limited(inside, reads={"address": "3 per minute"}, stop={"after": 2})
    visitor = inside.browser()
    for _ in range(2):
        answers = [(await visitor.get("/terms")).status_code for _ in range(5)]
        assert answers == [200, 200, 200, 429, 429]
        await inside.site.tally.settle(partial(raise_alarm, inside.site))
        inside.hands.forward(minutes=1)
    stopped = await visitor.get("/")
    assert (stopped.status_code, "T-W008" in stopped.text) == (429, True)
    chief = crew["chief"]
    shown = await chief.client.get("/admin/stops")
    assert (shown.status_code, "127.0.0.1" in shown.text) == (200, True)
    one = (await Stop.find_all().to_list())[0]
    await chief.post(f"/admin/stops/{one.id}/end", {"reason": "Ours", "revision": "1"})
    assert (await visitor.get("/")).status_code == 200
    assert await Event.find({"action": "limit.reached"}).count() == 2


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "manner"),
    [
        ("GET", "/portal", "", {}, "reads"),
        ("GET", "/admin/records/list", "q=港", {}, "expensive"),
        ("GET", "/admin/records/list", "q=", {}, "reads"),
        ("POST", "/admin/operator/export", "", {}, "expensive"),
        ("POST", "/login", "", {}, "sign_ins"),
        ("POST", "/applications/A1/check", "", {}, "writes"),
        (
            "POST",
            "/a",
            "",
            {"content-type": "multipart/form-data; boundary=x", "content-length": "900"},
            "writes",
        ),
        (
            "POST",
            "/a",
            "",
            {"content-type": "multipart/form-data; boundary=x", "content-length": "70000"},
            "uploads",
        ),
        ("POST", "/a", "", {"content-type": "multipart/form-data; boundary=x"}, "uploads"),
    ],
)
def test_what_a_request_is_counted_as(
    method: str, path: str, query: str, headers: Mapping[str, str], manner: str
) -> None:
    heads = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"method": method, "path": path, "query_string": query.encode(), "headers": heads}
    assert manner_of(scope) == manner
