"""Terms of records: when a state has to be left, who is reminded and told, once, and whose turn it is."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from models.documents.account import Account
from models.documents.event import Event
from models.documents.inbox import InboxItem
from models.documents.message import Message
from models.documents.record import Record
from models.errors import NotAllowed
from models.permissions import Actor
from models.services import consents, inbox, records_waiting
from models.services.agenda import agenda
from models.services.bells import ring_due
from models.services.calendar_entries import entries_for
from models.services.lifecycles import act
from models.services.records_waiting import Asked
from models.services.site import Site
from models.services.terms_of_records import due_of, moment_before
from models.services.timers import set_clocks, take_due
from models.services.waiting import of_record
from models.services.waiting_file import write_file
from models.workflow.definition import Duration, Lifecycle, MailCall
from tests.clock import Hands
from tests.services.two_sides import (
    Company,
    clock,
    closure,
    company,
    desk,
    fresh,
    officer,
    registered,
)

__all__ = ["clock", "desk"]

HOURS, DAY = Duration(count=8, unit="hours"), Duration(count=1, unit="days")
SOON = Duration(count=2, unit="hours")
INSTANT = timedelta(microseconds=1000)


def changed(flow: Lifecycle, state: str, **keys: Any) -> Lifecycle:
    """A lifecycle with one of its states otherwise."""
    states = {**flow.states, state: flow.states[state].model_copy(update=keys)}
    return flow.model_copy(update={"states": states})


@pytest.fixture
def lets(desk: Site) -> Iterator[Any]:
    """Change a state of closures in this site, for one test."""
    flows: Any = desk.lifecycles
    before = flows.maps[0]["closure"]

    def change(state: str, **keys: Any) -> None:
        flows.maps[0]["closure"] = changed(flows.maps[0]["closure"], state, **keys)

    yield change
    flows.maps[0]["closure"] = before


@pytest_asyncio.fixture(autouse=True)
async def nothing_else(desk: Site) -> AsyncIterator[None]:
    """What other tests left waits for nobody."""
    for name in desk.records:
        await desk.records[name].collection.delete_many({"type": "closure"})
    await InboxItem.find({}).delete()
    yield


async def people(desk: Site) -> tuple[Company, Actor]:
    return await company(desk), await officer(desk, "reviewer")


async def mails(record: Record, template: str) -> list[str]:
    found = await Message.find({"template": template, "subject": {"$regex": record.number}}).to_list()
    return sorted(message.to_address for message in found)


async def address_of(actor: Actor) -> str:
    account = await Account.get(actor.account_id)
    assert account is not None
    return account.email


# --- when it is due -----------------------------------------------------------------------------------------


async def test_a_state_is_due_hours_after_it_was_entered_and_that_is_kept(desk: Site, lets: Any) -> None:
    firm, _ = await people(desk)
    lets("reported", due=HOURS, held_by="counterpart")
    _, record = await closure(desk, firm)
    assert record.due == desk.now() + timedelta(hours=8)
    assert (record.awaits, record.bell_at) == ("staff", record.due)
    moved = await act(desk, await officer(desk, "reviewer"), record, "close", revision=record.revision)
    assert (moved.due, moved.bell_at) == (None, None)
    stored = await fresh(desk, record)
    assert (stored.due, stored.bell_at) == (None, None)


async def test_a_term_counts_from_the_answer_its_state_names(desk: Site, lets: Any) -> None:
    """Without the answer it counts from when the state was entered: a term is never lost."""
    firm, _ = await people(desk)
    lets("reported", due=DAY, since="day")
    _, record = await closure(desk, firm)
    dated = record.model_copy(update={"data": {**record.data, "day": "2026-12-01"}})
    assert due_of(desk, dated) == datetime(2026, 12, 2, 15, 0, tzinfo=UTC)
    assert due_of(desk, record) == desk.calendar.due(desk.now(), DAY)


def test_reminders_come_hours_or_days_before(desk: Site) -> None:
    due = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
    assert moment_before(desk, due, SOON) == due - timedelta(hours=2)
    assert moment_before(desk, due, DAY) == datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


async def test_rules_that_change_set_the_clocks_anew(desk: Site, lets: Any) -> None:
    firm, _ = await people(desk)
    _, record = await closure(desk, firm)
    assert (record.due, record.awaits) == (None, "")
    lets("reported", due=HOURS, held_by="operator")
    assert await set_clocks(desk)
    now = await fresh(desk, record)
    assert (now.due, now.awaits) == (desk.now() + timedelta(hours=8), "operator")


# --- who is told --------------------------------------------------------------------------------------------


async def test_the_holder_is_reminded_at_the_second_and_told_at_the_end_each_once(
    desk: Site, lets: Any, clock: Hands
) -> None:
    firm, reviewer = await people(desk)
    lets("reported", due=HOURS, held_by="operator", remind=(SOON,))
    _, record = await closure(desk, firm, origin="staff")
    begin, theirs = desk.now(), await address_of(firm.admin)
    clock.now = begin + timedelta(hours=6) - INSTANT
    assert not await ring_due(desk)
    clock.now = begin + timedelta(hours=6)
    await asyncio.gather(*(ring_due(desk) for _ in range(4)))
    assert not await ring_due(desk)
    assert await mails(record, "record_due_soon") == [theirs]
    clock.now = begin + timedelta(hours=8) - INSTANT
    assert not await ring_due(desk)
    clock.now = begin + timedelta(hours=8)
    await asyncio.gather(*(ring_due(desk) for _ in range(4)))
    assert not await ring_due(desk)
    assert await mails(record, "record_overdue") == [theirs]
    for action in ("record.due_soon", "record.overdue"):
        assert await Event.find({"action": action, "subject.id": record.id}).count() == 1
    assert of_record(desk, reviewer, await fresh(desk, record)).overdue


async def test_a_reminder_is_left_out_where_the_state_came_after_its_moment(
    desk: Site, lets: Any, clock: Hands
) -> None:
    """Control: the end of the term is told all the same."""
    firm, _ = await people(desk)
    lets("reported", due=HOURS, held_by="operator", remind=(Duration(count=9, unit="hours"),))
    _, record = await closure(desk, firm, origin="staff")
    assert record.bell_at == record.due
    clock.forward(hours=8)
    assert await ring_due(desk)
    assert await mails(record, "record_due_soon") == []
    assert len(await mails(record, "record_overdue")) == 1


async def test_an_answer_that_moves_the_end_is_reminded_of_anew(desk: Site, lets: Any, clock: Hands) -> None:
    firm, _ = await people(desk)
    lets("reported", due=HOURS, held_by="operator", remind=(SOON,))
    _, record = await closure(desk, firm, origin="staff")
    clock.forward(hours=8)
    assert await ring_due(desk)
    lets("reported", due=Duration(count=20, unit="hours"))
    assert await set_clocks(desk)
    later = await fresh(desk, record)
    assert later.bell_at == desk.now() + timedelta(hours=10)


async def test_the_mails_a_state_names_take_the_place_of_the_programs(
    desk: Site, lets: Any, clock: Hands
) -> None:
    firm, reviewer = await people(desk)
    call = MailCall(template="record_overdue", to="reviewer")
    lets("reported", due=HOURS, held_by="operator", overdue=(call,))
    _, record = await closure(desk, firm, origin="staff")
    clock.forward(hours=8)
    assert await ring_due(desk)
    sent = await mails(record, "record_overdue")
    assert await address_of(reviewer) in sent
    assert await address_of(firm.admin) not in sent


async def test_the_clock_takes_the_step_at_the_end_after_telling_of_it(
    desk: Site, lets: Any, clock: Hands
) -> None:
    firm, _ = await people(desk)
    flows: Any = desk.lifecycles
    flow = flows.maps[0]["closure"]
    retract = flow.transitions["retract"].model_copy(update={"by": ("originator", "system")})
    flows.maps[0]["closure"] = flow.model_copy(
        update={"transitions": {**flow.transitions, "retract": retract}}
    )
    lets("reported", due=HOURS, held_by="operator", then="retract")
    _, record = await closure(desk, firm)
    assert record.next_at == record.due
    clock.forward(hours=8)
    assert [await take_due(desk) for _ in range(3)] == [True, True, False]
    assert (await fresh(desk, record)).lifecycle == "over"
    assert len(await mails(record, "record_overdue")) == 1
    assert not await ring_due(desk)


# --- whose turn it is ---------------------------------------------------------------------------------------


async def test_it_waits_for_whoever_holds_it_as_each_side_sees_it(desk: Site, lets: Any) -> None:
    firm, reviewer = await people(desk)
    lets("reported", held_by="counterpart")
    _, record = await closure(desk, firm)
    assert (of_record(desk, reviewer, record).side, of_record(desk, firm.admin, record).side) == (
        "us",
        "them",
    )
    _, other = await closure(desk, firm, origin="staff")
    assert (of_record(desk, reviewer, other).side, of_record(desk, firm.admin, other).side) == ("them", "us")
    moved = await act(desk, reviewer, record, "close", revision=record.revision)
    over = moved.model_copy(update={"lifecycle": "over", "awaits": ""})
    assert of_record(desk, reviewer, over).side == "nobody"


async def test_a_consent_that_is_missing_is_waited_for_and_taken_back_again(desk: Site) -> None:
    firm, _ = await people(desk)
    approver = await officer(desk, "approver")
    _, record = await closure(desk, firm, into="shut")
    assert record.awaits == "both"
    record = await consents.give(desk, firm.admin, record, "agree", "operator", revision=record.revision)
    assert record.awaits == "staff"
    record = await consents.give(desk, approver, record, "agree", "approver", revision=record.revision)
    assert of_record(desk, approver, record).who("ja").startswith("審査担当者")
    record = await consents.withdraw(desk, firm.admin, record, "agree", "operator", revision=record.revision)
    assert record.awaits == "both"


async def test_inboxes_tell_of_a_turn_until_the_state_is_left(desk: Site, lets: Any) -> None:
    firm, reviewer = await people(desk)
    lets("reported", held_by="staff")
    lets("shut", held_by="operator")
    _, record = await closure(desk, firm)
    await told_again(desk, record)
    ours = [line.item.kind for line in (await inbox.page_of(desk, reviewer)).lines]
    assert ours == ["record_turn"]
    await act(desk, reviewer, record, "close", revision=record.revision)
    assert (await inbox.page_of(desk, reviewer)).lines == []
    page = await inbox.page_of(desk, firm.admin)
    assert [line.item.kind for line in page.lines] == ["own_record_turn"]
    assert page.lines[0].page == f"/portal/closure/{record.number}"
    assert (await inbox.page_of(desk, (await company(desk)).admin)).lines == []


async def told_again(desk: Site, record: Record) -> None:
    """A note on a record tells of its turn where nobody was told yet."""
    officer_of = await officer(desk, "approver")
    await act(desk, officer_of, record, "acknowledge", revision=record.revision)
    record.revision += 1


async def test_both_sides_see_what_waits_for_them_the_most_urgent_first(desk: Site, lets: Any) -> None:
    firm, reviewer = await people(desk)
    lets("reported", held_by="counterpart")
    _, never = await closure(desk, firm)
    lets("reported", due=HOURS)
    _, soon = await closure(desk, firm)
    _, theirs = await closure(desk, firm, origin="staff")
    found = await records_waiting.lines(desk, reviewer, Asked(type="closure"))
    assert [line.number for line in found] == [soon.number, never.number]
    assert found[0].operator == firm.record.title
    assert await records_waiting.total(desk, reviewer, Asked(type="closure")) == 2
    assert (await records_waiting.counts(desk, reviewer, "closure")).all == 2
    assert (await records_waiting.counts(desk, reviewer, "operator")).all == 0
    own = [each.record.number for each in await agenda(desk, firm.admin) if each.record]
    assert own == [theirs.number]
    other = await company(desk)
    assert [each for each in await agenda(desk, other.admin) if each.record] == []
    entries = await entries_for(desk, firm.admin, "ja")
    assert [entry.begin for entry in entries] == [theirs.due]
    assert theirs.number not in str(entries)


async def test_a_list_is_of_ones_own_roles_unless_all_is_asked_for(desk: Site, lets: Any) -> None:
    firm, reviewer = await people(desk)
    lets("reported", held_by="approver")
    await closure(desk, firm)
    assert await records_waiting.lines(desk, reviewer, Asked(type="closure")) == []
    lets("reported", held_by="staff")
    (own,) = await records_waiting.lines(desk, reviewer, Asked(type="closure"))
    assert own.mine
    auditor = replace(reviewer, roles=frozenset({"auditor"}))
    assert await records_waiting.lines(desk, auditor, Asked(type="closure")) == []
    lets("reported", held_by="approver")
    (line,) = await records_waiting.lines(desk, reviewer, Asked(type="closure", mine=False))
    assert not line.mine


async def test_the_list_leaves_as_a_file_for_those_who_may_take_records_away(desk: Site, lets: Any) -> None:
    firm, reviewer = await people(desk)
    lets("reported", held_by="staff", due=HOURS)
    _, record = await closure(desk, firm)
    approver = await officer(desk, "approver")
    body = (await write_file(desk, approver, Asked(type="closure"), "en")).decode("utf-8-sig")
    assert record.number in body
    assert await Event.find({"action": "records.waiting_taken"}).count() == 1
    with pytest.raises(NotAllowed):
        await write_file(desk, reviewer, Asked(type="closure"), "en")


async def test_lists_are_read_by_their_indexes(desk: Site, lets: Any) -> None:
    """A list of a thousand looks at no more than it shows."""
    firm, _ = await people(desk)
    lets("reported", held_by="staff", due=HOURS)
    _, record = await closure(desk, firm)
    row = (await fresh(desk, record)).document()
    rows = [{**row, "_id": n, "number": f"X{n:05}"} for n in range(1000)]
    await desk.records["closure"].collection.insert_many(rows)
    for where in (
        {"awaits": {"$in": ["staff", "both"]}, "lifecycle": {"$in": ["reported", "shut"]}},
        {"operator_id": firm.record.id, "awaits": {"$in": ["staff", "both"]}},
    ):
        dated = {**where, "due": {"$type": "date"}}
        found = desk.records["closure"].collection.find(dated).sort([("due", 1), ("_id", 1)]).limit(50)
        plan = await found.explain()
        assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"])
        assert plan["executionStats"]["totalDocsExamined"] <= 60, plan["queryPlanner"]["winningPlan"]


async def test_a_record_of_the_organisation_waits_for_no_operator(desk: Site) -> None:
    firm, reviewer = await people(desk)
    bridge = await registered(desk, "bridge", {"name": "小橋"}, firm.record.id)
    assert of_record(desk, reviewer, bridge).side == "nobody"
