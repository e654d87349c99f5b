"""Declarations of operators: kept with their words, asked again, reminded, told to staff when declined."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models.documents.account import Account
from models.documents.base import new_id, read_id
from models.documents.declaration import Confirmation, Declaration
from models.documents.event import Event
from models.documents.message import Message
from models.documents.record import Record
from models.errors import AnswersInvalid, DeclarationMoved, NotAllowed, NotFound, SendingClosed
from models.permissions import Actor
from models.schema.days import months_later
from models.services import agenda, confirmations, declarations
from models.services.declarations import Given
from models.services.site import Site
from tests.clock import Hands
from tests.services.conftest import staff

AFFIRMED = {"affirmed": True, "at": "2026-01-15T01:00:00+00:00", "text_version": "1"}


async def operator(site: Site, number: str = "00000001", **data: Any) -> tuple[Record, Actor]:
    """A registered operator and its administrator."""
    identity, moment = new_id(), site.now()
    record = Record.model_validate(
        {
            "_id": identity,
            "type": "operator",
            "number": number,
            "title": f"事業者{number}",
            "schema_version": 1,
            "operator_id": identity,
            "lifecycle": "active",
            "data": {"antisocial_declaration": AFFIRMED, "eligibility_declaration": AFFIRMED, **data},
            "created_at": moment,
            "updated_at": moment,
        }
    )
    await site.records["operator"].collection.insert_one(record.document())
    account = Account(
        login=f"a{number}",
        kind="operator",
        name="海野 花子",
        email=f"a{number}@example.jp",
        roles=["administrator"],
        operator_id=identity,
        status="active",
        created_at=moment,
    )
    await account.insert()
    actor = Actor(
        kind="operator",
        account_id=account.id,
        name=account.name,
        roles=frozenset({"administrator"}),
        operator_id=identity,
    )
    return record, actor


async def one(site: Site, record: Record, name: str = "anti_social") -> declarations.Standing:
    return next(each for each in await declarations.standings(site, record) if each.name == name)


def yes(sequence: int = 0, **changed: Any) -> Given:
    facts: dict[str, Any] = {"answer": "confirmed", "text_version": "1", "sequence": sequence}
    return Given(**{**facts, **changed})


async def test_what_was_declared_with_the_registration_stands(site: Site) -> None:
    """Control: of an operator without it, nothing is declared."""
    record, _ = await operator(site)
    assert (await one(site, record)).state == "confirmed"
    assert (await one(site, record)).registered
    bare, _ = await operator(site, "00000002", antisocial_declaration=None)
    assert (await one(site, bare)).state == "none"


async def test_an_answer_is_kept_with_its_words_and_who_gave_it(site: Site) -> None:
    record, administrator = await operator(site)
    await declarations.answer(site, administrator, "anti_social", yes())
    (kept,) = await declarations.history(record.id, "anti_social")
    words = declarations.words_of(site, declarations.rule_of(site, "anti_social"))
    assert (kept.text, kept.text_version, kept.by.name) == (words.text, "1", "海野 花子")
    assert await Event.find({"action": "declaration.confirmed", "operator_id": record.id}).count() == 1


async def test_staff_are_told_at_once_when_it_is_declined(site: Site) -> None:
    """Control: a confirmation tells nobody."""
    await staff(site, "chief", "approver")
    record, administrator = await operator(site)
    await declarations.answer(site, administrator, "anti_social", yes())
    assert await Message.find({"template": declarations.DECLINED}).count() == 0
    with pytest.raises(AnswersInvalid) as refused:
        await declarations.answer(site, administrator, "anti_social", yes(1, answer="declined"))
    assert [error.path for error in refused.value.errors] == ["note"]
    declined = yes(1, answer="declined", note="役員の交代があった")
    await declarations.answer(site, administrator, "anti_social", declined)
    told = await Message.find({"template": declarations.DECLINED}).to_list()
    assert [mail.to_address for mail in told] == ["chief@market.example.jp"]
    assert "役員の交代" not in str([(mail.subject, mail.body) for mail in told])
    assert (await one(site, record)).state == "declined"


async def test_only_the_administrator_answers_and_no_delegate_does(site: Site) -> None:
    record, administrator = await operator(site)
    user = Actor(kind="operator", account_id=new_id(), roles=frozenset({"user"}), operator_id=record.id)
    delegate = Actor(
        kind="operator",
        account_id=new_id(),
        roles=frozenset({"administrator"}),
        operator_id=record.id,
        delegate="しおかぜ電力サービス",
    )
    for actor in (user, delegate):
        with pytest.raises(NotAllowed):
            await declarations.answer(site, actor, "anti_social", yes())
    with pytest.raises(NotFound):
        await declarations.answer(site, administrator, "pledge", yes())
    assert await Declaration.find().count() == 0


async def test_two_answers_at_the_same_moment_are_one(site: Site) -> None:
    record, administrator = await operator(site)
    outcomes = await asyncio.gather(
        *(declarations.answer(site, administrator, "anti_social", yes()) for _ in range(2)),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["DeclarationMoved", "NoneType"]
    assert len(await declarations.history(record.id, "anti_social")) == 1


async def test_words_that_changed_meanwhile_are_not_confirmed(site: Site) -> None:
    _, administrator = await operator(site)
    with pytest.raises(DeclarationMoved):
        await declarations.answer(site, administrator, "anti_social", yes(text_version="0"))


async def test_an_operator_is_asked_mailed_and_not_asked_twice(site: Site) -> None:
    asker = await staff(site, "asker", "reviewer")
    record, administrator = await operator(site)
    await confirmations.ask_one(site, asker, "anti_social", record.number, "役員が変わったため", None)
    (mail,) = await Message.find({"template": "confirmation_asked"}).to_list()
    assert "役員が変わったため" in (mail.body or "")
    assert "2026年12月20日" in (mail.body or "")
    with pytest.raises(AnswersInvalid) as refused:
        await confirmations.ask_one(site, asker, "anti_social", record.number, "もう一度", None)
    assert [error.path for error in refused.value.errors] == ["number"]
    (waiting,) = [each for each in await agenda.agenda(site, administrator) if each.sort == "declaration"]
    assert waiting.until == date(2026, 12, 20)
    await declarations.answer(site, administrator, "anti_social", yes())
    assert not [each for each in await agenda.agenda(site, administrator) if each.sort == "declaration"]
    asked = await Confirmation.find_one({"operator_id": record.id})
    assert asked is not None
    assert asked.state == "confirmed"


@pytest.mark.parametrize(
    ("number", "reason", "due", "path"),
    [
        ("99999999", "理由", None, "number"),
        ("00000001", " ", None, "reason"),
        ("00000001", "理由", date(2026, 11, 20), "due"),
        ("00000001", "理由", date(2028, 1, 1), "due"),
    ],
)
async def test_what_cannot_be_asked_is_refused_at_its_field(
    site: Site, number: str, reason: str, due: date | None, path: str
) -> None:
    asker = await staff(site, "asker", "reviewer")
    await operator(site)
    with pytest.raises(AnswersInvalid) as refused:
        await confirmations.ask_one(site, asker, "anti_social", number, reason, due)
    assert [error.path for error in refused.value.errors] == [path]


async def spread(site: Site) -> None:
    while await confirmations.spread_one(site):
        pass


async def test_all_are_asked_once_in_batches(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirmations, "BATCH", 3)
    asker = await staff(site, "asker", "reviewer")
    for number in range(7):
        await operator(site, f"{number:08}")
    gone, _ = await operator(site, "00000099")
    await site.records["operator"].collection.update_one(
        {"_id": gone.id}, {"$set": {"lifecycle": ended(site)}}
    )
    await confirmations.ask_one(site, asker, "anti_social", "00000003", "先に", None)
    await confirmations.ask_all(site, asker, "anti_social", "年次の確認", date(2026, 12, 25))
    await spread(site)
    rows = await Confirmation.find({"name": "anti_social"}).to_list()
    assert len({row.operator_id for row in rows}) == len(rows) == 7
    assert gone.id not in {row.operator_id for row in rows}


def ended(site: Site) -> str:
    kind = site.registry.current("operator").definition
    return next(name for name, state in site.lifecycles[kind.lifecycle].states.items() if not state.live)


@pytest.mark.parametrize(("day", "asked"), [(date(2027, 1, 14), 0), (date(2027, 1, 15), 1)])
async def test_a_year_after_it_was_declared_it_is_asked_again_once(
    site: Site, hands: Hands, day: date, asked: int
) -> None:
    """Declared on 15 January 2026: the year is over when 15 January 2027 begins in Tokyo."""
    await operator(site, eligibility_declaration={**AFFIRMED, "at": "2026-11-01T00:00:00+00:00"})
    hands.now = datetime(day.year, day.month, day.day, 0, 30, tzinfo=UTC)
    await spread(site)
    hands.forward(days=1 if asked else 0)
    await spread(site)
    assert await Confirmation.find().count() == asked


async def test_one_who_confirmed_is_asked_again_a_year_after_that(site: Site, hands: Hands) -> None:
    record, administrator = await operator(site)
    hands.now = datetime(2027, 1, 20, 3, tzinfo=UTC)
    await spread(site)
    await declarations.answer(site, administrator, "anti_social", yes())
    hands.forward(days=364)
    await spread(site)
    assert await Confirmation.find({"name": "anti_social"}).count() == 1
    hands.forward(days=1)
    await spread(site)
    assert await Confirmation.find({"name": "anti_social", "operator_id": record.id}).count() == 2


def test_a_month_without_the_day_ends_on_its_last() -> None:
    assert months_later(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert months_later(date(2026, 2, 28), 12) == date(2027, 2, 28)


async def test_an_operator_is_reminded_and_then_late(site: Site, hands: Hands) -> None:
    asker = await staff(site, "asker", "reviewer")
    record, _ = await operator(site)
    await confirmations.ask_one(site, asker, "anti_social", record.number, "確認", None)
    asked = await Confirmation.find_one({"operator_id": record.id})
    assert asked is not None
    for moment, mails, late in (
        (asked.due - timedelta(days=8, seconds=1), 1, 0),
        (asked.due - timedelta(days=8), 2, 0),
        (asked.due - timedelta(days=2), 3, 0),
        (asked.due - timedelta(seconds=1), 3, 0),
        (asked.due, 4, 1),
        (asked.due + timedelta(days=3), 4, 1),
    ):
        hands.now = moment
        while await confirmations.remind_one(site):
            pass
        found = await Message.find({"template": "confirmation_asked"}).count()
        assert (found, await confirmations.overdue(site)) == (mails, late), moment
    assert await Event.find({"action": "declaration.overdue"}).count() == 1


async def test_what_was_filed_decides_which_rule_governs_confidentiality(site: Site) -> None:
    """Terms of use 4.2: the terms, else the auction's guidelines, else the capacity contract."""
    approver = await staff(site, "approver", "approver")
    record, _ = await operator(site)

    async def governing(of: Record) -> str:
        rule = declarations.governing(site, of, await declarations.standings(site, of))
        return rule.label("ja") if rule else ""

    assert "利用規約" in await governing(record)
    filed, _ = await operator(site, "00000002", pledge_filed=True)
    assert "募集要綱" in await governing(filed)
    note = "2026-11-20 受領の誓約書"
    await declarations.record(site, approver, record, "pledge", yes(note=note))
    assert "募集要綱" in await governing(record)
    await declarations.record(site, approver, record, "capacity_contract", yes(note="契約書 第1号"))
    assert "容量確保契約" in await governing(record)
    over = yes(1, answer="withdrawn", note="契約の終了")
    await declarations.record(site, approver, record, "capacity_contract", over)
    assert "募集要綱" in await governing(record)


