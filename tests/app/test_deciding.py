"""Decisions over HTTP: two at the same moment, twice by one, previews, comments, records that moved on, and
everything that is forged."""

import asyncio
import re
from html import unescape
from typing import Any

import httpx
import pytest
import pytest_asyncio

from models.documents.account import Account
from models.documents.guarded import update_where
from models.documents.store import Mongo
from models.letters.parts import plain
from models.schema.definition import RecordType
from models.services.identifying import actor_for
from tests.app.conftest import Inside, OpenBrowser
from tests.app.people import Member, Operator, submitted
from tests.app.routes import Door
from tests.journey.server import Program
from tests.services.changing import change_under_review, move_on

LOGINS = ("reviewer-1", "reviewer-2")
SECRET = "内緒のコメント＝秘"
"""What colleagues write to each other."""


@pytest_asyncio.fixture
async def reviewers(browser: OpenBrowser) -> list[Member]:
    return [await Member(browser()).sign_in(login) for login in LOGINS]


async def one(stored: Mongo, reference: str) -> dict[str, Any]:
    found = await stored["applications"].find_one({"reference": reference})
    assert found is not None
    return found


async def at_once(*clicks: Any) -> list[httpx.Response]:
    """The answers to clicks of the same moment, the successful first."""
    return sorted(await asyncio.gather(*clicks), key=lambda answer: answer.status_code)


async def page_of(member: Member, reference: str) -> str:
    return (await member.client.get(f"/admin/applications/{reference}")).text


async def test_of_two_who_take_on_at_the_same_moment_one_is_told_who_was_faster(
    browser: OpenBrowser, reviewers: list[Member], stored: Mongo, operator_type: RecordType
) -> None:
    applicant = await submitted(browser(), operator_type)
    reference = applicant.reference
    first, second = await at_once(*(member.step(reference, "claim") for member in reviewers))
    assert (first.status_code, second.status_code) == (303, 409)
    application = await one(stored, reference)
    assert [step["name"] for step in application["history"]] == ["submit", "claim"]
    winner = application["assignee"]["name"]
    assert re.search(rf"\d{{4}}-\d\d-\d\d \d\d:\d\d に {winner} が先に「担当する」", second.text)
    events = {"subject.id": application["_id"], "action": "application.claim"}
    assert await stored["events"].count_documents(events) == 1


async def test_control_without_the_guard_both_take_on(
    inside: Inside, operator_type: RecordType, monkeypatch: pytest.MonkeyPatch
) -> None:
    await inside.load_demo()
    members = [await Member(inside.browser()).sign_in(login) for login in LOGINS]
    applicant = await submitted(inside.browser(), operator_type)

    arrived: list[Any] = []
    both = asyncio.Event()

    async def unguarded(model: Any, where: Any, update: Any, session: Any = None) -> Any:
        arrived.append(where)
        if len(arrived) > 1:
            both.set()
        await both.wait()
        return await update_where(model, {"_id": where["_id"]}, update, session)

    monkeypatch.setattr("models.services.steps.update_where", unguarded)
    answers = await at_once(*(member.step(applicant.reference, "claim") for member in members))
    assert [answer.status_code for answer in answers] == [303, 303]


async def test_one_who_clicks_twice_is_told_kindly_and_keeps_what_was_typed(
    browser: OpenBrowser, reviewers: list[Member], stored: Mongo, operator_type: RecordType
) -> None:
    applicant = await submitted(browser(), operator_type)
    reference, (reviewer, _) = applicant.reference, reviewers
    first, second = await at_once(*(reviewer.step(reference, "claim") for _ in "12"))
    assert (first.status_code, second.status_code) == (303, 409)
    assert "「担当する」は" in second.text
    assert "二重には行われていません" in second.text
    assert len((await one(stored, reference))["history"]) == 2
    before = await one(stored, reference)
    for forged in ("x", "-1", "²", "999999999999", str(before["revision"] + 1)):
        typed = {"remark.address": "この番地", "revision": forged}
        answer = await reviewer.step(reference, "return", typed)
        assert (answer.status_code, "この番地" in answer.text) == (409, True), forged
    assert await one(stored, reference) == before


