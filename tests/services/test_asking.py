"""Asking operators: each once a round, reminded in time, and the staff told when it is overdue."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pymongo.errors import DuplicateKeyError

from models.configuration.mail import DUE_SOON, OVERDUE
from models.documents.application import Application
from models.documents.base import new_id
from models.documents.event import Event
from models.documents.message import Message
from models.documents.request import Request
from models.errors import AnswersInvalid, NotAllowed
from models.language import Text
from models.permissions import Actor
from models.schema.definition import RecordType
from models.schema.duty import Duty
from models.services import addressees, agenda, asking, duties
from models.services.applications import save_page
from models.services.asking import Wish, ask, ask_some
from models.services.duties import open_periods, period_of
from models.services.prompting import remind_some, tell_overdue
from models.services.site import Site
from models.services.submitting import submit
from tests.clock import Hands
from tests.schema.definitions import a_type, field
from tests.services.people import register_operator
from tests.services.stored import publish

OPERATORS = ("0A01", "0B02", "0C03")


def asked_type(**more: Any) -> RecordType:
    """What staff ask operators for: their question, and the operators' answer."""
    return a_type(
        field("question", required=True, filled_by="staff"),
        field("answer", required=True),
        record_type="bench_question",
        collection="bench_questions",
        belongs_to="operator",
        title="{question}",
        applications={
            "workflow": "inquiry",
            "begun_by": [],
            "asked": {"by": ["reviewer"], "mail": "request_made"},
        },
        **more,
    )


async def operators(site: Site, reviewer: Actor, approver: Actor, *codes: str) -> list[tuple[Any, Actor]]:
    return [await register_operator(site, reviewer, approver, operator_code=code) for code in codes]


def wish(*numbers: str, **more: Any) -> Wish:
    given = {"title": "照会", "token": "one", "answers": {"question": "委託先は"}, **more}
    return Wish(whom=list(numbers) or None, **given)


async def worked_off(site: Site) -> None:
    while await ask_some(site):
        pass


async def asked(operator: Any) -> list[Application]:
    return await Application.find({"operator_id": operator.id, "type": "bench_question"}).to_list()


