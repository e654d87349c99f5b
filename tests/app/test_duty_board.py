"""The board of duties by HTTP: filters, the file, one operator, and what one may not ask."""

import asyncio
from pathlib import Path

import pytest

from models.documents.store import Mongo
from tests.app.conftest import OpenBrowser
from tests.app.people import Operator
from tests.app.test_requests import member
from tests.journey.server import Program

KEY = "self_assessment:yearly"
HOSTILE = (
    "duty=%3Cxss%3E:x",
    "show=%3Cxss%3E",
    "page=9999999",
    "page=-1",
    "q=%24ne%3Cxss%3E",
    "q=a%00b",
    "q=" + "あ" * 300,
)


@pytest.fixture
async def minato(browser: OpenBrowser, program: Program) -> Operator:
    certificate = (Path(program.folder) / "demo" / "9A01.pem").read_bytes()
    return await Operator(browser()).sign_in("minato-admin", certificate)


async def number_of(stored: Mongo, code: str) -> str:
    found = await stored["operators"].find_one({"data.operator_code": code})
    assert found is not None
    await waited_for_row(stored, found["_id"])
    return str(found["number"])


async def waited_for_row(stored: Mongo, operator_id: object) -> None:
    """Until the worker has looked at the operator."""
    for _ in range(200):
        if await stored["owed"].find_one({"operator_id": operator_id}):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(operator_id)


async def test_staff_find_an_operator_on_the_board_and_open_what_it_owes(
    browser: OpenBrowser, program: Program, stored: Mongo
) -> None:
    number = await number_of(stored, "9A01")
    auditor = await member(browser, "auditor-1")
    board = await auditor.client.get(f"/admin/duties?q={number}")
    assert (board.status_code, number in board.text, "みなと発電" in board.text) == (200, True, True)
    for query in ("show=overdue", f"duty={KEY}&show=overdue", "q=nobody", "missing=yes"):
        assert number not in (await auditor.client.get(f"/admin/duties?{query}")).text, query
    for query in HOSTILE:
        answer = await auditor.client.get(f"/admin/duties?{query}")
        assert (answer.status_code, "<b>x" in answer.text, "$ne<b>" in answer.text) == (200, False, False), (
            query
        )
    file = await auditor.client.get("/admin/duties/file")
    assert file.content.startswith(b"\xef\xbb\xbf")
    assert "取扱注意" in file.text.splitlines()[0]
    assert any(number in line and "時期前" in line for line in file.text.splitlines())
    page = await auditor.client.get(f"/admin/duties/of/{number}")
    assert (page.status_code, "セキュリティ対策の自己点検" in page.text) == (200, True)
    assert (await auditor.client.get("/admin/duties/of/99999999")).status_code == 404


async def test_only_who_asks_for_things_asks_and_not_before_everybody_s_day(
    browser: OpenBrowser, program: Program, stored: Mongo
) -> None:
    number = await number_of(stored, "9A01")
    page = f"/admin/duties/of/{number}/self_assessment/yearly/ask"
    reviewer, auditor = await member(browser, "reviewer-1"), await member(browser, "auditor-1")
    assert (await auditor.post(page)).status_code == 403
    refused = await reviewer.post(page)
    assert (refused.status_code, "全員に同じ日に依頼します" in refused.text) == (422, True)
    for address in (page.replace("yearly", "daily"), page.replace(number, "99999999")):
        assert (await reviewer.post(address)).status_code == 404, address


async def test_an_operator_sees_its_own_duties_and_the_days_of_the_year(
    browser: OpenBrowser, program: Program, stored: Mongo, minato: Operator
) -> None:
    await number_of(stored, "9A01")
    own = await minato.client.get("/portal/duties")
    assert (own.status_code, "セキュリティ対策の自己点検" in own.text) == (200, True)
    assert "みなと発電" not in own.text.split("<main")[1]
    year = await minato.client.get("/portal/duties/calendar")
    assert (year.status_code, "2027年6月30日" in year.text) == (200, True)
    early = await minato.client.post("/portal/duties/self_assessment/yearly")
    assert (early.status_code, "全員に同じ日に依頼します" in early.text) == (422, True)
    assert (await minato.client.post("/portal/duties/resource/yearly")).status_code == 404
    stranger = browser()
    assert (await stranger.get("/portal/duties")).status_code in (303, 401, 403)
