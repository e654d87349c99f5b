"""Requests another site makes a browser send: refused everywhere, and nothing is done."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from models.documents.store import Mongo
from models.schema.definition import RecordType
from tests.app.conftest import Inside, OpenBrowser
from tests.app.people import Applicant, Member, submitted
from tests.app.routes import Door
from tests.journey.mailbox import Mailbox, link_in
from tests.journey.server import Program

FOREIGN: dict[str, dict[str, str]] = {
    "fetch metadata": {"sec-fetch-site": "cross-site"},
    "a sister site": {"sec-fetch-site": "same-site"},
    "origin": {"origin": "https://evil.example"},
    "no origin to tell": {"origin": "null"},
    "our name as a prefix": {"origin": "http://127.0.0.1.evil.example"},
    "metadata against origin": {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1"},
}


async def everything(mongo: Mongo) -> dict[str, Any]:
    """All that is stored, but for when a session was last seen and which events have their seal."""
    found: dict[str, Any] = {}
    for name in sorted(await mongo.list_collection_names()):
        if name in ("applications", "accounts", "messages", "links", "terms_acceptances", "certificates"):
            found[name] = await mongo[name].find().sort("_id", 1).to_list()
    found["events"] = await mongo["events"].count_documents({})
    found["sessions"] = await mongo["sessions"].count_documents({})
    return found


@pytest.mark.parametrize("way", FOREIGN)
async def test_a_request_of_another_site_is_refused_at_every_door_and_nothing_is_done(
    browser: OpenBrowser,
    inside: Inside,
    every_door: list[Door],
    operator_type: RecordType,
    way: str,
) -> None:
    await inside.load_demo()
    client = inside.browser()
    applicant = await submitted(client, operator_type)
    await Member(client).sign_in("reviewer-1")
    token = client.cookies["starlette_admin_csrftoken"]
    before = await everything(inside.mongo)
    for door in every_door:
        if door.method != "GET":
            path = door.path.replace("A2026-000001", applicant.reference)
            answer = await client.request(
                door.method, path, data={"csrftoken": token, "language": "en"}, headers=FOREIGN[way]
            )
            assert answer.status_code == 403, str(door)
            assert "set-cookie" not in answer.headers
            assert "T-P001" in answer.text
    assert await everything(inside.mongo) == before


async def test_requests_of_our_own_pages_pass(inside: Inside) -> None:
    for headers in ({"sec-fetch-site": "same-origin"}, {"origin": "http://127.0.0.1:8000"}, {}):
        answer = await inside.browser().post("/language", data={"language": "en"}, headers=headers)
        assert answer.status_code == 303
        assert "language=en" in answer.headers["set-cookie"]


async def test_control_without_the_check_another_site_withdraws_an_application(
    inside: Inside, operator_type: RecordType
) -> None:
    applicant = await submitted(inside.browser(), operator_type)
    address = f"{applicant.address}/withdraw"
    foreign = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    assert (await applicant.client.post(address, headers=foreign)).status_code == 403
    inside.leave_out("SameOrigin")
    assert (await applicant.client.post(address, headers=foreign)).status_code == 303
    found = await inside.mongo["applications"].find_one({"reference": applicant.reference})
    assert found is not None
    assert found["state"] == "withdrawn"


async def test_reading_pages_changes_nothing(inside: Inside, every_door: list[Door]) -> None:
    """A link on another site may be followed: GET answers, and does nothing (ASVS 3.5.3)."""
    await inside.load_demo()
    client = inside.browser()
    await Member(client).sign_in("reviewer-1")
    before = await everything(inside.mongo)
    for door in every_door:
        if door.method == "GET":
            await client.get(door.path, headers={"sec-fetch-site": "cross-site"})
    assert await everything(inside.mongo) == before


# --- The name the browser thinks it speaks to ---------------------------------------------------------------

HOSTS = ("evil.example", "127.0.0.1.evil.example", "evil.example:80", "127.0.0.1@evil.example", "")


@pytest.mark.parametrize("host", HOSTS)
async def test_a_foreign_host_is_refused(browser: OpenBrowser, host: str) -> None:
    for method, path in (("GET", "/"), ("POST", "/status"), ("GET", "/admin/login"), ("GET", "/healthz")):
        answer = await browser().request(method, path, headers={"host": host})
        assert answer.status_code in (400, 403)
        assert "evil" not in answer.text + str(answer.headers)


async def test_control_without_the_list_of_hosts_a_foreign_one_is_served(inside: Inside) -> None:
    assert (await inside.browser().get("/", headers={"host": "evil.example"})).status_code == 400
    inside.leave_out("TrustedHostMiddleware")
    assert (await inside.browser().get("/", headers={"host": "evil.example"})).status_code == 200


async def test_no_header_changes_where_mailed_links_and_redirects_lead(
    browser: OpenBrowser, program: Program, mailbox: Mailbox, operator_type: RecordType
) -> None:
    applicant = await Applicant(browser(), operator_type).present_certificate()
    await applicant.begin()
    forwarded = {
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "https",
        "forwarded": "host=evil.example",
        "x-host": "evil.example",
        "x-original-url": "/admin/queue",
    }
    applicant.client.headers.update(forwarded)
    answer = await applicant.client.post(f"{applicant.address}/save", data={"email": "host@example.jp"})
    assert answer.status_code == 200
    assert link_in(mailbox.wait_for("host@example.jp")).startswith(f"{program.url}/links/")
    for path in ("/admin", "/portal", "/admin/queue", "/"):
        answer = await applicant.client.get(path)
        assert "evil" not in answer.text + str(answer.headers)


ELSEWHERE = (
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "\r\n//evil.example",
    "javascript:1",
)


async def test_nobody_is_sent_elsewhere_after_signing_in(browser: OpenBrowser) -> None:
    for wanted in (
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/%0d%0a//evil.example",
        "javascript:1",
    ):
        client: httpx.AsyncClient = browser()
        answer = await client.post("/language", data={"language": "ja", "next": wanted})
        assert answer.status_code == 303
        assert httpx.URL(answer.headers["location"]).host == ""
        await client.get("/admin/login")
        member = Member(client)
        typed = {"login": "reviewer-1", "password": "toroku-demo-2026"}
        answer = await member.post(f"/admin/login?next={quote(wanted)}", typed)
        assert answer.headers["location"] == "/admin/"
