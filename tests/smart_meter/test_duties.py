"""Yearly duties and evidence of operation by configuration alone (R105, R106, R108)."""

from datetime import date, timedelta
from typing import Any

import pytest

from models.documents.application import Application
from models.documents.owed import Owed
from models.documents.record import Record
from models.documents.sweep import keep_place
from models.errors import AnswersInvalid, NotAllowed
from models.schema.days import months_later
from models.services import duty_board, owing
from models.services.applications import save_page
from models.services.asking import Wish, ask, ask_some
from models.services.extending import extend
from models.services.owing_asking import ask_due, begin_now
from models.services.steps import Given, take_step
from models.services.submitting import submit
from models.services.uploads import attach
from tests.services.answers import fill_in
from tests.smart_meter.desk import Desk

KEPT = {"evidence_way": "kept", "evidence_place": "文書庫"}
ASSESSMENT = {
    "methods": ["vulnerability_scan"],
    "target": "無線端末 12 台",
    "carried_out_by": "情報システム部",
    "has_findings": "no",
    "conclusion": "課題はなかった。",
    **KEPT,
}
LESSON = {"subject": "識別情報の取扱い", "form": "classroom", "content": "持出しの手順", **KEPT}
DRILL = {"subject": "端末の紛失", "form": "calling", "course": "12 分で連絡", "lessons": "なし", **KEPT}


async def owed(desk: Desk, type_name: str, operator: Record | None = None) -> Owed:
    of = operator or desk.mirai
    (row,) = await Owed.find({"type": type_name, "operator_id": of.id}).to_list()
    return row


async def reported(desk: Desk, type_name: str, answers: dict[str, Any]) -> Application:
    """Begin what is owed and hand it in."""
    application = await begin_now(desk.site, desk.people["mirai"], type_name, "yearly")
    mirai = desk.people["mirai"]
    application = await fill_in(desk.site, mirai, application, {**application.answers, **answers})
    return await submit(desk.site, mirai, application, revision=application.revision)


async def accepted(desk: Desk, application: Application) -> Application:
    application = await take_step(desk.site, desk.people["reviewer"], application, "claim")
    return await take_step(desk.site, desk.people["reviewer"], application, "accept")


async def test_three_yearly_tasks_are_owed_by_those_who_are_connected(desk: Desk) -> None:
    await keep_place(owing.NAME, None)
    while await owing.look_around(desk.site):
        pass
    rows = await Owed.find({"operator_id": desk.mirai.id}).to_list()
    assert {row.type for row in rows} == {"risk_assessment", "security_education", "response_drill"}
    assert await Owed.find({"operator_id": desk.people["takumi"].operator_id}).count() == 0
    assert {desk.site.calendar.due_day(row.due) - desk.site.today() for row in rows if row.due} == {
        timedelta(days=90)
    }


async def test_a_risk_assessment_with_its_evidence_counts_for_a_year(desk: Desk) -> None:
    today = desk.site.today()
    with pytest.raises(AnswersInvalid) as refusal:
        await reported(desk, "risk_assessment", {**ASSESSMENT, "assessed_on": "2099-01-01"})
    assert "assessed_on" in {error.path for error in refusal.value.errors}
    no_evidence = {**ASSESSMENT, "assessed_on": today.isoformat(), "evidence_way": "attached"}
    with pytest.raises(AnswersInvalid) as refusal:
        await reported(desk, "risk_assessment", no_evidence)
    assert [error.path for error in refusal.value.errors] == ["evidence"]
    await accepted(
        desk, await reported(desk, "risk_assessment", {**ASSESSMENT, "assessed_on": today.isoformat()})
    )
    row = await owed(desk, "risk_assessment")
    assert row.due is not None
    assert desk.site.calendar.due_day(row.due) == months_later(today, 12)


