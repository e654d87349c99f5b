"""The two sides of a record: who takes which step of its lifecycle, and what a step brings about."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from models.documents.account import Account
from models.documents.application import Application, Step
from models.documents.base import new_id
from models.documents.event import Event
from models.documents.figures import decided_since
from models.documents.hold import Hold
from models.documents.record import Consent, Record, RecordVersion
from models.errors import (
    AlreadyDone,
    NotAllowed,
    NotFound,
    RecordChanged,
    TransitionRefused,
    WritingStopped,
)
from models.permissions import SYSTEM, Actor, allowed
from models.services import assents, outcomes, stops
from models.services.applications import find
from models.services.beginning import begin
from models.services.correcting import begin_correction, is_correctable
from models.services.effects import Work, register
from models.services.foreseeing import MOVES, does_of
from models.services.lifecycles import Evidence, act, find_record, outcome_of, possible_actions
from models.services.records import open_file
from models.services.roles import may_act
from models.services.sides import named, persons_for
from models.services.site import Site
from models.services.steps import already_done
from models.services.submitting import submit, withdrawal_step
from models.workflow.effects import LIFECYCLE_EFFECTS
from tests.clock import Hands
from tests.services.answers import fill_in
from tests.services.two_sides import (
    clock,
    closure,
    company,
    delegate,
    desk,
    filed,
    fresh,
    officer,
    person,
    registered,
)

__all__ = ["clock", "desk"]


async def names(site: Site, actor: Actor, record: Record) -> list[str]:
    return [name for name, _ in possible_actions(site, actor, record)]


async def step(site: Site, actor: Actor, record: Record, name: str, **more: Any) -> Record:
    return await act(site, actor, record, name, revision=record.revision, **more)


async def versions(record: Record) -> list[RecordVersion]:
    return await RecordVersion.find({"record_id": record.id}).sort("revision").to_list()


@pytest.mark.parametrize(("origin", "first"), [("operator", "retract"), ("staff", "acknowledge")])
async def test_either_side_takes_its_steps_by_who_began_the_record(
    desk: Site, origin: str, first: str
) -> None:
    firm, reviewer = await company(desk), await officer(desk, "reviewer")
    _, record = await closure(desk, firm, origin)
    assert await names(desk, firm.user, record) == [first]
    others = {"retract": "acknowledge", "acknowledge": "retract"}
    assert await names(desk, reviewer, record) == [others[first], "close"]
    moved = await step(desk, firm.user, record, first)
    kept = (await versions(record))[-1]
    assert (kept.transition, kept.by.name, moved.revision) == (first, firm.user.name, 2)
    told = await Event.find_one({"subject.id": record.id, "action": f"record.{first}"})
    assert told is not None
    with pytest.raises(NotAllowed):
        await step(desk, reviewer, await fresh(desk, record), first)


async def test_a_registration_says_which_side_began_it(desk: Site) -> None:
    firm, reviewer = await company(desk), await officer(desk, "reviewer")
    mine = await filed(desk, firm.user, "closure", {"cause": "rust"})
    theirs = await filed(desk, reviewer, "closure", {"cause": "rust"}, operator_id=firm.record.id)
    records = [await desk.records["closure"].get(each.record_id) for each in (mine, theirs)]
    assert [each.origin for each in records if each] == ["operator", "staff"]


async def test_a_record_nobody_knows_the_beginning_of_has_no_originator(desk: Site) -> None:
    firm, reviewer = await company(desk), await officer(desk, "reviewer")
    _, record = await closure(desk, firm, "")
    assert await names(desk, firm.admin, record) == []
    assert await names(desk, reviewer, record) == ["close"]
    assert [named(desk, word, record)("en") for word in ("originator", "counterpart")] == [
        "The side that began it",
        "The other side",
    ]


async def test_another_operator_sees_and_takes_nothing(desk: Site) -> None:
    firm, stranger = await company(desk), await company(desk)
    _, record = await closure(desk, firm)
    assert (await find_record(desk, firm.user, "closure", record.id)).number == record.number
    assert await names(desk, stranger.admin, record) == []
    with pytest.raises(NotFound):
        await find_record(desk, stranger.admin, "closure", record.id)
    for door in (step, outcome_of):
        with pytest.raises(NotFound):
            await door(desk, stranger.admin, record, "retract")
    with pytest.raises(NotFound):
        await find_record(desk, firm.user, "closure", new_id())


async def test_an_operator_takes_none_of_the_staffs_steps_and_the_staff_none_of_an_operators(
    desk: Site,
) -> None:
    firm, approver = await company(desk), await officer(desk, "approver")
    _, record = await closure(desk, firm)
    with pytest.raises(NotAllowed):
        await step(desk, firm.admin, record, "close")
    _, shut = await closure(desk, firm, into="shut")
    for clerk in (approver, await officer(desk, "operator", "operator_administrator", "originator")):
        with pytest.raises(NotAllowed):
            await step(desk, clerk, shut, "progress")
    with pytest.raises(NotAllowed):
        await step(desk, firm.user, shut, "mend")
    assert (await step(desk, firm.admin, shut, "mend")).lifecycle == "mending"


async def test_a_role_that_only_reads_and_a_delegate_out_of_scope_take_no_step(desk: Site) -> None:
    firm = await company(desk)
    _, record = await closure(desk, firm)
    viewer = await person(desk, "operator", "viewer", operator_id=firm.record.id)
    assert not allowed(viewer, "record.act_own")
    with pytest.raises(NotAllowed):
        await step(desk, viewer, record, "retract")
    elsewhere = await delegate(desk, firm, "bridge")
    assert persons_for(elsewhere, record) == frozenset()
    with pytest.raises(NotFound):
        await step(desk, elsewhere, record, "retract")
    moved = await step(desk, await delegate(desk, firm, "closure"), record, "retract")
    assert (await versions(moved))[-1].by.delegate == "受託"


async def test_a_suspended_account_acts_for_nobody(desk: Site) -> None:
    firm = await company(desk)
    _, record = await closure(desk, firm)
    assert "operator" in persons_for(firm.user, record)
    await Account.raw().update_one({"_id": firm.user.account_id}, {"$set": {"status": "suspended"}})
    account = await Account.get(firm.user.account_id)
    assert account is not None
    assert not may_act(desk, account)
    visitor = replace(firm.user, kind="visitor", operator_id=None, account_id=None)
    assert persons_for(visitor, record) == frozenset()


async def test_nothing_is_written_for_an_operator_while_use_is_stopped(desk: Site) -> None:
    firm, clerk = await company(desk), await officer(desk, "system_administrator")
    _, record = await closure(desk, firm)
    await stops.set_stop(desk, clerk, firm.record.id, level="read_only", code=1, text="保守")
    with pytest.raises(WritingStopped):
        await step(desk, firm.user, record, "retract")
    assert (await fresh(desk, record)).revision == 1


async def test_the_step_of_the_other_side_comes_first_and_the_second_is_told(desk: Site) -> None:
    firm, reviewer = await company(desk), await officer(desk, "reviewer")
    _, record = await closure(desk, firm)
    await step(desk, firm.user, record, "retract")
    with pytest.raises(AlreadyDone) as told:
        await step(desk, reviewer, record, "close")
    assert told.value.values["who"]("en") == firm.user.name
    with pytest.raises(AlreadyDone):
        await step(desk, firm.admin, await fresh(desk, record), "retract")
    _, other = await closure(desk, firm)
    await step(desk, reviewer, other, "close")
    with pytest.raises(AlreadyDone) as named:
        await step(desk, firm.user, other, "retract")
    assert named.value.values["who"] == desk.configuration.site.organisation
    bridge = await registered(desk, "bridge", {"name": "橋"}, firm.record.id, "open")
    sent = await filed(desk, firm.user, "bridge", {}, kind="delete", record_id=bridge.id)
    dropped = sent.model_copy(update={"state": "draft", "history": [_taken_by(reviewer, desk)]})
    assert already_done(desk, firm.user, dropped, "propose").values["who"] == named.value.values["who"]
    assert already_done(desk, firm.admin, sent, "propose").values["who"]("en") == firm.user.name


def _taken_by(actor: Actor, site: Site) -> Step:
    return Step(name="decide", origin="waiting", to="draft", by=actor.person, at=site.now())


async def test_a_follow_up_does_not_begin_the_time_in_a_state_anew_unless_it_says_so(
    desk: Site, clock: Hands
) -> None:
    firm, reviewer = await company(desk), await officer(desk, "reviewer")
    _, record = await closure(desk, firm, into="shut")
    begun = record.since
    clock.forward(hours=1)
    noted = await step(desk, firm.user, record, "progress")
    assert (noted.since, (await fresh(desk, record)).since) == (begun, begun)
    longer = await step(desk, reviewer, noted, "prolong")
    assert longer.since == desk.now() != begun


async def test_evidence_is_read_by_the_side_that_handed_it_in_and_by_the_staff(desk: Site) -> None:
    firm, reviewer = await company(desk), await officer(desk, "reviewer")
    _, record = await closure(desk, firm, into="shut")
    theirs = await step(desk, firm.user, record, "progress", evidence=Evidence("写真.pdf", b"%PDF-1.7 a"))
    await step(desk, reviewer, theirs, "prolong", evidence=Evidence("内部.pdf", b"%PDF-1.7 b"))
    row = await desk.records["closure"].row(record.id)
    assert row is not None
    own, ours = [each.evidence[0]["id"] for each in (await versions(record))[1:]]
    for actor, identifier in ((firm.admin, own), (reviewer, own), (reviewer, ours)):
        stored, _ = await open_file(desk, actor, row, identifier)
        assert str(stored.id) == identifier
    with pytest.raises(NotFound):
        await open_file(desk, firm.admin, row, ours)
    with pytest.raises(NotFound):
        await open_file(desk, (await company(desk)).admin, row, own)


async def test_a_step_writes_the_answers_it_asked_for_with_all_that_follows(desk: Site) -> None:
    firm = await company(desk)
    _, record = await closure(desk, firm, into="shut")
    done: list[Record] = []

    async def within(moved: Record, session: Any) -> None:
        done.append(moved)

    given = {**record.data, "cause": "腐食", "found": "健全"}
    moved = await step(desk, firm.user, record, "progress", data=given, within=within)
    stored = await fresh(desk, record)
    assert (stored.title, stored.data["found"], stored.data["closure_number"]) == (
        "腐食",
        "健全",
        record.number,
    )
    assert stored.grams != record.grams
    assert (await versions(record))[-1].data == stored.data
    assert done == [moved]


async def test_what_fails_beside_a_step_takes_it_back(desk: Site) -> None:
    firm = await company(desk)
    _, record = await closure(desk, firm, into="shut")

    async def within(moved: Record, session: Any) -> None:
        raise TransitionRefused

    with pytest.raises(TransitionRefused):
        await step(desk, firm.user, record, "progress", data={**record.data, "found": "x"}, within=within)
    assert (await fresh(desk, record)).data == record.data
    assert len(await versions(record)) == 1


async def test_a_submission_registers_at_once_under_a_number_and_in_a_state(desk: Site) -> None:
    firm = await company(desk)
    sent = await filed(desk, firm.user, "bridge", {"name": "新橋", "beginning": "planned"})
    other = await filed(desk, firm.user, "bridge", {"name": "旧橋"})
    planned, opened = [await desk.records["bridge"].get(each.record_id) for each in (sent, other)]
    assert planned is not None
    assert opened is not None
    assert (planned.lifecycle, opened.lifecycle) == ("planned", "open")
    assert (sent.state, sent.open, sent.number, sent.round) == ("filed", False, planned.number, 1)
    assert sent.data is not None
    assert sent.decided_at == sent.submitted_at == desk.now()
    assert await desk.records["bridge"].count({"operator_id": firm.record.id}, 9) == 2


async def test_what_is_registered_at_once_is_no_decision_in_the_figures(desk: Site, clock: Hands) -> None:
    firm, approver = await company(desk), await officer(desk, "approver")
    bridge = await registered(desk, "bridge", {"name": "橋"}, firm.record.id, "open")
    before = await decided_since(desk.now() - timedelta(days=1), "Asia/Tokyo")
    await filed(desk, firm.user, "bridge", {"name": "橋"})
    assert await decided_since(desk.now() - timedelta(days=1), "Asia/Tokyo") == before
    sent = await filed(desk, firm.user, "bridge", {}, kind="delete", record_id=bridge.id)
    clock.forward(seconds=1)
    for actor, party in ((firm.user, "applicant"), (approver, "approver")):
        sent = await assents.give(desk, actor, sent, "settle", party, revision=sent.revision)
    after = await decided_since(desk.now() - timedelta(days=1), "Asia/Tokyo")
    assert sum(count for *_, count in after) == sum(count for *_, count in before) + 1


async def test_a_draft_that_registers_at_once_is_given_up_by_the_other_step(desk: Site) -> None:
    firm = await company(desk)
    sent = await filed(desk, firm.user, "bridge", {"name": "橋"})
    draft = sent.model_copy(update={"state": "draft"})
    assert withdrawal_step(desk, firm.user, draft) == "drop"


async def test_a_change_registered_at_once_is_followed_by_a_step_where_there_is_one(desk: Site) -> None:
    firm = await company(desk)
    for begun, after, count in (("open", "planned", 3), ("shut", "shut", 2)):
        bridge = await registered(desk, "bridge", {"name": "橋"}, firm.record.id, begun)
        await filed(desk, firm.user, "bridge", {"name": "大橋"}, kind="change", record_id=bridge.id)
        changed = await fresh(desk, bridge)
        assert (changed.lifecycle, changed.title, changed.revision) == (after, "大橋", count)
        assert [each.revision for each in await versions(bridge)] == list(range(1, count + 1))


async def test_nobody_brings_a_correction_of_their_own_into_force(desk: Site) -> None:
    firm, reviewer = await company(desk), await officer(desk, "reviewer")
    bridge = await registered(desk, "bridge", {"name": "橋"}, firm.record.id)
    assert not is_correctable(desk, reviewer, bridge)
    with pytest.raises(TransitionRefused, match="nobody would review"):
        await begin_correction(desk, reviewer, bridge, "誤記")
    own = await begin(desk, firm.user, "bridge", "change", record_id=bridge.id)
    applicant = {"applicant.account_id": reviewer.account_id, "by_staff": True}
    await Application.raw().update_one({"_id": own.id}, {"$set": applicant})
    draft = await find(desk, reviewer, own.reference)
    draft = await fill_in(desk, reviewer, draft, {**draft.answers, "name": "別"})
    with pytest.raises(TransitionRefused, match="somebody else"):
        await submit(desk, reviewer, draft, revision=draft.revision)
    alone = Consent(step="settle", party="applicant", by=reviewer.person, at=desk.now())
    settled = Step(
        name="settle", origin="waiting", to="filed", by=SYSTEM.person, at=desk.now(), consents=[alone]
    )
    with pytest.raises(TransitionRefused, match="somebody else"):
        await register(Work(desk, SYSTEM, draft.model_copy(update={"history": [settled]}), None), {})
    assert (await fresh(desk, bridge)).title == "橋"


async def test_a_step_moves_the_record_it_refers_to(desk: Site) -> None:
    firm, reviewer = await company(desk), await officer(desk, "reviewer")
    bridge, record = await closure(desk, firm)
    moved = await step(desk, reviewer, record, "close")
    assert (moved.lifecycle, (await fresh(desk, bridge)).lifecycle) == ("shut", "shut")
    kept = (await versions(bridge))[-1]
    assert kept.rests_on is not None
    assert (kept.transition, kept.rests_on.label) == ("shut", record.number)


async def test_what_a_step_does_to_a_record_out_of_reach_is_told_without_its_name(desk: Site) -> None:
    firm = await company(desk)
    bridge, record = await closure(desk, firm, into="mending")
    restart = desk.lifecycles["closure"].transitions["restart"]
    for actor, told_of in ((firm.admin, True), (await delegate(desk, firm, "closure"), False)):
        (told,) = await does_of(desk, actor, record, restart)
        assert (bridge.number in told("en")) == told_of


@pytest.mark.parametrize("case", ["state", "nothing", "another company's"])
async def test_a_step_that_cannot_move_the_other_record_is_refused_as_a_whole(desk: Site, case: str) -> None:
    firm, reviewer = await company(desk), await officer(desk, "reviewer")
    bridge, record = await closure(desk, firm)
    foreign = await registered(desk, "bridge", {"name": "他社橋"}, (await company(desk)).record.id, "open")
    if case == "state":
        await desk.records["bridge"].collection.update_one(
            {"_id": bridge.id}, {"$set": {"lifecycle": "gone"}}
        )
    else:
        named = {"data.bridge": foreign.number if case != "nothing" else None}
        await desk.records["closure"].collection.update_one({"_id": record.id}, {"$set": named})
    with pytest.raises(TransitionRefused):
        await step(desk, reviewer, await fresh(desk, record), "close")
    assert ((await fresh(desk, record)).lifecycle, (await fresh(desk, foreign)).lifecycle) == (
        "reported",
        "open",
    )
    assert len(await versions(record)) == 1


async def test_what_a_step_would_do_to_other_records_is_told_beforehand(desk: Site) -> None:
    firm, reviewer = await company(desk), await officer(desk, "reviewer")
    bridge, record = await closure(desk, firm, cause="地震")
    told = [message("en") for message in (await outcome_of(desk, reviewer, record, "close")).does]
    assert told == [
        f"Takes the step “Shut” for “大橋” ({bridge.number}), which is “Shut” from then on.",
        "Registers Survey besides, with answers from here.",
    ]
    _, other = await closure(desk, firm)
    await desk.records["bridge"].collection.update_many({}, {"$set": {"lifecycle": "gone"}})
    told = [message("en") for message in (await outcome_of(desk, reviewer, other, "close")).does]
    assert [" is in a state from which this is not possible" in each for each in told] == [True]


@pytest.mark.parametrize(("name", "held"), [("旧橋", 1), ("新橋", 0)])
async def test_what_follows_a_change_is_told_beforehand_as_it_then_happens(
    desk: Site, name: str, held: int
) -> None:
    firm = await company(desk)
    bridge = await registered(desk, "bridge", {"name": "大橋"}, firm.record.id, "open")
    begun = await begin(desk, firm.admin, "bridge", "change", record_id=bridge.id)
    draft = await fill_in(desk, firm.admin, begun, {"name": name})
    given = draft.model_copy(update={"data": {"name": name}})
    told = [message.msgid for message in (await outcomes.outcome_of(desk, firm.admin, given, "file")).does]
    assert (told[1:2], told[2:]) == ([MOVES], [LIFECYCLE_EFFECTS["hold"].does] * held)
    await submit(desk, firm.admin, draft, revision=draft.revision)
    found = await fresh(desk, bridge)
    assert (found.lifecycle, found.data["name"]) == ("planned", name)
    assert await Hold.find({"over.id": bridge.id}).count() == held


async def test_a_step_registers_another_record_and_keeps_its_number(desk: Site) -> None:
    firm, reviewer = await company(desk), await officer(desk, "reviewer")
    _, record = await closure(desk, firm, cause="地震")
    moved = await step(desk, reviewer, record, "close")
    survey = await desk.records["survey"].by_number(str(moved.data["survey"]), {})
    assert survey.data == {
        "survey_number": survey.number,
        "subject": "地震",
        "closure": record.number,
        "kind": "urgent",
    }
    assert (survey.operator_id, survey.origin, survey.lifecycle) == (firm.record.id, "staff", "active")
    assert (await fresh(desk, record)).data == (await versions(record))[-1].data == moved.data
    assert await Event.find_one({"subject.id": survey.id, "action": "record.register"}) is not None


async def test_what_another_record_could_not_hold_refuses_the_step_and_names_it(desk: Site) -> None:
    firm, reviewer = await company(desk), await officer(desk, "reviewer")
    bridge, record = await closure(desk, firm, cause="これは件名の欄には長すぎる")
    with pytest.raises(TransitionRefused) as told:
        await step(desk, reviewer, record, "close")
    assert "件名" in str(told.value.values["what"]("ja"))
    assert (await fresh(desk, bridge)).lifecycle == "open"
    assert (await fresh(desk, record)).lifecycle == "reported"


async def test_two_who_take_different_steps_at_once_leave_one(desk: Site) -> None:
    firm, reviewer = await company(desk), await officer(desk, "reviewer")
    bridge, record = await closure(desk, firm)
    done = await asyncio.gather(
        step(desk, firm.user, record, "retract"),
        step(desk, reviewer, record, "close"),
        return_exceptions=True,
    )
    refused = [each for each in done if isinstance(each, Exception)]
    assert [type(each) for each in refused] in ([AlreadyDone], [RecordChanged])
    assert len(await versions(record)) == 2
    shut = (await fresh(desk, record)).lifecycle == "shut"
    assert ((await fresh(desk, bridge)).lifecycle == "shut") is shut
