"""Duties of each operator's own: due a period after what was done last, asked for, reminded of and told late
once, and every account accounted for."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models.configuration.mail import DUE_SOON, DUTIES_OVERDUE, DUTY_OVERDUE
from models.configuration.routes import MailRoute
from models.documents.account import Account
from models.documents.application import Application
from models.documents.event import Event
from models.documents.message import Message
from models.documents.owed import Owed
from models.documents.record import Record
from models.documents.request import Request
from models.documents.sweep import keep_place
from models.errors import AnswersInvalid
from models.permissions import SYSTEM, Actor
from models.schema.days import months_later
from models.schema.definition import RecordType
from models.schema.duty import Duty
from models.services import owing, owing_asking
from models.services.applications import save_page
from models.services.lifecycles import act
from models.services.owing import look_around, owing_of, rolling_due
from models.services.owing_alarms import tell_late
from models.services.owing_asking import ask_due, ask_now, begin_now
from models.services.prompting import remind_some
from models.services.site import Site
from models.services.steps import Given, take_step
from models.services.submitting import submit
from tests.clock import Hands
from tests.schema.definitions import a_type, field
from tests.services.behind import behind, written_before
from tests.services.people import register_operator
from tests.services.stored import publish, store_records

NAME = "bench_training"
DUTY: dict[str, Any] = {
    "name": "yearly",
    "label": {"ja": "教育", "en": "Training"},
    "counts_from": "held_on",
    "first_within": "30 days",
    "opens_before": "20 days",
    "remind": ["7 days", "1 days"],
    "least": 5,
    "attendance": {"table": "people", "where": {"attended": True}},
}


def training(**more: Any) -> RecordType:
    """A training with a row for everybody."""
    rows = [
        field("login", "account", required=True, unique=True),
        field("attended", "boolean", required=True),
    ]
    return a_type(
        field("held_on", "date", required=True),
        field("people", "table", fields=rows, rows_from="accounts", required=True),
        record_type=NAME,
        collection="bench_trainings",
        belongs_to="operator",
        title="{held_on}",
        lifecycle="filed_document",
        applications={
            "workflow": "inquiry",
            "begun_by": [],
            "asked": {"by": ["reviewer"], "mail": "request_made"},
        },
        duties=[{**DUTY, **more}],
    )


async def set_up(
    site: Site, reviewer: Actor, approver: Actor, *codes: str, **more: Any
) -> list[tuple[Record, Actor]]:
    """Operators that owe a training, looked at once."""
    found = [await register_operator(site, reviewer, approver, operator_code=code) for code in codes]
    await Account.raw().update_many({"kind": "operator"}, {"$set": {"status": "active"}})
    await publish(site, training(**more))
    await look_again(site)
    return found


async def look_again(site: Site) -> None:
    """A whole round, whenever the last one was."""
    await keep_place(owing.NAME, None)
    while await look_around(site):
        pass


async def row_of(operator: Record) -> Owed:
    (row,) = await Owed.find({"operator_id": operator.id, "type": NAME}).to_list()
    return row


async def asked(operator: Record) -> list[Application]:
    return await Application.find({"operator_id": operator.id, "type": NAME}).sort("_id").to_list()


async def answer(site: Site, own: Actor, application: Application, held_on: str) -> Application:
    """Fill in and hand in, everybody having been there."""
    logins = await Account.find({"operator_id": own.operator_id, "status": "active"}).sort("login").to_list()
    rows = [{"login": each.login, "attended": "yes"} for each in logins]
    typed = {"held_on": held_on, "people": rows}
    application = await save_page(site, own, application, "page_1", typed, revision=application.revision)
    return await submit(site, own, application, revision=application.revision)


async def accept(site: Site, reviewer: Actor, application: Application) -> Record:
    application = await take_step(site, reviewer, application, "claim")
    application = await take_step(site, reviewer, application, "accept")
    record = await site.records[NAME].get(application.record_id)
    assert record is not None
    return record


def tokyo(day: str, *, seconds: int = 0) -> datetime:
    """The beginning of a day in Tokyo, or some seconds from it."""
    return datetime.fromisoformat(f"{day}T00:00:00+09:00").astimezone(UTC) + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("since", "last", "due"),
    [
        ("2026-11-20", None, "2026-12-20"),
        ("2026-11-20", "2026-12-09", "2027-12-09"),
        ("2026-11-20", "2028-02-29", "2029-02-28"),
        ("2026-11-20", "2025-11-01", "2026-12-20"),
        ("2026-11-20", "2026-01-05", "2027-01-05"),
    ],
)
def test_a_duty_is_due_a_period_after_it_was_fulfilled_and_at_first_so_long_after_it_began(
    site: Site, since: str, last: str | None, due: str
) -> None:
    duty = Duty.model_validate(DUTY)
    day = date.fromisoformat(last) if last else None
    assert rolling_due(site, duty, date.fromisoformat(since), day).isoformat() == due
    assert months_later(date(2027, 1, 31), 1) == date(2027, 2, 28)


async def test_an_operator_is_asked_in_its_own_time_once_and_again_a_year_after(
    site: Site, hands: Hands, reviewer: Actor, approver: Actor
) -> None:
    ((operator, own),) = await set_up(site, reviewer, approver, "0A01")
    row = await row_of(operator)
    assert (row.since, row.opens, row.due) == ("2026-11-20", tokyo("2026-11-30"), tokyo("2026-12-21"))
    hands.now = tokyo("2026-11-30", seconds=-1)
    assert not await ask_due(site)
    hands.now = tokyo("2026-11-30")
    await asyncio.gather(*(ask_due(site) for _ in range(3)))
    assert not await ask_due(site)
    (application,) = await asked(operator)
    assert application.due == tokyo("2026-12-21")
    assert application.answers["people"] == [{"login": own.login}]
    assert await Message.find({"template": "request_made"}).count() == 1
    request = await Request.find_one({"type": NAME})
    assert request is not None
    assert (request.asked, request.open) == (1, False)
    application = await answer(site, own, application, "2026-12-01")
    assert (await row_of(operator)).sent
    await accept(site, reviewer, application)
    row = await row_of(operator)
    assert (row.last_on, row.open, row.due, row.missing) == ("2026-12-01", False, tokyo("2027-12-02"), 0)
    hands.now = tokyo("2027-11-11", seconds=-1)
    assert not await ask_due(site)
    hands.now = tokyo("2027-11-11")
    assert await ask_due(site)
    assert len(await asked(operator)) == 2


async def test_a_corrected_day_moves_the_due_date_and_a_void_record_brings_it_back(
    site: Site, hands: Hands, reviewer: Actor, approver: Actor
) -> None:
    ((operator, own),) = await set_up(site, reviewer, approver, "0A01")
    application = await begin_now(site, own, NAME, "yearly")
    assert (await begin_now(site, own, NAME, "yearly")).id == application.id
    record = await accept(site, reviewer, await answer(site, own, application, "2026-11-21"))
    hands.now = tokyo("2027-11-05")
    await ask_due(site)
    (_, second) = await asked(operator)
    assert second.due == tokyo("2027-11-22")
    record.data["held_on"], record.revision = "2026-12-24", record.revision + 1
    await site.records[NAME].replace(record, record.revision - 1, None)
    await look_again(site)
    (_, second) = await asked(operator)
    assert (second.due, (await row_of(operator)).due) == (tokyo("2027-12-25"), tokyo("2027-12-25"))
    await act(site, approver, record, "annul", reason="誤り", revision=record.revision)
    row = await row_of(operator)
    assert (row.last_on, row.open, row.due) == (None, True, tokyo("2027-11-13"))


async def test_what_staff_take_back_is_owed_again_a_period_later(
    site: Site, hands: Hands, reviewer: Actor, approver: Actor
) -> None:
    ((operator, _),) = await set_up(site, reviewer, approver, "0A01")
    application = await ask_now(site, reviewer, operator.id, NAME, "yearly")
    await take_step(site, reviewer, application, "recall", Given(reason="今回は不要です"))
    row = await row_of(operator)
    assert (row.open, row.excused_until, row.due) == (False, "2027-12-20", tokyo("2027-12-21"))
    hands.now = tokyo("2027-06-01")
    await look_again(site)
    assert not await ask_due(site)
    hands.now = tokyo("2027-12-01")
    assert await ask_due(site)


@pytest.mark.slow
async def test_operators_out_of_it_owe_nothing_and_come_under_it_anew(
    site: Site, hands: Hands, reviewer: Actor, approver: Actor
) -> None:
    ((operator, _),) = await set_up(site, reviewer, approver, "0A01", owning={"type": "resource"})
    assert await Owed.find({"type": NAME}).count() == 0
    hands.now = tokyo("2027-03-01")
    await store_records(
        site, site.registry.current("resource"), {"title": "a"}, operator_id=operator.id, lifecycle="active"
    )
    await look_again(site)
    assert (await row_of(operator)).due == tokyo("2027-04-01")
    await site.records["resource"].collection.update_many({}, {"$set": {"lifecycle": "deleted"}})
    await look_again(site)
    row = await row_of(operator)
    assert (row.ended_at, row.due) == (hands.now, None)
    hands.now = tokyo("2027-05-01")
    assert not await ask_due(site)
    assert not await tell_late(site)
    await site.records["resource"].collection.update_many({}, {"$set": {"lifecycle": "active"}})
    await look_again(site)
    assert (await row_of(operator)).due == tokyo("2027-06-01")


async def test_reminders_and_the_word_that_it_is_overdue_are_sent_once_to_both_sides(
    site: Site, hands: Hands, reviewer: Actor, approver: Actor
) -> None:
    (operator, _), (second, other) = await set_up(site, reviewer, approver, "0A01", "0B02")
    hands.now = tokyo("2026-12-01")
    await ask_due(site)
    (application,) = await asked(second)
    await answer(site, other, application, "2026-12-01")
    for moment, reminded, late in (
        (tokyo("2026-12-13", seconds=-1), 0, 0),
        (tokyo("2026-12-13"), 1, 0),
        (tokyo("2026-12-19"), 2, 0),
        (tokyo("2026-12-21", seconds=-1), 2, 0),
        (tokyo("2026-12-21"), 2, 1),
        (tokyo("2027-01-05"), 2, 1),
    ):
        hands.now = moment
        await asyncio.gather(remind_some(site), tell_late(site), tell_late(site))
        while await tell_late(site):
            pass
        mails = await Message.find({"template": DUE_SOON}).to_list()
        assert [mail.operator_id for mail in mails] == [operator.id] * reminded, moment
        assert await Message.find({"template": DUTY_OVERDUE, "operator_id": operator.id}).count() == late
        assert await Message.find({"template": DUTIES_OVERDUE}).count() == late
        assert await Event.find({"action": "duty.overdue"}).count() == late
    assert await Message.find({"operator_id": second.id, "template": DUTY_OVERDUE}).count() == 0


async def test_a_route_finds_who_is_told_of_each_operator_that_is_late(
    site: Site, hands: Hands, reviewer: Actor, approver: Actor
) -> None:
    step = {"records": "resource", "email": "desk_email"}
    route = MailRoute.model_validate({"label": {"ja": "窓口"}, "find": [step], "else": "operator"})
    configuration: Any = site.configuration.site
    before = configuration.routes
    object.__setattr__(configuration, "routes", {**before, "desk": route})
    overdue = [{"template": DUTY_OVERDUE, "to": "desk"}]
    try:
        found = await set_up(site, reviewer, approver, "0A01", "0B02", overdue=overdue)
        hands.now = tokyo("2026-12-21")
        while await tell_late(site):
            pass
    finally:
        object.__setattr__(configuration, "routes", before)
    mails = await Message.find({"template": DUTY_OVERDUE}).to_list()
    assert {mail.operator_id for mail in mails} == {operator.id for operator, _ in found}
    assert {mail.to for mail in mails} == {"desk"}


async def test_an_account_may_not_be_left_out_of_who_took_part(
    site: Site, hands: Hands, reviewer: Actor, approver: Actor
) -> None:
    ((operator, own),) = await set_up(site, reviewer, approver, "0A01")
    application = await begin_now(site, own, NAME, "yearly")
    mine = {"login": own.login, "attended": "yes"}
    await Account(
        login="K1-02",
        kind="operator",
        name="新人",
        email="n@example.jp",
        operator_id=operator.id,
        status="active",
        created_at=site.now(),
    ).insert()
    typed = {"held_on": "2026-11-20", "people": [mine]}
    with pytest.raises(AnswersInvalid) as refusal:
        await save_page(site, own, application, "page_1", typed, revision=0)
    assert [(error.path, error.key) for error in refusal.value.errors] == [("people", "left_out")]
    assert "新人 (K1-02)" in refusal.value.errors[0].message("ja")
    typed["people"] = [mine, {"login": "K1-02", "attended": "no"}]
    application = await save_page(site, own, application, "page_1", typed, revision=0)
    await accept(site, reviewer, await submit(site, own, application, revision=application.revision))
    assert (await row_of(operator)).missing == 1


@pytest.mark.slow
async def test_whoever_wrote_a_row_meanwhile_is_not_written_over(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    ((operator, _),) = await set_up(site, reviewer, approver, "0A01")
    row = await row_of(operator)
    found = owing_of(site, NAME, "yearly")
    assert found is not None
    assert await owing_asking.ask_one(site, found, row, SYSTEM) is not None
    assert await owing_asking.ask_one(site, found, row, SYSTEM) is None
    await owing._keep(row, row.model_copy(update={"open": False}), None)
    assert (await row_of(operator)).open


async def test_the_last_record_counts_while_it_is_yet_to_follow_a_version(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    ((operator, own),) = await set_up(site, reviewer, approver, "0A01")
    people = [{"login": own.login, "attended": True}]
    held = [{"held_on": day, "people": people} for day in ("2026-11-18", "2026-11-19")]
    published = site.registry.current(NAME)
    old, new = await store_records(site, published, *held, operator_id=operator.id, lifecycle="filed")
    former = {"held_on": "day", "people": "crew"}
    await written_before(site, former, new)
    for late, last in ((site, "2026-11-18"), (behind(site, NAME, former), "2026-11-19")):
        await look_again(late)
        row = await row_of(operator)
        assert (row.last_on, row.missing) == (last, 0)
    await written_before(site, former, old)
    await look_again(site)
    assert (await row_of(operator)).last_on is None


@pytest.mark.parametrize(
    ("former", "steps", "where"),
    [
        ({"held_on": "day"}, {}, {"data.held_on": {"$gte": "2026-11-01"}}),
        ({}, {"default": {"fresh": "yes"}}, {"data.fresh": "yes"}),
    ],
)
async def test_who_has_what_a_duty_asks_for_owes_it_while_that_is_yet_to_follow(
    site: Site,
    reviewer: Actor,
    approver: Actor,
    former: dict[str, str],
    steps: dict[str, Any],
    where: dict[str, Any],
) -> None:
    owned = a_type(field("held_on", "date"), field("fresh", "text"), belongs_to="operator")
    await publish(site, owned)
    ((operator, _),) = await set_up(
        site, reviewer, approver, "0A01", owning={"type": owned.name, "where": where}
    )
    (record,) = await store_records(
        site, site.registry.current(owned.name), {"held_on": "2026-11-18"}, operator_id=operator.id
    )
    if former:
        await written_before(site, former, record)
    await look_again(site)
    assert not await Owed.find({"operator_id": operator.id, "type": NAME}).count()
    await look_again(behind(site, owned.name, former, **steps))
    assert (await row_of(operator)).ended_at is None