async def test_staff_record_nothing_that_only_the_operator_can_declare(site: Site) -> None:
    approver, reviewer = await staff(site, "approver", "approver"), await staff(site, "reviewer", "reviewer")
    record, _ = await operator(site)
    with pytest.raises(NotFound):
        await declarations.record(site, approver, record, "anti_social", yes(note="代わりに"))
    with pytest.raises(NotAllowed):
        await declarations.record(site, reviewer, record, "pledge", yes(note="受領"))
    with pytest.raises(AnswersInvalid):
        await declarations.record(site, approver, record, "pledge", yes())


@pytest.mark.parametrize(("moment", "taken"), [("17:59:59", True), ("18:00:00", False)])
async def test_declarations_are_taken_within_the_service_hours(
    site: Site, hands: Hands, moment: str, taken: bool
) -> None:
    record, admin = await operator(site)
    keeping_hours = replace(site, always_open=False)
    hands.now = datetime.fromisoformat(f"2026-11-20T{moment}+09:00")
    if taken:
        await declarations.answer(keeping_hours, admin, "anti_social", yes())
    else:
        with pytest.raises(SendingClosed):
            await declarations.answer(keeping_hours, admin, "anti_social", yes())
    assert bool(await declarations.history(read_id(record.id), "anti_social")) is taken
