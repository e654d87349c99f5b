"""Cases and requests by HTTP: begun, asked, answered and looked at where people really do it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from models.documents.store import Mongo
from tests.app.conftest import OpenBrowser
from tests.app.people import Member, Operator
from tests.journey.server import Program


async def member(browser: OpenBrowser, login: str) -> Member:
    return await Member(browser()).sign_in(login)


async def operator(browser: OpenBrowser, program: Program, login: str = "minato-admin") -> Operator:
    certificate = (Path(program.folder) / "demo" / "9A01.pem").read_bytes()
    return await Operator(browser()).sign_in(login, certificate)


async def waited_for(stored: Mongo, where: dict[str, Any]) -> dict[str, Any]:
    """The application as soon as the worker has made it."""
    for _ in range(200):
        found = await stored["applications"].find_one(where)
        if found is not None:
            return dict(found)
        await asyncio.sleep(0.1)
    raise AssertionError(where)


ASKED = {"title": "役員の変更に伴う確認", "subject": "役員の変更", "ground": "antisocial", "whom": "some"}


async def test_staff_ask_and_the_operator_finds_it_first_and_asks_back(
    browser: OpenBrowser, program: Program, stored: Mongo
) -> None:
    reviewer = await member(browser, "reviewer-1")
    page = "/admin/requests/new/investigation"
    token = "0" * 31 + "1"
    own = await stored["operators"].find_one({"data.operator_code": "9A01"})
    assert own is not None
    typed = {**ASKED, "token": token, "asked_text": "お知らせください<b>。", "operator": own["number"]}
    found = await reviewer.post(page, {**typed, "operator": "", "q": "みなと", "find": "yes"})
    assert (found.status_code, await stored["requests"].count_documents({"round": {"$regex": token}})) == (
        200,
        0,
    )
    assert f'value="{own["number"]}"> {own["title"]} <small>' in found.text
    kept = await reviewer.post(page, {**typed, "q": "どこにもない", "find": "yes"})
    assert f'value="{own["number"]}" checked> {own["title"]}' in kept.text
    refused = await reviewer.post(page, {**typed, "subject": "", "numbers": "99999999"})
    assert refused.status_code == 422
    for text in ("調査の件名を入力してください", "99999999", "お知らせください&lt;b&gt;。"):
        assert text in refused.text
    made = await reviewer.post(page, typed)
    again = await reviewer.post(page, typed)
    assert (made.status_code, again.headers["location"]) == (303, made.headers["location"])
    application = await waited_for(stored, {"asked.round": {"$regex": token}})
    minato = await operator(browser, program)
    assert f"/portal/asked/{application['reference']}" in (await minato.client.get("/portal")).text
    about = f"/portal/asked/{application['reference']}"
    assert about in (await minato.client.get(f"/applications/{application['reference']}")).text
    asked = (await minato.client.get(about)).text
    assert "お知らせください&lt;b&gt;。" in asked
    assert f'href="/applications/{application["reference"]}/pages/' in asked
    assert (await minato.client.post(about, data={"text": " ", "key": "a" * 32})).status_code == 422
    written = await minato.client.post(about, data={"text": "様式は<i>ありますか", "key": "b" * 32})
    assert written.status_code == 303
    told = await reviewer.client.get(f"/admin/requests/about/{application['reference']}")
    assert "様式は&lt;i&gt;ありますか" in told.text
    listed = await reviewer.client.get(made.headers["location"])
    assert application["reference"] in listed.text
    everything = (await reviewer.client.get("/admin/requests")).text
    assert f"{own['title']} <small>{own['number']}</small>" in everything
    file = await reviewer.client.get(f"{made.headers['location']}/file")
    assert file.content.startswith(b"\xef\xbb\xbf")
    assert "取扱注意" in file.text.splitlines()[0]


async def test_a_request_is_nobody_elses(browser: OpenBrowser, program: Program, stored: Mongo) -> None:
    found = await stored["applications"].find_one({"operator_name": {"$regex": "みなと"}, "asked": None})
    assert found is not None
    minato = await operator(browser, program)
    for reference in (found["reference"], "A2026-999999"):
        assert (await minato.client.get(f"/portal/asked/{reference}")).status_code == 404
    for address in ("/portal/violation", "/portal/cancellation"):
        assert (await minato.client.get(address)).status_code == 404, address
    assert "禁止行為の記録" not in (await minato.client.get("/portal")).text
    assert (await minato.client.get("/apply/violation")).status_code in (403, 404)
    auditor = await member(browser, "auditor-1")
    assert (await auditor.client.get("/admin/requests")).status_code == 200
    assert (await auditor.client.get("/admin/requests/new/investigation")).status_code == 403
    assert (await auditor.client.get("/admin/disclosures")).status_code == 200


@pytest.mark.parametrize("login", ["reviewer-2"])
async def test_a_case_is_begun_about_an_operator_that_is_found_by_its_name(
    browser: OpenBrowser, stored: Mongo, login: str
) -> None:
    reviewer = await member(browser, login)
    sought = await reviewer.client.get("/admin/cases/new/violation?q=みなと")
    own = await stored["operators"].find_one({"data.operator_code": "9A01"})
    assert own is not None
    assert own["number"] in sought.text
    wrong = await reviewer.post("/admin/cases/new/violation", {"operator": "404", "ground": "通報<b>"})
    assert (wrong.status_code, "通報&lt;b&gt;" in wrong.text) == (422, True)
    begun = await reviewer.post("/admin/cases/new/violation", {"operator": own["number"], "ground": "通報"})
    assert begun.status_code == 303
    page = begun.headers["location"]
    base, form = page.removesuffix("/pages/act"), await reviewer.client.get(page)
    assert (form.status_code, "禁止行為の類型" in form.text) == (200, True)
    assert (await (await member(browser, "reviewer-1")).client.get(base)).status_code == 404
    gone = await reviewer.post(f"{base}/discard", {"revision": "0"})
    assert (gone.status_code, gone.headers["location"]) == (303, "/admin/cases")
