"""Cutting a connection off and restoring it, by both entries (R95 to R98)."""

import pytest

from models.documents.record import Record, RecordVersion
from models.errors import AnswersInvalid, ConsentMissing, DuplicateValue, NotAllowed, NotFound
from models.language import Text
from models.services import consents, desks, lifecycles, measures
from tests.smart_meter.desk import Desk
from tests.smart_meter.filed import ANOTHER, CHECKED, ORDER, RESOLVED, an_event

SECURITY = "security@mirai.example.jp"
GRID = "desk@grid.example.jp"
STEP = "order_reconnection"
GRID_COMPANY = Text(ja="中部電力パワーグリッド株式会社", en="Chubu Electric Power Grid Co., Inc.")


async def cut(desk: Desk, who: str = "mirai", **event: object) -> Record:
    """An event that came to a disconnection."""
    record = await desk.file(who, "disconnection", an_event(desk, **event))
    record = await desk.take("reviewer", record, "cut_off", **ORDER)
    return await desk.take("reviewer", record, "carry_out")


async def resolved(desk: Desk) -> Record:
    """A disconnection whose cause is said to be over."""
    record = await desk.take("mirai", await cut(desk), "acknowledge")
    return await desk.take("mirai", record, "complete", **RESOLVED)


async def agree(desk: Desk, who: str, record: Record, party: str) -> Record:
    """Somebody says for a party that there is no problem."""
    now = await desk.again(record)
    return await consents.give(desk.site, desk.people[who], now, STEP, party, revision=now.revision)


async def restore(desk: Desk, record: Record) -> Record:
    """From both consents to the end, so that the connection is free for the next test."""
    await agree(desk, "mirai", record, "operator")
    await agree(desk, "approver", record, "staff")
    await desk.take("reviewer", record, STEP)
    record = await desk.take("reviewer", record, "confirm_connection", **CHECKED)
    return await desk.take("reviewer", record, "close")


async def test_an_operators_report_comes_to_a_cut_and_back_to_a_connection(desk: Desk) -> None:
    record = await desk.file("mirai", "disconnection", an_event(desk))
    assert (record.lifecycle, record.origin, record.data["entry"]) == ("registered", "operator", "report")
    assert await desk.mailed("event_registered") == [GRID]

    record = await desk.take("reviewer", record, "cut_off", **ORDER)
    assert (await desk.again(desk.connection)).lifecycle == "connected"
    record = await desk.take("approver", record, "carry_out")
    assert (await desk.again(desk.connection)).lifecycle == "disconnected"
    assert await desk.mailed("disconnection_cut") == [SECURITY]

    desk.hands.forward(hours=3)
    record = await desk.take("mirai-user", record, "acknowledge")
    record = await desk.take("mirai", record, "complete", **RESOLVED)
    await agree(desk, "approver", record, "staff")
    await agree(desk, "mirai", record, "operator")
    record = await desk.take("reviewer", record, STEP)
    record = await desk.take("reviewer", record, "confirm_connection", **CHECKED)
    record = await desk.take("reviewer", record, "close")
    assert (await desk.again(desk.connection)).lifecycle == "connected"
    assert await desk.mailed("disconnection_restored") == [SECURITY]

    versions = await desk.versions(record)
    assert [(each.transition, each.consent or each.by.name) for each in versions] == [
        ("", "mirai"),
        ("cut_off", "reviewer"),
        ("carry_out", "approver"),
        ("acknowledge", "mirai-user"),
        ("complete", "mirai"),
        (STEP, "given"),
        (STEP, "given"),
        (STEP, "reviewer"),
        ("confirm_connection", "reviewer"),
        ("close", "reviewer"),
    ]
    times = {each.label: each for each in measures.of_record(desk.site, record, versions)}
    downtime = times[Text(ja="遮断時間", en="Time disconnected")]
    assert (downtime.elapsed.total_seconds(), downtime.is_running) == (3 * 3600, False)


async def test_our_own_vulnerability_begins_at_the_decision_without_a_report(desk: Desk) -> None:
    record = await desk.file("reviewer", "disconnection", an_event(desk, entry="own_side", found_in=["hes"]))
    assert (record.lifecycle, record.origin) == ("own_side", "staff")
    with pytest.raises(AnswersInvalid) as refused:
        await desk.take("approver", record, "cut_off", **{**ORDER, "condition": "2"})
    assert [(each.path, each.key) for each in refused.value.errors] == [
        ("condition", "own_side_is_condition_1")
    ]
    record = await desk.take("approver", record, "cut_off", **ORDER)
    record = await desk.take("approver", record, "carry_out")
    record = await desk.take("mirai", record, "acknowledge_own_side")
    assert record.lifecycle == "working_own"
    with pytest.raises(NotAllowed):
        await desk.take("mirai", record, "complete_own_side", **RESOLVED)
    record = await desk.take("reviewer", record, "complete_own_side", **RESOLVED)
    assert (await restore(desk, record)).lifecycle == "closed"


