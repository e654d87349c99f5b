"""The system screens over HTTP: who sees them, what they do, and what they make of bad input."""

import asyncio
from collections.abc import Mapping

import pytest_asyncio

from app.demo import PASSWORD
from models.documents.account import Account
from models.documents.base import new_id
from models.documents.event import Event
from models.documents.job import Job
from models.documents.session import BrowserSession
from models.services.passwords import hash_password
from models.services.sealing import VERIFIED, seal
from tests.app.conftest import Inside
from tests.app.people import Member

STAFF = {"chief": "system_administrator", "watcher": "auditor", "clerk": "reviewer"}

Crew = Mapping[str, Member]


@pytest_asyncio.fixture
async def crew(inside: Inside) -> Crew:
    """Three members of staff, signed in."""
    members, hashed = {}, hash_password(PASSWORD)
    for login, role in STAFF.items():
        facts = {"login": login, "kind": "staff", "name": login.title(), "email": f"{login}@example.jp"}
        known = {"roles": [role], "status": "active", "password_hash": hashed, "created_at": inside.hands()}
        await Account.model_validate({**facts, **known}).insert()
        members[login] = await Member(inside.browser()).sign_in(login)
    return members


async def test_each_screen_is_for_those_the_table_names(crew: Crew) -> None:
    seen = {
        "/admin/": {"chief", "watcher", "clerk"},
        "/admin/accounts/list": {"chief", "watcher"},
        "/admin/certificates/list": {"chief", "watcher"},
        "/admin/events/list": {"chief", "watcher"},
        "/admin/terms/list": {"chief", "watcher", "clerk"},
        "/admin/jobs/list": {"chief", "watcher", "clerk"},
        "/admin/calendar": {"chief", "watcher", "clerk"},
        "/admin/stops": {"chief", "watcher", "clerk"},
    }
    for address, known in seen.items():
        answers = {name: (await member.client.get(address)).status_code for name, member in crew.items()}
        assert {name for name, status in answers.items() if status == 200} == known, address
        assert set(answers.values()) <= {200, 403}, address
    posts = {
        "/admin/calendar/2099-01-01": {"business": "no", "reason": "x", "revision": "0"},
        "/admin/stops": {"level": "closed", "code": "1", "text": "x"},
        f"/admin/accounts/{new_id()}/end": {},
    }
    for address, typed in posts.items():
        for name in ("watcher", "clerk"):
            assert (await crew[name].post(address, typed)).status_code in (403, 404), address
    assert await Event.find({"action": {"$in": ["calendar.day_set", "stop.set"]}}).count() == 0


async def test_days_are_set_on_the_calendar_and_bad_input_changes_nothing(inside: Inside, crew: Crew) -> None:
    chief, day = crew["chief"], f"{inside.site.today().year + 1}-02-03"
    for month in ("2026-02", "9999-99", "$gt", "x" * 10_000, "1000-01"):
        assert (await chief.client.get("/admin/calendar", params={"month": month})).status_code == 200
    for text in ("2026-02-30", "9999-01-01", "$where", "1.5"):
        assert (await chief.client.get(f"/admin/calendar/{text}")).status_code == 404
    bad = (
        {"business": "no", "reason": "", "revision": "0"},
        {"business": "yes", "begin": "18:00", "end": "09:00", "reason": "x", "revision": "0"},
        {"business": "no", "reason": "x" * 10_000, "revision": "0"},
        {"business": "no", "reason": "x", "revision": "$ne"},
    )
    for typed in bad:
        answer = await chief.post(f"/admin/calendar/{day}", typed)
        assert 400 <= answer.status_code < 500, typed
    assert dict(inside.site.calendar.single_days) == {}
    typed = {"business": "no", "reason": "<i>Typhoon</i>", "revision": "0"}
    assert (await chief.post(f"/admin/calendar/{day}", typed)).status_code == 303
    shown = await crew["clerk"].client.get("/admin/calendar", params={"month": day[:7]})
    assert "&lt;i&gt;Typhoon" in shown.text
    assert (await chief.post(f"/admin/calendar/{day}", typed)).status_code == 409
    assert (await chief.post(f"/admin/calendar/{day}/clear", {"revision": "1"})).status_code == 303


async def test_sessions_end_jobs_are_stopped_and_the_chain_is_proved(inside: Inside, crew: Crew) -> None:
    chief, watcher = crew["chief"], crew["watcher"]
    clerk = await Account.find_one({"login": "clerk"})
    assert clerk is not None
    assert "httpx" in (await chief.client.get(f"/admin/accounts/detail?pk={clerk.id}")).text
    assert (await chief.post(f"/admin/accounts/{clerk.id}/end")).status_code == 303
    assert await BrowserSession.find({"account_id": clerk.id}).count() == 0
    assert (await crew["clerk"].client.get("/admin/")).status_code == 303
    job = Job(kind="rewrite", type="resource", lane="resource", total=10, done=4, created_at=inside.hands())
    await job.insert()
    page = await watcher.client.get(f"/admin/jobs/detail?pk={job.id}")
    assert (page.headers["refresh"], "<progress" in page.text) == ("3", True)
    assert (await watcher.post(f"/admin/jobs/{job.id}/cancel")).status_code == 404
    assert (await chief.post(f"/admin/jobs/{job.id}/cancel")).status_code == 303
    assert (await chief.post(f"/admin/jobs/{job.id}/cancel")).status_code == 409
    assert (await chief.post(f"/admin/jobs/{job.id}/resume")).status_code == 303
    await Job.raw().update_one({"_id": job.id}, {"$set": {"done": "many", "kind": 7, "failed": "?"}})
    assert (await chief.client.get("/admin/jobs/list")).status_code == 200
    assert "a-notice--warning" in (await chief.client.get(f"/admin/jobs/detail?pk={job.id}")).text
    await seal(inside.site)
    await watcher.post("/admin/events/verify")
    assert await proved() is True
    await Event.raw().update_one({"sequence": 2}, {"$set": {"actor.name": "nobody"}})
    inside.hands.forward(minutes=2)
    await watcher.post("/admin/events/verify")
    assert await proved(2) is False
    assert "a-badge--bad" in (await watcher.client.get("/admin/events/list")).text


async def proved(times: int = 1) -> bool:
    """Whether the chain held, as the last proof tells."""
    for _ in range(100):
        found = await Event.find({"action": VERIFIED}).sort("_id").to_list()
        if len(found) == times:
            return bool(found[-1].details["holds"])
        await asyncio.sleep(0.05)
    raise AssertionError("the chain was not proved")