async def test_a_preview_shows_the_mail_that_goes_out_and_changes_nothing(
    browser: OpenBrowser, reviewers: list[Member], stored: Mongo, operator_type: RecordType
) -> None:
    applicant = await submitted(browser(), operator_type)
    reference, (reviewer, _) = applicant.reference, reviewers
    await reviewer.step(reference, "claim")
    before = await one(stored, reference)
    typed = {"remark.address": "番地 <b>を</b> ご確認ください。", "reason.address": "A02"}
    address = f"/admin/applications/{reference}"
    shown = await reviewer.post(f"{address}/preview/return", typed)
    assert shown.status_code == 200
    assert await one(stored, reference) == before
    assert "番地 &lt;b&gt;を&lt;/b&gt; ご確認ください。</textarea>" in shown.text
    letter = re.search(r'<div class="r-letter"[^>]*>(.*?)</div>', shown.text, re.DOTALL)
    assert letter is not None
    assert (await reviewer.step(reference, "return", typed)).status_code == 303
    mail = await stored["messages"].find_one(
        {"application_id": before["_id"], "template": "application_returned"}
    )
    assert mail is not None
    link = next(iter(mail["links"].values()))
    body = plain(mail["body"].replace(f"[[{link}]]", "（ワンタイムリンク）"), "ja").strip()
    assert unescape(letter[1]).strip() == body.replace("<（ワンタイムリンク）>", "（ワンタイムリンク）")
    assert (await reviewer.post(f"{address}/preview/approve", typed)).status_code == 404
    seen = await applicant.client.get(applicant.address)
    assert "国税庁法人番号公表サイト" in seen.text


async def doors_of(client: httpx.AsyncClient, every_door: list[Door], reference: str) -> str:
    """All that every door outside the admin says to somebody about an application."""
    found = []
    for door in every_door:
        if door.method == "GET" and not door.in_admin and not door.is_file:
            found.append((await client.get(door.path.replace("A2026-000001", reference))).text)
    return "".join(found)


async def test_no_door_and_no_mail_tells_an_applicant_a_comment(
    browser: OpenBrowser,
    reviewers: list[Member],
    stored: Mongo,
    program: Program,
    every_door: list[Door],
    operator_type: RecordType,
) -> None:
    """The control is in it: the same words stand on the reviewer's page."""
    applicant = await submitted(browser(), operator_type)
    certificate = (program.folder / "demo" / "9A01.pem").read_bytes()
    operator = await Operator(browser()).sign_in("minato-admin", certificate)
    account = await stored["accounts"].find_one({"login": "minato-admin"})
    assert account is not None
    theirs = await stored["applications"].find_one({"operator_id": account["operator_id"]})
    assert theirs is not None
    reviewer, _ = reviewers
    await reviewer.step(applicant.reference, "claim")
    for reference in (applicant.reference, theirs["reference"]):
        sent = await reviewer.post(f"/admin/applications/{reference}/comments", {"comment": SECRET})
        assert sent.status_code == 303
        assert SECRET in await page_of(reviewer, reference)
    returned = await reviewer.step(applicant.reference, "return", {"remark.address": "番地"})
    assert returned.status_code == 303
    for client, reference in (
        (applicant.client, applicant.reference),
        (operator.client, theirs["reference"]),
    ):
        told = await doors_of(client, every_door, reference)
        assert reference in told
        assert SECRET not in told
    assert SECRET not in str(await stored["messages"].find({}).to_list())
    assert SECRET not in str(await stored["applications"].find({}).to_list())
    assert SECRET not in str(await stored["events"].find({}).to_list())