async def test_what_we_detect_ourselves_is_judged_first(desk: Desk) -> None:
    record = await desk.file("reviewer", "disconnection", an_event(desk, entry="detection"))
    assert record.lifecycle == "registered"
    record = await desk.take("reviewer", record, "watch", "通信量を見守ります。")
    record = await desk.take("reviewer", record, "dismiss", "正常と分かりました。")
    assert record.lifecycle == "dismissed"
    assert (await desk.again(desk.connection)).lifecycle == "connected"


async def test_the_operator_cannot_cut_nor_say_how_it_came_up(desk: Desk) -> None:
    record = await desk.file("mirai", "disconnection", an_event(desk, entry="own_side"))
    assert (record.lifecycle, record.data["entry"]) == ("registered", "report")
    for name in ("cut_off", "dismiss"):
        with pytest.raises(NotAllowed):
            await desk.take("mirai", record, name, "不要です。")
    with pytest.raises(NotFound):
        await desk.take("takumi", record, "acknowledge")


@pytest.mark.parametrize("missing", ["condition", "scope", "order_text"])
async def test_no_cut_without_condition_scope_and_reason(desk: Desk, missing: str) -> None:
    record = await desk.file("mirai", "disconnection", an_event(desk))
    with pytest.raises(AnswersInvalid) as refused:
        await desk.take("reviewer", record, "cut_off", **{**ORDER, missing: ""})
    assert [each.path for each in refused.value.errors] == [missing]
    assert (await desk.again(record)).lifecycle == "registered"


async def test_a_cut_on_condition_two_for_abnormal_traffic(desk: Desk) -> None:
    record = await desk.file("reviewer", "disconnection", an_event(desk, entry="detection"))
    items = [{"equipment": desk.meter.number, "note": ""}]
    record = await desk.take("reviewer", record, "cut_off", **{**ORDER, "condition": "2"}, cut_items=items)
    assert (record.data["condition"], record.data["cut_items"][0]["equipment"]) == ("2", desk.meter.number)
    assert "call_off" in dict(lifecycles.possible_actions(desk.site, desk.people["approver"], record))
    await desk.take("approver", record, "call_off", "誤検知でした。")


async def test_both_sides_have_to_see_no_problem_and_may_take_it_back(desk: Desk) -> None:
    record = await resolved(desk)
    with pytest.raises(ConsentMissing) as refusal:
        await desk.take("reviewer", record, STEP)
    assert refusal.value.values["parties"] == Text(
        ja=f"利用事業者、{GRID_COMPANY.ja}", en=f"Operator, {GRID_COMPANY.en}"
    )
    with pytest.raises(NotAllowed):
        await agree(desk, "mirai", record, "staff")
    with pytest.raises(NotAllowed):
        await agree(desk, "approver", record, "operator")
    await agree(desk, "mirai", record, "operator")
    version = await RecordVersion.find_one({"record_id": record.id, "consent": "given"})
    assert version is not None
    assert desks.happened(desk.site, record, version, "ja").endswith("（利用事業者）")
    with pytest.raises(ConsentMissing):
        await desk.take("reviewer", record, STEP)
    record = await agree(desk, "approver", record, "staff")
    await consents.withdraw(
        desk.site, desk.people["mirai"], record, STEP, "operator", "再発", revision=record.revision
    )
    with pytest.raises(ConsentMissing):
        await desk.take("reviewer", record, STEP)
    assert (await desk.again(desk.connection)).lifecycle == "disconnected"
    await agree(desk, "mirai", record, "operator")
    record = await desk.take("reviewer", record, STEP)
    with pytest.raises(Exception, match="changed"):
        await consents.withdraw(
            desk.site, desk.people["mirai"], record, STEP, "operator", "", revision=record.revision
        )
    await desk.take("reviewer", record, "confirm_connection", **CHECKED)


async def test_an_auditor_has_no_part_in_it(desk: Desk) -> None:
    record = await resolved(desk)
    with pytest.raises(NotAllowed):
        await agree(desk, "auditor", record, "staff")
    await restore(desk, record)


async def test_a_new_event_keeps_it_cut_and_takes_the_consents_away(desk: Desk) -> None:
    record = await resolved(desk)
    await agree(desk, "mirai", record, "operator")
    record = await desk.take("reviewer", record, "reopen", **ANOTHER)
    assert (record.lifecycle, record.consents, len(record.data["new_events"])) == ("cut", [], 1)
    assert len(await desk.mailed("disconnection_cut")) >= 2
    record = await desk.take("mirai", record, "acknowledge")
    record = await desk.take("mirai", record, "complete", **RESOLVED)
    record = await desk.take("reviewer", record, "reopen", **ANOTHER)
    assert len(record.data["new_events"]) == 2
    record = await desk.take("mirai", record, "acknowledge")
    await restore(desk, await desk.take("mirai", record, "complete", **RESOLVED))


async def test_a_connection_is_cut_by_one_disconnection_at_a_time(desk: Desk) -> None:
    first = await resolved(desk)
    second = await desk.file("mirai", "disconnection", an_event(desk))
    with pytest.raises(DuplicateValue):
        await desk.take("reviewer", second, "cut_off", **ORDER)
    await restore(desk, first)
    second = await desk.take("reviewer", second, "cut_off", **ORDER)
    assert second.lifecycle == "ordered"
    await desk.take("reviewer", second, "call_off", "重複していました。")
