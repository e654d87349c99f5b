"""The contract with an operator (terms of use 2.6, 2.7): interrupted, lifted, ended, cancelled, handed on."""

from datetime import date, timedelta
from typing import Any

import pytest
import pytest_asyncio

from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import new_id
from models.documents.certificate import Certificate
from models.documents.event import Event
from models.documents.hold import Hold
from models.documents.message import Message
from models.documents.record import Record, RecordVersion
from models.documents.session import BrowserSession
from models.errors import (
    AlreadyDone,
    AnswersInvalid,
    NotAllowed,
    NotFound,
    RecordChanged,
    StepIncomplete,
    TransitionRefused,
    WritingStopped,
)
from models.permissions import Actor
from models.services import stops
from models.services.applications import find
from models.services.beginning import begin
from models.services.delivery import claim_due, mark_sent
from models.services.lifecycles import Evidence, act, possible_actions
from models.services.looking_again import overdue, tell_passed
from models.services.outcomes import outcome_of
from models.services.records import find_own
from models.services.requesting import begin_case
from models.services.site import Site
from models.services.steps import Given, take_step
from models.services.submitting import submit
from models.services.uploads import attach
from tests.clock import Hands
from tests.services.answers import fill_in
from tests.services.conftest import staff
from tests.services.people import register_operator, register_resource
from tests.services.stored import store_records

Registered = tuple[Record, Actor]

PAPER = Evidence("承諾書.pdf", b"%PDF-1.7 consent")

VIOLATION: dict[str, Any] = {
    "violation_type": "rights",
    "situation": "occurred",
    "summary": "無断掲載",
    "discovered_on": "2026-05-01",
    "facts": "他社の資料を掲載した。",
    "decision": "none",
    "decision_reason": "是正済みのため",
}


@pytest_asyncio.fixture
async def operator(site: Site, reviewer: Actor, approver: Actor) -> Registered:
    """A registered operator and its administrator."""
    return await register_operator(site, reviewer, approver)


async def fresh(site: Site, record: Record) -> Record:
    found = await site.records[record.type].get(record.id)
    assert found is not None
    return found


async def interrupt(site: Site, actor: Actor, record: Record, **more: Any) -> Record:
    given = {"reason": "調査のため", "ground": "feared", **more}
    return await act(site, actor, record, "suspend", revision=record.revision, **given)


async def a_session(site: Site, account_id: Any) -> None:
    now = site.now()
    await BrowserSession(
        token_hash=str(new_id()),
        account_id=account_id,
        created_at=now,
        seen_at=now,
        ends_at=now + timedelta(hours=1),
    ).insert()


async def case(site: Site, author: Actor, kind: str, record: Record, answers: dict[str, Any]) -> Application:
    """A case handed over for a decision."""
    draft = await begin_case(site, author, kind, record.id)
    if kind == "violation":
        await attach(site, author, draft, "evidence", "写し.pdf", b"%PDF-1.7 proof")
        draft = await find(site, author, draft.reference)
        answers = {**answers, "evidence": draft.answers["evidence"]}
    draft = await fill_in(site, author, draft, answers)
    return await submit(site, author, draft, revision=draft.revision)


async def a_violation(site: Site, author: Actor, decider: Actor, record: Record, **changed: Any) -> Record:
    """A violation that was decided on."""
    sent = await case(site, author, "violation", record, {**VIOLATION, **changed})
    decided = await take_step(site, decider, sent, "approve", Given(revision=sent.revision))
    found = await site.records["violation"].get(decided.record_id)
    assert found is not None
    return found


async def test_an_interruption_needs_a_ground_stops_use_at_once_and_ends_the_sessions(
    site: Site, approver: Actor, operator: Registered
) -> None:
    record, admin = operator
    await a_session(site, admin.account_id)
    with pytest.raises(StepIncomplete) as missing:
        await interrupt(site, approver, record, ground="")
    assert missing.value.field == "ground"
    moved = await interrupt(site, approver, record)
    stop = await stops.standing(site, record.id)
    kept = await RecordVersion.find({"record_id": record.id}).sort("-revision").first_or_none()
    assert (moved.lifecycle, stop and stop.level, kept and kept.ground) == ("suspended", "closed", "feared")
    assert await BrowserSession.find({"account_id": admin.account_id}).count() == 0
    with pytest.raises(WritingStopped):
        await begin(site, admin, "resource")
    mail = await Message.find_one({"template": "use_interrupted"})
    assert mail is not None
    assert "おそれ" in (mail.body or "")