async def test_an_operator_answers_what_staff_asked_and_not_what_they_wrote(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    (operator, own), (other, _) = await operators(site, reviewer, approver, "0A01", "0B02")
    await publish(site, asked_type())
    await ask(site, reviewer, "bench_question", wish(operator.number, due=site.today() + timedelta(days=30)))
    await worked_off(site)
    (application,) = await asked(operator)
    assert await asked(other) == []
    assert application.answers["question"] == "委託先は"
    waiting = next(each for each in await agenda.agenda(site, own) if each.application)
    assert (waiting.sort, waiting.until) == ("asked", site.today() + timedelta(days=30))
    (mail,) = await Message.find({"template": "request_made"}).to_list()
    assert (mail.operator_id, application.reference in (mail.body or "")) == (operator.id, True)
    typed = {"question": "書き換え", "answer": "ございません"}
    application = await save_page(site, own, application, "page_1", typed, revision=application.revision)
    application = await submit(site, own, application, revision=application.revision)
    assert application.data == {"question": "委託先は", "answer": "ございません"}
    assert application.state == "answered"


async def test_a_request_sent_twice_and_worked_off_twice_asks_everybody_once(
    site: Site, reviewer: Actor, approver: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "BATCH", 1)
    found = await operators(site, reviewer, approver, *OPERATORS)
    await publish(site, asked_type())
    first = await ask(site, reviewer, "bench_question", wish())
    assert (await ask(site, reviewer, "bench_question", wish())).id == first.id
    await asyncio.gather(ask_some(site), ask_some(site), ask_some(site))
    await worked_off(site)
    assert [len(await asked(operator)) for operator, _ in found] == [1, 1, 1]
    request = await Request.get(first.id)
    assert request is not None
    assert not request.open
    # The index is what holds it, whatever the program looked at before.
    (application,) = await asked(found[0][0])
    again = application.model_copy(update={"id": new_id(), "reference": "A-2"})
    with pytest.raises(DuplicateKeyError):
        await again.insert()


async def test_a_request_is_refused_at_its_fields_and_to_others(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    await publish(site, asked_type())
    for wrong, path in (
        (wish("0000000404"), "whom"),
        (wish(title=" "), "title"),
        (wish(answers={}), "question"),
        (wish(due=site.today()), "due"),
        (wish(due=site.today() + timedelta(days=731)), "due"),
    ):
        with pytest.raises(AnswersInvalid) as refusal:
            await ask(site, reviewer, "bench_question", wrong)
        assert [error.path for error in refusal.value.errors] == [path]
    with pytest.raises(NotAllowed):
        await ask(site, approver, "bench_question", wish())
    with pytest.raises(NotAllowed):
        await ask(site, reviewer, "resource", wish())
    assert await Request.count() == 0


DUE = date(2026, 12, 25)


async def test_everybody_is_reminded_once_of_every_day_told_and_only_of_what_is_still_open(
    site: Site, hands: Hands, reviewer: Actor, approver: Actor
) -> None:
    hands.now = datetime(2026, 12, 1, 3, tzinfo=UTC)
    (operator, _), (second, other) = await operators(site, reviewer, approver, "0A01", "0B02")
    await publish(site, asked_type())
    await ask(site, reviewer, "bench_question", wish(operator.number, second.number, due=DUE))
    await worked_off(site)
    (application,) = await asked(second)
    application = await save_page(site, other, application, "page_1", {"answer": "済"}, revision=0)
    await submit(site, other, application, revision=application.revision)
    # Five business days before Friday 25 December is Friday 18 December, from midnight in Tokyo (15:00 UTC).
    for moment, count in (
        (datetime(2026, 12, 17, 14, 59, 59, tzinfo=UTC), 0),
        (datetime(2026, 12, 17, 15, 0, 0, tzinfo=UTC), 1),
        (datetime(2026, 12, 20, 15, tzinfo=UTC), 1),
        (datetime(2026, 12, 24, 15, tzinfo=UTC), 2),
        (datetime(2026, 12, 25, 15, tzinfo=UTC), 2),
    ):
        hands.now = moment
        await asyncio.gather(remind_some(site), remind_some(site))
        await remind_some(site)
        mails = await Message.find({"template": DUE_SOON}).to_list()
        assert [mail.operator_id for mail in mails] == [operator.id] * count, moment


async def test_staff_are_told_once_of_what_nobody_answered_in_time(
    site: Site, hands: Hands, reviewer: Actor, approver: Actor
) -> None:
    hands.now = datetime(2026, 12, 1, 3, tzinfo=UTC)
    ((operator, _),) = await operators(site, reviewer, approver, "0A01")
    await publish(site, asked_type())
    request = await ask(site, reviewer, "bench_question", wish(operator.number, due=DUE))
    await worked_off(site)
    hands.now = datetime(2026, 12, 25, 14, 59, 59, tzinfo=UTC)
    assert not await tell_overdue(site)
    hands.now = datetime(2026, 12, 25, 15, tzinfo=UTC)
    assert await tell_overdue(site)
    assert not await tell_overdue(site)
    (mail,) = await Message.find({"template": OVERDUE}).to_list()
    assert mail.to_address == "reviewer@market.example.jp"
    assert f"{operator.title}（{operator.number}）" in (mail.body or "")
    assert await Event.find({"action": "request.overdue", "subject.id": request.id}).count() == 1


# --- duties ------------------------------------------------------------------------------------------------

BOTH = Text(ja="年次の確認", en="Yearly look")
YEARLY = {"name": "yearly", "label": {"ja": "年次"}, "opens": "04-01", "due": "06-30"}


@pytest.mark.parametrize(
    ("said", "day", "opens", "due"),
    [
        ({}, "2026-03-31", "2025-04-01", "2025-06-30"),
        ({}, "2026-04-01", "2026-04-01", "2026-06-30"),
        ({}, "2027-03-31", "2026-04-01", "2026-06-30"),
        ({"opens": "12-01", "due": "01-31"}, "2027-01-15", "2026-12-01", "2027-01-31"),
        ({"every": "6 months"}, "2026-10-01", "2026-10-01", "2027-06-30"),
        ({"every": "6 months"}, "2026-09-30", "2026-04-01", "2026-06-30"),
        ({"every": "24 months"}, "2027-05-01", "2026-04-01", "2026-06-30"),
        ({"every": "1 month", "opens": "01-31", "due": "01-31"}, "2027-02-28", "2027-02-28", "2028-01-31"),
    ],
)
def test_a_period_begins_on_its_day(said: dict[str, str], day: str, opens: str, due: str) -> None:
    period = period_of(Duty.model_validate({**YEARLY, **said}), date.fromisoformat(day))
    assert (period.opens.isoformat(), period.due.isoformat()) == (opens, due)
    assert period.opens <= date.fromisoformat(day) < period.ends


async def test_a_duty_asks_every_operator_once_a_period_and_those_who_come_later_too(
    site: Site, hands: Hands, reviewer: Actor, approver: Actor
) -> None:
    ((first, _),) = await operators(site, reviewer, approver, "0A01")
    hands.now = datetime(2027, 3, 31, 14, 59, 59, tzinfo=UTC)
    await publish(site, asked_type(duties=[{**YEARLY, "effective_from": "2027-04-01"}]))
    await publish(site, _without_question([{**YEARLY, "effective_from": "2027-04-01"}]))
    assert not await open_periods(site)
    hands.now = datetime(2027, 3, 31, 15, tzinfo=UTC)
    assert await open_periods(site)
    assert not any(await asyncio.gather(open_periods(site), open_periods(site)))
    await worked_off(site)
    (application,) = await asked(first)
    assert application.due is not None
    assert site.calendar.due_day(application.due) == date(2027, 6, 30)
    hands.now = datetime(2027, 6, 25, 3, tzinfo=UTC)
    late, _ = await register_operator(
        site, reviewer, approver, operator_code="0B02", effective_from="2027-07-01"
    )
    await worked_off(site)
    (theirs,) = await asked(late)
    assert len(await asked(first)) == 1
    assert theirs.due is not None
    assert site.calendar.business_days(site.today(), site.calendar.due_day(theirs.due)) == 20
    hands.now = datetime(2028, 4, 1, 3, tzinfo=UTC)
    assert await open_periods(site)
    await worked_off(site)
    assert len(await asked(first)) == 2
    assert await Request.find({"open": True, "type": "bench_question"}).count() == 1


def _without_question(described: list[dict[str, Any]]) -> RecordType:
    return asked_type(duties=described).model_copy(
        update={"fields": (asked_type().by_name["answer"],), "title": "{answer}"}
    )


@pytest.mark.slow
async def test_a_duty_is_not_for_operators_its_condition_leaves_out(
    site: Site, hands: Hands, reviewer: Actor, approver: Actor
) -> None:
    ((operator, _),) = await operators(site, reviewer, approver, "0A01")
    hands.now = datetime(2027, 4, 2, 3, tzinfo=UTC)
    said = {**YEARLY, "for": {"operator.license_class": "none_of_these"}}
    await publish(site, asked_type(duties=[said]))
    assert await open_periods(site)
    await worked_off(site)
    assert await asked(operator) == []
    assert {kind.name for kind, _ in duties.duties_of(site)} == {"bench_question", "self_assessment"}


async def test_what_a_duty_asks_is_called_in_the_readers_language_and_what_staff_type_as_typed(
    site: Site, hands: Hands, reviewer: Actor, approver: Actor
) -> None:
    hands.now = datetime(2026, 4, 1, 3, tzinfo=UTC)
    ((operator, _),) = await operators(site, reviewer, approver, "0A01")
    yearly = Duty(name="yearly", label=BOTH, opens="04-01", due="06-30")
    await publish(site, asked_type(duties=[yearly.model_dump(mode="json", exclude_defaults=True)]))
    await open_periods(site)
    await ask(site, reviewer, "bench_question", wish(operator.number, language="ja"))
    await worked_off(site)
    by_duty, by_hand = sorted(await asked(operator), key=lambda each: each.title == "照会")
    assert (by_duty.called("ja"), by_duty.called("en")) == ("年次の確認 2026", "Yearly look 2026")
    assert (by_duty.typed_in, by_hand.called("en"), by_hand.typed_in) == (None, "照会", "ja")
    # Once it is called by its answers, it is called so in either language.
    assert by_duty.model_copy(update={"title": "回答の題"}).called("en") == "回答の題"
    requests = {each.title: each async for each in Request.find_all()}
    assert requests["年次の確認 2026"].called("en") == "Yearly look 2026"
    assert (requests["照会"].called("en"), requests["照会"].typed_in) == ("照会", "ja")


async def test_operators_are_found_and_told_by_name_in_one_read(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    (first, own), (second, _) = await operators(site, reviewer, approver, "0A01", "0B02")
    await publish(site, asked_type())
    definition = site.registry.current("bench_question").definition
    everybody = await addressees.offered(site, reviewer, definition, "")
    assert [each.number for each in everybody] == [first.number, second.number]
    assert [each.number for each in await addressees.offered(site, reviewer, definition, "0B02")] == [
        second.number
    ]
    assert await addressees.offered(site, reviewer, definition, "どこにもない") == []
    known = await addressees.names_of(site, reviewer, [second.number, "404", first.number])
    assert known == {first.number: first.title, second.number: second.title}
    for names in (
        addressees.offered(site, own, definition, ""),
        addressees.names_of(site, own, [first.number]),
    ):
        with pytest.raises(NotAllowed):
            await names