async def test_hostile_comments_change_nothing(
    browser: OpenBrowser, reviewers: list[Member], stored: Mongo, operator_type: RecordType
) -> None:
    applicant = await submitted(browser(), operator_type)
    first, second = reviewers
    address = f"/admin/applications/{applicant.reference}/comments"
    assert (await first.post(address, {"comment": "@reviewer-2 <i>$where</i>"})).status_code == 303
    mine = await stored["comments"].find_one({"text": "@reviewer-2 <i>$where</i>"})
    assert mine is not None
    identifier, edited = mine["_id"], {f"comment.{mine['_id']}": "anders"}
    other = (await stored["applications"].find_one({"reference": {"$ne": applicant.reference}})) or {}
    elsewhere = f"/admin/applications/{other['reference']}/comments"
    for member, where, typed, status in (
        (first, address, {"comment": ""}, 422),
        (first, address, {"comment": "長" * 10_000, "remark.address": "残る"}, 422),
        (second, f"{address}/{identifier}/edit", edited, 422),
        (second, f"{address}/{identifier}/remove", {}, 422),
        (first, f"{elsewhere}/{identifier}/edit", edited, 422),
        (first, f"{address}/{'0' * 24}/edit", {}, 422),
        (first, f"{address}/$ne/remove", {}, 404),
        (first, f"{address}/{identifier}/drop", {}, 404),
        (first, f"/admin/applications/{applicant.reference}/rebase", {"choice.$where": "ours"}, 403),
    ):
        answer = await member.post(where, typed)
        assert answer.status_code == status, (where, typed)
        assert all(len(text) < 1000 or text in answer.text for text in typed.values())
    assert await stored["comments"].find_one({"_id": identifier}) == mine
    kept = await first.post(address, {"comment": "noch einer", "remark.address": "bleibt stehen"})
    assert kept.status_code == 200
    assert "&lt;i&gt;$where&lt;/i&gt;" in kept.text
    assert (await first.post(f"{address}/{identifier}/remove")).status_code == 303
    auditor = await Member(browser()).sign_in("auditor-1")
    assert (await auditor.post(address, {"comment": "?"})).status_code == 403


async def test_a_stale_application_is_refused_with_a_link_and_brought_up_to_date(inside: Inside) -> None:
    await inside.load_demo()
    reviewer, approver = [
        actor_for(account)
        for login in ("reviewer-1", "approver-1")
        if (account := await Account.find_one({"login": login}))
    ]
    case = await change_under_review(
        inside.site, reviewer, approver, code="Y999", representative_name="港 花子"
    )
    await move_on(inside.site, case.record, representative_name="湾岸 一郎", representative_title="社長")
    member = await Member(inside.browser()).sign_in("reviewer-1")
    second = await Member(inside.browser()).sign_in("approver-1")
    reference, address = case.application.reference, f"/admin/applications/{case.application.reference}"
    checklist = [item.name for item in inside.site.registry.current("operator").definition.review.checklist]
    assert 'name="choice.representative_name"' in await page_of(member, reference)
    revision = str(case.application.revision)
    refused = await member.post(f"{address}/rebase", {"revision": revision, "remark.address": "残る"})
    assert (refused.status_code, "残る" in refused.text) == (409, True)
    await member.step(reference, "propose", {"checklist": checklist})
    stale = await second.step(reference, "approve")
    assert stale.status_code == 409
    assert '<a href="#conflict">' in stale.text
    assert 'name="choice.representative_name"' not in stale.text
    await second.step(reference, "send_back", {"reason": "登録情報が変わりました"})
    revision = str((await one(inside.mongo, reference))["revision"])
    typed = {"revision": revision, "choice.representative_name": "theirs"}
    done = await member.post(f"{address}/rebase", typed)
    assert done.status_code == 303
    again = await member.post(f"{address}/rebase", typed)
    assert again.status_code == 409
    application = await one(inside.mongo, reference)
    assert application["data"]["representative_name"] == "湾岸 一郎"
    assert application["data"]["representative_title"] == "社長"
    page = await page_of(member, reference)
    assert "最新の登録情報に合わせる" in page
    assert 'id="conflict"' not in page
    await member.step(reference, "propose", {"checklist": checklist})
    assert (await second.step(reference, "approve")).status_code == 303