async def test_lifting_an_interruption_ends_its_stop_and_the_operator_writes_again(
    site: Site, approver: Actor, operator: Registered
) -> None:
    record, admin = operator
    moved = await interrupt(site, approver, record)
    with pytest.raises(StepIncomplete):
        await act(site, approver, moved, "resume", reason=" ", revision=moved.revision)
    lifted = await act(site, approver, moved, "resume", reason="疑いが晴れた", revision=moved.revision)
    assert (lifted.lifecycle, lifted.review_at, await stops.standing(site, record.id)) == (
        "active",
        None,
        None,
    )
    assert (await begin(site, admin, "resource")).type == "resource"


async def test_a_day_to_look_again_is_at_most_thirty_days_ahead_and_told_once_when_it_has_passed(
    site: Site, approver: Actor, operator: Registered, hands: Hands
) -> None:
    record, _ = operator
    today = site.today()
    for wrong in (today - timedelta(days=1), today + timedelta(days=31), date.max):
        with pytest.raises(StepIncomplete) as refused:
            await interrupt(site, approver, record, review_on=wrong)
        assert refused.value.field == "review_on"
    moved = await interrupt(site, approver, record, review_on=today + timedelta(days=7))
    assert moved.review_at is not None
    hands.now = moved.review_at - timedelta(seconds=1)
    assert await tell_passed(site) == 0
    hands.forward(seconds=1)
    assert (await overdue(site), await tell_passed(site), await tell_passed(site)) == (1, 1, 0)
    sent = await Message.find({"template": "review_passed"}).to_list()
    assert [(each.to_address, each.to) for each in sent] == [(approver.email, "approver")]
    assert await Event.find({"action": "record.review_passed", "subject.id": record.id}).count() == 1
    again = await fresh(site, moved)
    longer = await act(
        site, approver, again, "prolong", reason="調査中", ground="feared", revision=again.revision
    )
    assert (longer.lifecycle, await overdue(site), longer.review_told_at) == ("suspended", 0, None)


async def test_a_ground_rests_on_a_record_about_the_same_operator_and_no_other(
    site: Site, reviewer: Actor, approver: Actor, operator: Registered
) -> None:
    record, _ = operator
    own = await a_violation(site, reviewer, approver, record)
    published = site.registry.current("violation")
    [foreign] = await store_records(site, published, {"summary": "x"}, lifecycle="recorded")
    with pytest.raises(StepIncomplete) as refused:
        await interrupt(site, approver, record, basis=f"violation:{foreign.number}")
    assert refused.value.field == "basis"
    moved = await interrupt(site, approver, record, basis=f"violation:{own.number}")
    kept = await RecordVersion.find({"record_id": moved.id}).sort("-revision").first_or_none()
    assert kept is not None
    assert kept.rests_on is not None
    assert (kept.rests_on.kind, kept.rests_on.id) == ("violation", own.id)


async def test_a_violation_is_decided_by_another_and_seen_by_no_operator(
    site: Site, reviewer: Actor, approver: Actor, operator: Registered
) -> None:
    record, admin = operator
    chief = await staff(site, "chief", "reviewer", "approver")
    sent = await case(site, chief, "violation", record, VIOLATION)
    with pytest.raises(NotAllowed):
        await take_step(site, chief, sent, "approve", Given(revision=sent.revision))
    decided = await take_step(site, approver, sent, "approve", Given(revision=sent.revision))
    found = await site.records["violation"].get(decided.record_id)
    assert found is not None
    assert (found.number, found.operator_id, found.lifecycle) == ("V000001", record.id, "recorded")
    with pytest.raises(NotFound):
        await find_own(site, admin, "violation", found.number)
    with pytest.raises(NotFound):
        await find(site, admin, decided.reference)
    assert (await fresh(site, record)).lifecycle == "active"


async def test_a_breach_of_rules_cites_the_rule(site: Site, reviewer: Actor, operator: Registered) -> None:
    record, _ = operator
    with pytest.raises(AnswersInvalid) as refused:
        await case(site, reviewer, "violation", record, {**VIOLATION, "violation_type": "breach"})
    assert [error.path for error in refused.value.errors] == ["cited_rule"]
    cited = {**VIOLATION, "violation_type": "breach", "cited_rule": "業務規程 第2条"}
    assert (await case(site, reviewer, "violation", record, cited)).state == "second_review"


