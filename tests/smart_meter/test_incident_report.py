"""Reports of either side to the other, and what they lead to (R99 to R102, R104)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from models.access import seen_by
from models.errors import AnswersInvalid, NotAllowed, NotFound, StepIncomplete
from models.language import Text
from models.services import applications, batches, copying, leading, lifecycles, measures, waiting
from tests.smart_meter.desk import Desk
from tests.smart_meter.filed import FOLLOW_UP, SECOND, a_report, moment

GRID, SECURITY = "desk@grid.example.jp", "security@mirai.example.jp"
ROUTES = [
    pytest.param("mirai", "reviewer", GRID, SECURITY, id="from the operator"),
    pytest.param("reviewer", "mirai-user", SECURITY, GRID, id="from the grid company"),
]


async def refused(desk: Desk, who: str, answers: dict[str, Any]) -> dict[str, str]:
    """What a report is refused for."""
    with pytest.raises(AnswersInvalid) as found:
        await desk.file(who, "incident_report", answers)
    return {error.path: error.key for error in found.value.errors}


@pytest.mark.parametrize(("sender", "receiver", "there", "back"), ROUTES)
async def test_a_report_goes_to_the_other_side_and_comes_back_confirmed(
    desk: Desk, sender: str, receiver: str, there: str, back: str
) -> None:
    record = await desk.file(sender, "incident_report", a_report(desk))
    origin = "operator" if sender == "mirai" else "staff"
    assert (record.lifecycle, record.origin, record.data["direction"]) == ("sent", origin, origin)
    assert await desk.mailed("report_sent") == [there]
    with pytest.raises(NotAllowed):
        await desk.take(sender, record, "acknowledge")

    record = await desk.take(sender, record, "follow_up", **FOLLOW_UP)
    desk.hands.forward(hours=2)
    record = await desk.take(receiver, record, "acknowledge")
    record = await desk.take(sender, record, "follow_up_later", **FOLLOW_UP)
    assert len(record.data["follow_ups"]) == 2
    with pytest.raises(NotAllowed):
        await desk.take(receiver, record, "report_second", **SECOND)
    record = await desk.take(sender, record, "report_second", **SECOND)
    with pytest.raises(StepIncomplete):
        await desk.take(receiver, record, "return_second")
    record = await desk.take(receiver, record, "return_second", "原因をもう少し詳しく。")
    record = await desk.take(sender, record, "report_second", **{**SECOND, "cause": "台帳の二重管理"})
    with pytest.raises(NotAllowed):
        await desk.take(sender, record, "confirm")
    record = await desk.take(receiver, record, "confirm")
    assert (record.lifecycle, record.data["cause"]) == ("completed", "台帳の二重管理")
    assert await desk.mailed("report_moved") == [there, back, there, there, back, there, back]

    versions = await desk.versions(record)
    receipt = next(each for each in versions if each.transition == "acknowledge")
    assert (receipt.by.name, receipt.at) == (receiver, desk.site.now())
    times = {
        each.label: each.elapsed.total_seconds() for each in measures.of_record(desk.site, record, versions)
    }
    assert times[Text(ja="第1報から受領確認まで", en="From the first report to its receipt")] == 2 * 3600


REPORT_1 = {
    "content": "required",
    "place": "required",
    "place_kinds": "required",
    "response_plan": "required",
}


@pytest.mark.parametrize(("name", "key"), [*REPORT_1.items(), ("impacts", "min_rows")])
async def test_every_item_of_report_1_is_required_at_once(desk: Desk, name: str, key: str) -> None:
    empty: Any = [] if name in ("impacts", "place_kinds") else ""
    assert await refused(desk, "mirai", a_report(desk, **{name: empty})) == {name: key}


@pytest.mark.parametrize("name", SECOND)
async def test_every_item_of_report_2_is_required_in_its_turn(desk: Desk, name: str) -> None:
    record = await desk.file("mirai", "incident_report", a_report(desk))
    await desk.take("reviewer", record, "acknowledge")
    with pytest.raises(AnswersInvalid) as found:
        await desk.take("mirai", record, "report_second", **{**SECOND, name: ""})
    assert [error.path for error in found.value.errors] == [name]


async def test_what_comes_to_light_has_happened_by_then(desk: Desk) -> None:
    late = {"occurred_at": moment("2026-11-20 09:31"), "discovered_at": moment("2026-11-20 09:30")}
    assert await refused(desk, "mirai", a_report(desk, **late)) == {
        "occurred_at": "occurred_before_discovered"
    }
    same = {**late, "occurred_at": moment("2026-11-20 09:30")}
    assert (await desk.file("mirai", "incident_report", a_report(desk, **same))).lifecycle == "sent"
    unknown = a_report(desk, event_type="other", event_type_text="火災", occurred_at={})
    assert (await desk.file("mirai", "incident_report", unknown)).data.get("occurred_at") is None


async def test_places_and_effects_are_named_on_both_sides_of_the_demarcation(desk: Desk) -> None:
    kinds = desk.site.configuration.choices["equipment_kind"].options
    sides = {option.code: option.attributes["side"] for option in kinds}
    record = await desk.file("mirai", "incident_report", a_report(desk, place_kinds=list(sides)))
    assert {sides[code] for code in record.data["place_kinds"]} == {"operator", "grid"}
    assert [sides[row["kind"]] for row in record.data["impacts"]] == ["operator", "grid"]


async def test_reports_are_taken_on_a_sunday_at_three_in_the_morning(desk: Desk) -> None:
    desk.hands.now = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
    record = await desk.file("mirai", "incident_report", a_report(desk))
    assert record.created_at == desk.hands.now
    assert (await desk.take("reviewer", record, "acknowledge")).lifecycle == "acknowledged"


async def test_a_report_waits_for_the_other_side_without_any_limit_of_hours(desk: Desk) -> None:
    record = await desk.file("mirai", "incident_report", a_report(desk))
    mine, theirs = (waiting.of_record(desk.site, desk.people[who], record) for who in ("mirai", "reviewer"))
    assert (mine.side, theirs.side, record.due) == ("them", "us", None)


async def test_another_operator_sees_nothing_and_an_auditor_takes_no_step(desk: Desk) -> None:
    record = await desk.file("reviewer", "incident_report", a_report(desk))
    with pytest.raises(NotFound):
        await desk.take("takumi", record, "acknowledge")
    auditor = desk.people["auditor"]
    assert lifecycles.possible_actions(desk.site, auditor, record) == []
    assert lifecycles.possible_actions(desk.site, desk.people["mirai"], record) != []


async def test_each_side_keeps_notes_the_other_never_sees(desk: Desk) -> None:
    record = await desk.file("mirai", "incident_report", a_report(desk, operator_notes="社長に報告済"))
    record = await desk.take(
        "reviewer", record, "acknowledge", staff_notes="他社にも照会する", operator_notes="書換え"
    )
    assert (record.data["operator_notes"], record.data["staff_notes"]) == ("社長に報告済", "他社にも照会する")
    definition = desk.site.registry.current("incident_report").definition
    seen = {who: set(seen_by(desk.people[who], definition).by_name) for who in ("mirai", "reviewer")}
    notes = {"staff_notes", "operator_notes"}
    assert seen["mirai"] & notes == {"operator_notes"}
    assert seen["reviewer"] & notes == {"staff_notes"}


async def test_a_report_leads_to_a_disconnection_with_what_it_says(desk: Desk) -> None:
    report = await desk.file("mirai", "incident_report", a_report(desk))
    who = desk.people["reviewer"]
    (lead,) = leading.leads_of(desk.site, who, report)
    application = await leading.follow(desk.site, who, report, lead.index, "ja")
    event = await desk.send("reviewer", application, {"found_in": ["wireless_terminal"]})
    assert (event.type, event.operator_id, event.lifecycle) == (
        "disconnection",
        report.operator_id,
        "registered",
    )
    taken = {"entry": "report", "incident": report.number, "description": report.data["content"]}
    taken |= {name: report.data[name] for name in ("connection", "summary", "occurred_at", "discovered_at")}
    assert {name: event.data[name] for name in taken} == taken
    (back,) = leading.leads_of(desk.site, desk.people["mirai"], event)
    assert back.target.name == "incident_report"


@pytest.mark.parametrize(("name", "offered"), [("incident_report", False), ("equipment", True)])
async def test_what_is_written_for_itself_comes_in_no_file_and_from_no_earlier_one(
    desk: Desk, name: str, offered: bool
) -> None:
    site, actor = desk.site, desk.people["mirai"]
    definition = site.registry.current(name).definition
    assert applications.may_begin(site, actor, definition, "register")
    assert bool(batches.kinds(site, actor, definition)) == offered
    assert copying.may_copy(site, actor, definition) == offered
