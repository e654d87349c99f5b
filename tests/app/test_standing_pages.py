"""Interruptions, legal holds, redactions and retention on the admin's pages."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from bson import ObjectId

from models.documents.store import Mongo
from tests.app.conftest import OpenBrowser
from tests.app.people import Member
from tests.app.test_record_pages import member, plant, text_of

__all__ = ["plant"]


@pytest_asyncio.fixture
async def company(stored: Mongo) -> AsyncIterator[dict[str, Any]]:
    """A registered operator of its own, taken away after the test."""
    found = await stored["operators"].find_one({"data.operator_code": "9B02"})
    assert found is not None
    identity = ObjectId()
    data = {**found["data"], "operator_code": "9Z99", "operator_name": "試験事業者"}
    own = {"_id": identity, "operator_id": identity, "number": "99999999", "title": "試験事業者"}
    record = {**found, **own, "data": data, "revision": 1, "lifecycle": "active"}
    await stored["operators"].insert_one(record)
    yield record
    await stored["operators"].delete_one({"_id": identity})
    await stored["record_versions"].delete_many({"record_id": identity})
    await stored["stops"].delete_many({"key": f"operator:{identity}"})


async def test_an_interruption_asks_for_ground_and_day_and_keeps_what_was_typed(
    browser: OpenBrowser, company: dict[str, Any], stored: Mongo
) -> None:
    approver = await member(browser, "approver-1")
    one = f"pk={company['_id']}"
    form = await text_of(approver.client, f"/admin/operator/step?{one}&step=suspend")
    assert 'name="ground"' in form
    assert 'name="review_on"' in form
    typed = {"pk": str(company["_id"]), "step": "suspend", "reason": "照会中<b>", "revision": "1"}
    for wrong, field in (({}, "ground"), ({"ground": "feared", "review_on": "x"}, "review_on")):
        refused = await approver.post("/admin/operator/step", {**typed, **wrong})
        assert refused.status_code == 422
        assert f'id="{field}-error"' in refused.text
        assert "照会中&lt;b&gt;" in refused.text
    taken = await approver.post("/admin/operator/step", {**typed, "ground": "feared"})
    assert taken.status_code == 303
    assert await stored["stops"].count_documents({"key": f"operator:{company['_id']}", "ended": None}) == 1
    history = await text_of(approver.client, f"/admin/operator/history?{one}")
    assert "おそれがある" in history
    lifted = {**typed, "step": "resume", "revision": "2"}
    assert (await approver.post("/admin/operator/step", lifted)).status_code == 303
    assert await stored["stops"].count_documents({"key": f"operator:{company['_id']}", "ended": None}) == 0


async def test_a_hold_is_put_on_seen_at_the_registration_and_lifted_by_another(
    browser: OpenBrowser, plant: dict[str, Any], stored: Mongo
) -> None:
    approver, auditor = await member(browser, "approver-1"), await member(browser, "auditor-1")
    typed = {"type": "resource", "number": "0", "reason": "係争中<b>"}
    missing = await approver.post("/admin/holds", typed)
    assert missing.status_code == 422
    assert "係争中&lt;b&gt;" in missing.text
    put = await approver.post("/admin/holds", {**typed, "number": plant["number"]})
    assert put.status_code == 303
    there = put.headers["location"].partition("?")[0]
    assert "係争中&lt;b&gt;" in await text_of(approver.client, f"/admin/resource/detail?pk={plant['_id']}")
    reason = {"reason": "終結", "revision": "1"}
    assert (await approver.post(f"{there}/propose", reason)).status_code == 303
    assert (await approver.post(f"{there}/lift", {"revision": "2"})).status_code == 403
    assert (await auditor.post(f"{there}/vanish", {"revision": "2"})).status_code == 404
    assert (await auditor.post(f"{there}/lift", {"revision": "2"})).status_code == 303
    assert await stored["holds"].count_documents({"over.id": plant["_id"], "standing": True}) == 0


async def test_a_redacted_text_is_gone_from_the_page_and_uncovered_one_at_a_time(
    browser: OpenBrowser, plant: dict[str, Any]
) -> None:
    approver, auditor = await member(browser, "approver-1"), await member(browser, "auditor-1")
    of = f"/admin/redactions/of/resource/{plant['_id']}"
    assert (await auditor.client.get(of)).status_code == 403
    refused = await approver.post(of, {"field": "resource_id", "reason": "x"})
    assert refused.status_code == 422
    made = await approver.post(of, {"field": "resource_name", "reason": "名誉毀損"})
    assert made.status_code == 303
    detail = await text_of(approver.client, f"/admin/resource/detail?pk={plant['_id']}")
    assert "伏せられています" in detail
    assert "試験発電所" not in detail
    there = made.headers["location"].partition("?")[0]
    assert "試験発電所" not in await text_of(auditor.client, there)
    assert "試験発電所" in (await auditor.post(f"{there}/reveal", {})).text
    assert (await auditor.post(f"{there}/restore", {"reason": "x"})).status_code == 403


async def test_a_retention_report_waits_for_a_second_person_and_is_taken_as_a_file(
    browser: OpenBrowser, stored: Mongo
) -> None:
    keeper, approver = await member(browser, "system-1"), await member(browser, "approver-1")
    page = await text_of(keeper.client, "/admin/retention")
    assert "業務データ" in page
    assert (await approver.post("/admin/retention", {})).status_code == 403
    asked = await keeper.post("/admin/retention", {})
    assert asked.status_code == 303
    there = asked.headers["location"].partition("?")[0]
    try:
        assert (await keeper.post(f"{there}/approve", {"revision": "1"})).status_code == 403
        early = await approver.post(f"{there}/approve", {"revision": "1"})
        assert early.status_code == 409
        taken = await keeper.client.get(f"{there}/report")
        assert (taken.status_code, taken.headers["content-type"][:8]) == (200, "text/csv")
        assert taken.content.startswith(b"\xef\xbb\xbfkind,type,label")
    finally:
        await stored["retention_runs"].update_many({"live": True}, {"$set": {"live": False}})


async def test_reviewers_see_holds_and_nothing_of_retention_or_redactions(browser: OpenBrowser) -> None:
    reviewer: Member = await member(browser, "reviewer-1")
    statuses = [
        (await reviewer.client.get(f"/admin/{page}")).status_code
        for page in ("holds", "retention", "redactions")
    ]
    assert statuses == [200, 403, 403]