async def test_what_is_decided_on_a_violation_happens_with_the_decision(
    site: Site, reviewer: Actor, approver: Actor, operator: Registered
) -> None:
    record, _ = operator
    warned = await a_violation(site, reviewer, approver, record, decision="warning")
    mail = await Message.find_one({"template": "violation_warning"})
    assert mail is not None
    assert warned.number in (mail.body or "")
    assert await stops.standing(site, record.id) is None
    stopped = await a_violation(site, reviewer, approver, record, decision="interruption", situation="leaked")
    await site.switchboard.refresh()
    moved = await fresh(site, record)
    kept = await RecordVersion.find({"record_id": record.id}).sort("-revision").first_or_none()
    assert kept is not None
    assert kept.rests_on is not None
    assert (moved.lifecycle, kept.ground, kept.rests_on.label) == ("suspended", "leaked", stopped.number)
    assert moved.review_at is not None
    assert await stops.standing(site, record.id) is not None


async def test_what_a_decision_brings_about_is_told_beforehand_and_what_stands_in_its_way(
    site: Site, reviewer: Actor, approver: Actor, operator: Registered
) -> None:
    record, _ = operator
    answers = {**VIOLATION, "violation_type": "crime", "decision": "interruption"}
    sent = await case(site, reviewer, "violation", record, answers)
    told = await outcome_of(site, approver, sent, "approve", Given())
    assert told.hindrances == ()
    words = [message.msgid.split(" ")[0] for message in told.does]
    assert words == ["Registers", "Puts", "Takes", "Stop"]
    await interrupt(site, approver, record)
    later = await outcome_of(site, approver, sent, "approve", Given())
    assert [message.values["number"] for message in later.hindrances] == [record.number]


async def test_evidence_of_crime_is_held_when_it_is_decided_and_of_other_acts_is_not(
    site: Site, reviewer: Actor, approver: Actor, operator: Registered
) -> None:
    record, _ = operator
    await a_violation(site, reviewer, approver, record)
    assert await Hold.find_all().count() == 0
    crime = await a_violation(site, reviewer, approver, record, violation_type="crime")
    [hold] = await Hold.find_all().to_list()
    assert (hold.over.id, hold.operator_id, hold.standing) == (crime.id, record.id, True)


@pytest.mark.slow
async def test_a_second_interruption_by_decision_is_refused_and_nothing_of_it_stays(
    site: Site, reviewer: Actor, approver: Actor, operator: Registered
) -> None:
    record, _ = operator
    sent = await case(site, reviewer, "violation", record, {**VIOLATION, "decision": "interruption"})
    await interrupt(site, approver, record)
    with pytest.raises(TransitionRefused):
        await take_step(site, approver, sent, "approve", Given(revision=sent.revision))
    assert await site.records["violation"].collection.count_documents({}) == 0
    assert (await find(site, approver, sent.reference)).state == "second_review"


GROUNDS: list[tuple[dict[str, Any], str]] = [
    ({"ground": "1", "lost_condition": "供給者でなくなった", "eligibility_evidence": "declaration"}, "1"),
    ({"ground": "2"}, "2"),
    ({"ground": "3", "antisocial_evidence": "declaration"}, "3"),
]


@pytest.mark.parametrize(("answers", "code"), GROUNDS, ids=["eligibility", "violation", "antisocial"])
async def test_a_contract_is_cancelled_on_one_of_three_grounds_with_its_evidence(
    site: Site,
    reviewer: Actor,
    approver: Actor,
    operator: Registered,
    answers: dict[str, Any],
    code: str,
) -> None:
    record, admin = operator
    if code == "2":
        with pytest.raises(AnswersInvalid):
            await case(site, reviewer, "cancellation", record, {**answers, "facts": "x"})
        act_found = await a_violation(site, reviewer, approver, record)
        answers = {**answers, "violation": act_found.number}
    await register_resource(site, admin, reviewer, approver)
    sent = await case(site, reviewer, "cancellation", record, {**answers, "facts": "条件を欠くため"})
    decided = await take_step(site, approver, sent, "approve", Given(revision=sent.revision))
    moved = await fresh(site, record)
    kept = await RecordVersion.find({"record_id": record.id}).sort("-revision").first_or_none()
    assert kept is not None
    assert kept.rests_on is not None
    assert (moved.lifecycle, kept.ground, kept.rests_on.id) == ("cancelled", code, decided.record_id)
    account = await Account.get(admin.account_id)
    assert account is not None
    assert account.status == "suspended"
    mail = await Message.find_one({"template": "contract_cancelled"})
    assert mail is not None
    assert "賠償の責めを負いません" in (mail.body or "")
    assert await Hold.find({"over.id": record.id, "standing": True}).count() == 1
    assert await site.records["resource"].collection.count_documents({"operator_id": record.id}) == 1


