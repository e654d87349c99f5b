"""The pages of a registered record and of corrections, over HTTP, and what should not be sent to them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from bson import ObjectId
from httpx import AsyncClient

from models.documents.store import Mongo
from tests.app.conftest import OpenBrowser
from tests.app.people import Member, Operator
from tests.forms.reader import Document
from tests.journey.server import Program

HOSTILE = ("", "x", "6b0273ffae5103cee72a7337", "[$ne]", "../..", "\u0000", "9" * 10_000)


async def member(browser: OpenBrowser, login: str) -> Member:
    return await Member(browser()).sign_in(login)


@pytest_asyncio.fixture
async def plant(stored: Mongo) -> AsyncIterator[dict[str, Any]]:
    """A registered resource with its first version, made for one test and taken away after it."""
    owner = await stored["operators"].find_one({"data.operator_code": "9A01"})
    assert owner is not None
    found = await stored["resources"].find_one({"lifecycle": "active", "operator_id": owner["_id"]})
    assert found is not None
    version = await stored["record_versions"].find_one({"record_id": found["_id"], "revision": 1})
    assert version is not None
    record = {**found, "_id": ObjectId(), "number": "9999999990", "title": "試験発電所"}
    point = found["data"]["receiving_point_number"][:-4] + "9990"
    code = found["data"]["grid_code"][:-2] + "Z9"
    changed = {"resource_name": "試験発電所", "receiving_point_number": point, "grid_code": code}
    record["data"] = {**found["data"], **changed}
    record["revision"] = 1
    await stored["resources"].insert_one(record)
    await stored["record_versions"].insert_one({**version, "_id": ObjectId(), "record_id": record["_id"]})
    yield record
    await stored["resources"].delete_one({"_id": record["_id"]})
    await stored["record_versions"].delete_many({"record_id": record["_id"]})
    await stored["applications"].delete_many({"record_id": record["_id"]})


async def text_of(client: AsyncClient, address: str, status: int = 200) -> str:
    answer = await client.get(address)
    assert answer.status_code == status, answer.text[:2000]
    return answer.text


async def test_a_step_is_told_taken_once_and_kept_in_the_history(
    browser: OpenBrowser, plant: dict[str, Any], stored: Mongo
) -> None:
    approver = await member(browser, "approver-1")
    one = f"pk={plant['_id']}"
    told = await text_of(approver.client, f"/admin/resource/step?{one}&step=suspend")
    assert "登録の状態が変わりました" in told
    typed = {"pk": str(plant["_id"]), "step": "suspend", "reason": "調査のため<b>", "revision": "1"}
    refused = await approver.post("/admin/resource/step", {**typed, "reason": " "})
    stale = await approver.post("/admin/resource/step", {**typed, "revision": "9"})
    assert (refused.status_code, stale.status_code) == (422, 409)
    assert "調査のため" in stale.text
    assert (await approver.post("/admin/resource/step", typed)).status_code == 303
    again = await approver.post("/admin/resource/step", typed)
    assert (again.status_code, "先に" in again.text) == (409, True)
    history = await text_of(approver.client, f"/admin/resource/history?{one}")
    assert "調査のため&lt;b&gt;" in history
    assert await stored["record_versions"].count_documents({"record_id": plant["_id"]}) == 2


async def test_only_those_the_lifecycle_names_are_offered_a_step(
    browser: OpenBrowser, plant: dict[str, Any]
) -> None:
    one = f"pk={plant['_id']}"
    for login, offered in (("approver-1", True), ("reviewer-1", False), ("auditor-1", False)):
        client = (await member(browser, login)).client
        page = await text_of(client, f"/admin/resource/detail?{one}")
        assert ("step=suspend" in page) is offered, login
        assert (await client.get(f"/admin/resource/step?{one}&step=suspend")).status_code == (
            200 if offered else 403
        )


async def test_a_correction_is_filled_in_inside_the_admin_and_waits_for_somebody_else(
    browser: OpenBrowser, plant: dict[str, Any], stored: Mongo
) -> None:
    reviewer = await member(browser, "reviewer-1")
    of = f"/admin/corrections/of/resource/{plant['_id']}"
    assert (await reviewer.post(of, {"reason": ""})).status_code == 409
    begun = await reviewer.post(of, {"reason": "名称の誤り"})
    base = begun.headers["location"].removesuffix("/check")
    assert (await reviewer.post(of, {"reason": "名称の誤り"})).headers["location"] == base  # a double click
    unchanged = await reviewer.post(f"{base}/check", {"revision": "0"})
    assert (unchanged.status_code, "まだ何も変更されていません" in unchanged.text) == (409, True)
    page = Document(await text_of(reviewer.client, f"{base}/pages/basics"))
    typed = [pair for pair in page.sent() if pair[0] not in ("resource_name", "csrftoken", "action")]
    saved = await reviewer.post(
        f"{base}/pages/basics", {**dict(typed), "resource_name": "改名発電所", "action": "next"}
    )
    assert saved.status_code == 303, saved.text
    assert "改名発電所" in await text_of(reviewer.client, f"{base}/check")
    assert (await reviewer.post(f"{base}/check", {"revision": "1"})).status_code == 303
    application = await stored["applications"].find_one({"record_id": plant["_id"], "by_staff": True})
    assert application is not None
    assert (application["state"], application["ground"]) == ("submitted", "名称の誤り")
    own = await reviewer.step(application["reference"], "claim")
    assert own.status_code == 403
    second = await member(browser, "reviewer-2")
    assert (await second.step(application["reference"], "claim")).status_code == 303
    assert (await second.client.get(base)).status_code == 404


async def test_an_operator_finds_no_correction_behind_any_door(
    browser: OpenBrowser, plant: dict[str, Any], stored: Mongo, program: Program
) -> None:
    reviewer = await member(browser, "reviewer-1")
    begun = await reviewer.post(f"/admin/corrections/of/resource/{plant['_id']}", {"reason": "内密の事由"})
    reference = begun.headers["location"].split("/")[3]
    certificate = (program.folder / "demo" / "9A01.pem").read_bytes()
    operator = await Operator(browser()).sign_in("minato-admin", certificate)
    for address in (f"/applications/{reference}", f"/applications/{reference}/pages/basics"):
        assert (await operator.client.get(address)).status_code == 404
    for address in ("/portal", f"/portal/resource/{plant['number']}"):
        page = await operator.client.get(address)
        assert reference not in page.text
        assert "内密の事由" not in page.text


async def test_a_record_on_a_day_is_marked_and_days_that_are_none_are_refused(
    browser: OpenBrowser, plant: dict[str, Any]
) -> None:
    client = (await member(browser, "auditor-1")).client
    one = f"/admin/resource/detail?pk={plant['_id']}"
    assert "第 1 版" in await text_of(client, f"{one}&version=1")
    for day in ("9999-12-31", "2026-02-30", "[$gt]", "1900-01-01"):
        await text_of(client, f"{one}&on={day}", 422)
    await text_of(client, f"{one}&version=99", 404)
    for text in HOSTILE[1:]:
        assert (await client.get(one, params={"on": text, "pk": str(plant["_id"])})).status_code in (200, 422)


async def test_forged_keys_are_no_page_and_no_error(browser: OpenBrowser, plant: dict[str, Any]) -> None:
    approver = await member(browser, "approver-1")
    for text in HOSTILE:
        for page in ("detail", "history", "related", "step", "file"):
            answer = await approver.client.get(f"/admin/resource/{page}", params={"pk": text, "step": text})
            assert answer.status_code in (404, 431), (page, text[:20], answer.status_code)
    one = str(plant["_id"])
    for query in ({"a": "x", "b": "2"}, {"a": "1", "b": "77"}, {"before": "-1"}, {"before": "9" * 50}):
        answer = await approver.client.get("/admin/resource/history", params={"pk": one, **query})
        assert answer.status_code in (200, 404)
    assert (await approver.client.get(f"/admin/operator/detail?pk={one}")).status_code == 404
    assert (await approver.client.get(f"/admin/corrections/of/nothing/{one}")).status_code == 404
    for address in ("A2026-999999", "static/toroku.css", f"of/static/{one}"):
        assert (await approver.client.get(f"/admin/corrections/{address}")).status_code == 404, address


DAMAGE: tuple[dict[str, Any], ...] = (
    {"data": "text", "schema_version": "one"},
    {"lifecycle": 7, "title": None, "revision": None, "updated_at": "yesterday"},
    {"attic": {"path": 1}, "data": {"units": "no rows", "delivery_fiscal_year": {"$": 1}}, "operator_id": 3},
    {"stamps": [1], "created_at": None, "lifecycle": "unheard_of"},
)


async def test_a_damaged_record_says_so_on_every_page(
    browser: OpenBrowser, plant: dict[str, Any], stored: Mongo
) -> None:
    approver = await member(browser, "approver-1")
    one = f"pk={plant['_id']}"
    for broken in DAMAGE:
        document = {**plant, **broken}
        await stored["resources"].replace_one(
            {"_id": plant["_id"]}, document, bypass_document_validation=True
        )
        page = await text_of(approver.client, f"/admin/resource/detail?{one}")
        assert "保存内容に異常があります" in page or broken["lifecycle"] in page
        for other in ("history", "related"):
            await text_of(approver.client, f"/admin/resource/{other}?{one}")
        typed = {"pk": str(plant["_id"]), "step": "suspend", "reason": "x", "revision": "1"}
        assert (await approver.post("/admin/resource/step", typed)).status_code in (404, 409)
        answer = await approver.post(f"/admin/corrections/of/resource/{plant['_id']}", {"reason": "x"})
        assert answer.status_code == 409