@pytest.mark.parametrize(
    ("kind", "table", "answers"),
    [("security_education", "attendees", LESSON), ("response_drill", "participants", DRILL)],
)
async def test_education_and_drill_say_of_every_user_whether_they_took_part(
    desk: Desk, kind: str, table: str, answers: dict[str, Any]
) -> None:
    today = desk.site.today().isoformat()
    mirai = desk.people["mirai"]
    application = await begin_now(desk.site, mirai, kind, "yearly")
    assert [row["login"] for row in application.answers[table]] == ["mirai", "mirai-user"]
    there = {"login": "mirai", "result": "attended", "took_part_on": today}
    away = {"login": "mirai-user", "result": "absent"}
    for rows, path in (([there], table), ([there, away], f"{table}.1.reason")):
        with pytest.raises(AnswersInvalid) as refusal:
            await reported(desk, kind, {**answers, "held_on": today, table: rows})
        assert [error.path for error in refusal.value.errors] == [path]
    rows = [there, {**away, "reason": "出張のため"}]
    await accepted(desk, await reported(desk, kind, {**answers, "held_on": today, table: rows}))
    found = await duty_board.of_operator(desk.site, desk.people["auditor"], desk.mirai.id)
    told = next(each for each in found if each.cell.owing.definition.name == kind)
    assert (told.cell.standing, dict(told.missing)) == ("fulfilled", {"mirai-user": "mirai-user"})
    assert not await ask_due(desk.site)


async def test_evidence_of_operation_is_asked_for_answered_returned_and_accepted(desk: Desk) -> None:
    site, reviewer, mirai = desk.site, desk.people["reviewer"], desk.people["mirai"]
    given = {"subject": "端末の管理状況", "asked_text": "台帳をお示しください。"}
    due = site.today() + timedelta(days=14)
    wish = Wish("運用状況の提示", "evidence", [desk.mirai.number], given, due=due)
    request = await ask(site, reviewer, "operation_evidence", wish)
    while await ask_some(site):
        pass
    (application,) = await Application.find({"asked.request": request.id}).to_list()
    assert (application.operator_id, site.calendar.due_day(application.due or site.now())) == (
        desk.mirai.id,
        due,
    )
    later = due + timedelta(days=7)
    for day in (due, site.today() + timedelta(days=731), date.min, date.max):
        with pytest.raises(AnswersInvalid):
            await extend(site, reviewer, application, day, "延長します。", "1" * 32)
    with pytest.raises(NotAllowed):
        await extend(site, desk.people["auditor"], application, later, "延長します。", "2" * 32)
    await extend(site, reviewer, application, later, "延長します。", "3" * 32)
    application = await fresh(application)
    assert site.calendar.due_day(application.due or site.now()) == later
    assert len(await desk.mailed("thread_message")) == 1
    typed = {"answer_text": "台帳で管理しています。", "as_of": site.today().isoformat()}
    application = await save_page(
        site, mirai, application, "shown", typed, revision=application.revision, leave=True
    )
    with pytest.raises(AnswersInvalid) as refusal:
        await submit(site, mirai, application, revision=application.revision)
    assert [error.path for error in refusal.value.errors] == ["evidence"]
    await attach(site, mirai, await fresh(application), "evidence", "台帳.pdf", b"%PDF-1.7 ledger")
    application = await fresh(application)
    application = await submit(site, mirai, application, revision=application.revision)
    application = await take_step(site, reviewer, application, "claim")
    more = Given(remarks={"answer_text": "持出しの手順もお示しください。"})
    application = await take_step(site, reviewer, application, "ask_more", more)
    typed = {"answer_text": "持出しは台帳に記します。"}
    application = await save_page(site, mirai, application, "shown", typed, revision=application.revision)
    await accepted(desk, await submit(site, mirai, application, revision=application.revision))
    record = await site.records["operation_evidence"].get((await fresh(application)).record_id)
    assert record is not None
    assert (record.data["subject"], record.data["answer_text"]) == (given["subject"], typed["answer_text"])


async def fresh(application: Application) -> Application:
    """An application as it is stored now."""
    found = await Application.get(application.id)
    assert found is not None
    return found