async def filed(site: Site, admin: Actor) -> Application:
    """The application for the end of use, handed over."""
    draft = await begin(site, admin, "end_of_use")
    answers = {
        "end_reason": "withdrawal",
        "wanted_on": "2027-03-31",
        "contact_after": "soumu@example.jp",
        "understood": "yes",
    }
    draft = await fill_in(site, admin, draft, answers)
    return await submit(site, admin, draft, revision=draft.revision)


async def test_use_ends_when_the_completion_of_the_measures_is_notified(
    site: Site, reviewer: Actor, approver: Actor, operator: Registered, hands: Hands
) -> None:
    record, admin = operator
    sent = await filed(site, admin)
    under_way = await take_step(site, reviewer, sent, "accept")
    assert ((await fresh(site, record)).lifecycle, under_way.state) == ("ending", "measures")
    with pytest.raises(TransitionRefused):
        await take_step(site, reviewer, under_way, "propose")
    definition = site.registry.current("end_of_use").definition
    ticked = tuple(item.name for item in definition.review.checklist)
    waiting = await take_step(site, reviewer, under_way, "propose", Given(checklist=ticked))
    assert not (await fresh(site, record)).stamps.get("contract_ended_at")
    await take_step(site, approver, waiting, "complete")
    ended = await fresh(site, record)
    assert (ended.lifecycle, ended.stamps.get("contract_ended_at")) == ("terminated", None)
    accounts = await Account.find({"operator_id": record.id}).to_list()
    certificates = await Certificate.find({"operator_id": record.id}).to_list()
    assert {each.status for each in accounts} == {"suspended"}
    assert {each.state for each in certificates} == {"suspended"}
    hands.forward(minutes=1)
    while (envelope := await claim_due(site)) is not None:
        if envelope.message.template == "end_notified":
            notified = site.now()
        await mark_sent(site, envelope.message)
    assert (await fresh(site, record)).stamps["contract_ended_at"] == notified
    body = (await Message.find_one({"template": "end_notified"})).body or ""  # type: ignore[union-attr]
    assert "2.7.3" in body
    assert await RecordVersion.find({"record_id": record.id}).count() == ended.revision


async def test_use_does_not_end_while_something_of_the_operator_is_still_live(
    site: Site, reviewer: Actor, approver: Actor, operator: Registered
) -> None:
    record, admin = operator
    await register_resource(site, admin, reviewer, approver)
    under_way = await take_step(site, reviewer, await filed(site, admin), "accept")
    definition = site.registry.current("end_of_use").definition
    ticked = tuple(item.name for item in definition.review.checklist)
    waiting = await take_step(site, reviewer, under_way, "propose", Given(checklist=ticked))
    with pytest.raises(TransitionRefused):
        await take_step(site, approver, waiting, "complete")
    assert (await fresh(site, record)).lifecycle == "ending"


@pytest.mark.slow
async def test_an_end_that_is_called_off_leaves_the_contract_as_it_was(
    site: Site, reviewer: Actor, operator: Registered
) -> None:
    record, admin = operator
    under_way = await take_step(site, reviewer, await filed(site, admin), "accept")
    await take_step(site, reviewer, under_way, "go_on", Given(reason="取下げの申出"))
    assert (await fresh(site, record)).lifecycle == "active"


async def test_a_succession_is_recorded_by_staff_alone_and_with_the_consent_document(
    site: Site, approver: Actor, operator: Registered
) -> None:
    record, admin = operator
    assert possible_actions(site, admin, record) == []
    with pytest.raises(NotAllowed):
        await act(site, admin, record, "succeed", reason="x", evidence=PAPER, revision=record.revision)
    with pytest.raises(StepIncomplete) as refused:
        await act(site, approver, record, "succeed", reason="合併", revision=record.revision)
    assert refused.value.field == "evidence"
    kept = await act(
        site, approver, record, "succeed", reason="合併", evidence=PAPER, revision=record.revision
    )
    version = await RecordVersion.find({"record_id": record.id}).sort("-revision").first_or_none()
    assert version is not None
    assert (kept.lifecycle, kept.operator_id, version.evidence[0]["filename"]) == (
        "active",
        record.operator_id,
        "承諾書.pdf",
    )


@pytest.mark.slow
async def test_two_people_who_interrupt_at_the_same_moment_stop_use_once(
    site: Site, approver: Actor, operator: Registered
) -> None:
    record, _ = operator
    second = await staff(site, "approver-2", "approver")
    await interrupt(site, approver, record)
    with pytest.raises((AlreadyDone, RecordChanged)):
        await interrupt(site, second, record)
    assert await Event.find({"action": "stop.set"}).count() == 1
