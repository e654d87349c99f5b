"""Consents to steps that rest on several parties: given, taken back, and what becomes of them."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from models.documents.account import Account
from models.documents.application import Application
from models.documents.event import Event
from models.documents.record import Record, RecordVersion
from models.errors import (
    AlreadyDone,
    ConsentMissing,
    NotAllowed,
    NotFound,
    RecordChanged,
    StepIncomplete,
    TorokuError,
    TransitionRefused,
)
from models.permissions import Actor, persons
from models.services import assents, consents
from models.services.applications import form_of, save_page
from models.services.beginning import begin
from models.services.consents import ConsentOffer
from models.services.inbox_readers import next_to_act
from models.services.lifecycles import act, possible_actions
from models.services.rebasing import is_outdated
from models.services.site import Site
from models.services.steps import possible_steps, take_step
from models.services.submitting import submit
from tests.services.answers import fill_in
from tests.services.test_record_terms import changed
from tests.services.two_sides import (
    Company,
    clock,
    closure,
    company,
    delegate,
    desk,
    filed,
    fresh,
    officer,
    registered,
)

__all__ = ["clock", "desk"]


async def give(site: Site, actor: Actor, record: Record, step: str, party: str, **more: Any) -> Record:
    return await consents.give(site, actor, record, step, party, **{"revision": record.revision, **more})


async def take_back(site: Site, actor: Actor, record: Record, step: str, party: str, **more: Any) -> Record:
    revision = more.pop("revision", record.revision)
    return await consents.withdraw(site, actor, record, step, party, revision=revision, **more)


async def offer(site: Site, actor: Actor, record: Record, step: str) -> ConsentOffer:
    return next(each for each in await consents.standing_for(site, actor, record) if each.step == step)


async def last(record: Record) -> RecordVersion:
    found = await RecordVersion.find({"record_id": record.id}).sort("-revision").first_or_none()
    assert found is not None
    return found


async def at_once(*doing: Awaitable[Any]) -> list[Any]:
    return await asyncio.gather(*doing, return_exceptions=True)


async def mending(site: Site, origin: str = "operator") -> tuple[Company, Record, Record]:
    """A closure both sides have to agree to end."""
    firm = await company(site)
    return (firm, *await closure(site, firm, origin, "mending"))


async def test_a_step_that_rests_on_both_sides_waits_for_both_and_names_who_is_missing(desk: Site) -> None:
    firm, bridge, record = await mending(desk)
    reviewer, approver = await officer(desk, "reviewer"), await officer(desk, "approver")
    assert possible_actions(desk, approver, record) == []
    with pytest.raises(ConsentMissing) as missing:
        await act(desk, approver, record, "reopen", revision=record.revision)
    assert missing.value.values["parties"]("en") == "Operator, Road Office"
    called = [party.name("en") for party in (await offer(desk, reviewer, record, "reopen")).parties]
    assert called == [firm.record.title, "Road Office"]
    one = await give(desk, firm.user, record, "reopen", "originator", note="点検済み")
    with pytest.raises(ConsentMissing) as missing:
        await act(desk, approver, one, "reopen", revision=one.revision)
    assert missing.value.values["parties"]("ja") == "道路局"
    both = await give(desk, reviewer, one, "reopen", "counterpart")
    assert [name for name, _ in possible_actions(desk, approver, both)] == ["reopen"]
    over = await act(desk, approver, both, "reopen", revision=both.revision)
    assert (over.lifecycle, over.consents) == ("over", [])
    assert (await fresh(desk, bridge)).lifecycle == "open"


async def test_each_consent_is_a_version_and_an_event(desk: Site) -> None:
    firm, _, record = await mending(desk)
    given = await give(desk, firm.user, record, "reopen", "originator", note=" 点検済み ")
    kept = await last(record)
    told = (kept.revision, kept.transition, kept.consent, kept.party, kept.reason, kept.by.name)
    assert told == (2, "reopen", "given", "originator", "点検済み", firm.user.name)
    assert (kept.lifecycle, given.since, (await fresh(desk, record)).consents) == (
        "mending",
        record.since,
        given.consents,
    )
    await take_back(desk, firm.admin, given, "reopen", "originator")
    assert (await last(record)).consent == "withdrawn"
    found = await Event.find({"subject.id": record.id}).sort("at").to_list()
    names = ["record.consent_given", "record.consent_withdrawn"]
    assert sorted(each.action for each in found if "consent" in each.action) == names


async def test_what_is_offered_says_whose_turn_it_is_and_hides_the_names_of_the_staff(desk: Site) -> None:
    firm, _, record = await mending(desk, "staff")
    reviewer = await officer(desk, "reviewer")
    offered = await offer(desk, firm.user, record, "reopen")
    assert [(each.party, each.may_give) for each in offered.parties] == [
        ("originator", False),
        ("counterpart", True),
    ]
    assert (offered.complete, offered.at_once, offered.mine) == (False, False, True)
    given = await give(desk, reviewer, record, "reopen", "originator")
    seen = (await offer(desk, firm.user, given, "reopen")).parties[0]
    shown = (await offer(desk, reviewer, given, "reopen")).parties[0]
    assert seen.who is not None
    assert shown.who is not None
    assert (seen.who("ja"), shown.who("ja")) == ("道路局", reviewer.name)
    assert (seen.may_withdraw, shown.may_withdraw, shown.may_give) == (False, True, False)
    _, shut = await closure(desk, firm, into="shut")
    stated = [each.statement("en") for each in (await offer(desk, firm.user, shut, "agree")).parties]
    assert stated == ["We found it safe", "We consent.", "We consent."]
    assert [each.step for each in await consents.standing_for(desk, firm.user, shut)] == ["agree"]
    assert [each.step for each in await consents.standing_for(desk, reviewer, shut)] == ["agree", "leave"]
    with pytest.raises(NotFound):
        await consents.standing_for(desk, (await company(desk)).admin, record)


async def test_consent_may_be_taken_back_until_the_step_is_taken(desk: Site) -> None:
    firm, _, record = await mending(desk)
    reviewer, approver = await officer(desk, "reviewer"), await officer(desk, "approver")
    one = await give(desk, firm.user, record, "reopen", "originator")
    both = await give(desk, reviewer, one, "reopen", "counterpart")
    less = await take_back(desk, firm.admin, both, "reopen", "originator", note="再点検")
    with pytest.raises(ConsentMissing):
        await act(desk, approver, less, "reopen", revision=less.revision)
    with pytest.raises(TransitionRefused):
        await take_back(desk, firm.user, less, "reopen", "originator")
    again = await give(desk, firm.user, less, "reopen", "originator")
    over = await act(desk, approver, again, "reopen", revision=again.revision)
    with pytest.raises(TorokuError) as late:
        await take_back(desk, firm.user, over, "reopen", "originator")
    assert late.value.status == 409
    assert (await fresh(desk, record)).lifecycle == "over"


async def test_the_last_consent_takes_a_step_that_is_the_programs(desk: Site) -> None:
    firm, reviewer, approver = (
        await company(desk),
        await officer(desk, "reviewer"),
        await officer(desk, "approver"),
    )
    _, record = await closure(desk, firm, into="shut")
    record = await give(desk, firm.user, record, "agree", "operator")
    record = await give(desk, approver, record, "agree", "approver")
    assert record.lifecycle == "shut"
    record = await give(desk, reviewer, record, "agree", "reviewer")
    assert (record.lifecycle, (await fresh(desk, record)).lifecycle) == ("agreed", "agreed")
    found = await RecordVersion.find({"record_id": record.id}).sort("revision").to_list()
    assert [(each.transition, each.consent) for each in found[-2:]] == [("agree", "given"), ("agree", "")]
    assert (found[-1].by.kind, found[-1].revision, record.consents) == ("system", record.revision, [])


async def test_a_consent_is_the_partys_and_outlives_the_account_that_gave_it(desk: Site) -> None:
    firm, _, record = await mending(desk)
    given = await give(desk, firm.user, record, "reopen", "originator")
    await Account.raw().update_one({"_id": firm.user.account_id}, {"$set": {"status": "suspended"}})
    assert [each.party for each in (await fresh(desk, record)).consents] == ["originator"]
    back = await take_back(desk, firm.admin, given, "reopen", "originator")
    assert back.consents == []


async def test_one_person_consents_for_one_party_alone(desk: Site) -> None:
    firm, both = await company(desk), await officer(desk, "reviewer", "approver")
    _, record = await closure(desk, firm, into="shut")
    record = await give(desk, both, record, "agree", "reviewer")
    assert [each.may_give for each in (await offer(desk, both, record, "agree")).parties] == [False] * 3
    with pytest.raises(TransitionRefused, match="another party"):
        await give(desk, both, record, "agree", "approver")
    other = await officer(desk, "approver")
    assert len((await give(desk, other, record, "agree", "approver")).consents) == 2


async def test_nobody_consents_for_a_party_they_are_not(desk: Site) -> None:
    firm, stranger = await company(desk), await company(desk)
    reviewer = await officer(desk, "reviewer", "operator", "originator")
    _, record = await closure(desk, firm, "operator", "mending")
    for actor, party in ((reviewer, "originator"), (firm.admin, "counterpart")):
        with pytest.raises(NotAllowed):
            await give(desk, actor, record, "reopen", party)
    for actor in (stranger.admin, await delegate(desk, firm, "bridge")):
        with pytest.raises(NotFound):
            await give(desk, actor, record, "reopen", "originator")
        with pytest.raises(NotFound):
            await take_back(desk, actor, record, "reopen", "originator")
    for step, party in (("reopen", "operator"), ("mend", "operator"), ("nothing", "originator")):
        with pytest.raises(NotFound):
            await give(desk, firm.admin, record, step, party)
    given = await give(desk, firm.admin, record, "reopen", "originator")
    with pytest.raises(NotAllowed):
        await take_back(desk, reviewer, given, "reopen", "originator")
    assert len((await fresh(desk, record)).consents) == 1


async def test_a_consent_is_only_to_steps_from_here_and_noted_briefly(desk: Site) -> None:
    firm = await company(desk)
    _, record = await closure(desk, firm)
    assert await consents.standing_for(desk, firm.user, record) == []
    with pytest.raises(RecordChanged):
        await give(desk, firm.user, record, "agree", "operator")
    _, shut = await closure(desk, firm, into="shut")
    with pytest.raises(StepIncomplete) as long:
        await give(desk, firm.user, shut, "agree", "operator", note="あ" * 2001)
    assert long.value.field == "note"
    given = await give(desk, firm.user, shut, "agree", "operator", note="あ" * 2000)
    with pytest.raises(AlreadyDone):
        await give(desk, firm.admin, given, "agree", "operator")


async def test_a_consent_is_to_the_record_as_it_stands(desk: Site) -> None:
    firm, approver = await company(desk), await officer(desk, "approver")
    _, record = await closure(desk, firm, into="shut")
    given = await give(desk, firm.user, record, "agree", "operator")
    noted = await act(desk, firm.user, given, "progress", revision=given.revision)
    assert len(noted.consents) == 1
    data = {**noted.data, "found": "ひび"}
    written = await act(desk, firm.user, noted, "progress", revision=noted.revision, data=data)
    assert written.consents == (await fresh(desk, record)).consents == []
    given = await give(desk, approver, written, "agree", "approver")
    changed = {"cause": "別の原因"}
    await filed(desk, firm.user, "closure", changed, kind="change", record_id=record.id)
    assert (await fresh(desk, record)).consents == []
    with pytest.raises(RecordChanged):
        await give(desk, firm.user, given, "agree", "operator")
    left = await give(desk, firm.user, await fresh(desk, record), "agree", "operator")
    moved = await act(desk, firm.admin, left, "mend", revision=left.revision)
    assert moved.consents == []


async def test_a_consent_leaves_an_application_to_change_the_record_as_it_was(desk: Site) -> None:
    firm, approver = await company(desk), await officer(desk, "approver")
    _, record = await closure(desk, firm, into="shut")
    begun = await begin(desk, firm.user, "closure", kind="change", record_id=record.id)
    given = await give(desk, firm.user, record, "agree", "operator")
    given = await take_back(desk, firm.user, given, "agree", "operator")
    given = await give(desk, approver, given, "agree", "approver")
    begun = await kept(begun)
    assert not await is_outdated(desk, begun)
    data = {**given.data, "found": "ひび"}
    await act(desk, firm.user, given, "progress", revision=given.revision, data=data)
    assert await is_outdated(desk, begun)  # control: an answer was changed
    given = await give(desk, firm.user, await fresh(desk, record), "agree", "operator")
    assert await is_outdated(desk, await kept(begun)), "what was outdated before stays so"


async def test_an_application_sent_before_a_consent_is_registered_after_it(desk: Site) -> None:
    firm, approver = await company(desk), await officer(desk, "approver")
    _, record = await closure(desk, firm, into="shut")
    begun = await begin(desk, firm.user, "closure", kind="change", record_id=record.id)
    filled = await fill_in(desk, firm.user, begun, {**begun.answers, "cause": "別の原因"})
    await give(desk, approver, record, "agree", "approver")
    filled = await kept(filled)
    await submit(desk, firm.user, filled, revision=filled.revision)
    after = await fresh(desk, record)
    assert (after.data["cause"], after.consents) == ("別の原因", [])


@pytest.mark.parametrize("live", [True, False])
async def test_so_does_a_step_that_changes_no_answer_while_the_record_lives(
    desk: Site, monkeypatch: pytest.MonkeyPatch, live: bool
) -> None:
    flows: Any = desk.lifecycles
    monkeypatch.setitem(flows.maps[0], "closure", changed(flows["closure"], "over", live=live))
    firm = await company(desk)
    _, record = await closure(desk, firm, into="shut")
    begun = await begin(desk, firm.user, "closure", kind="change", record_id=record.id)
    noted = await act(desk, firm.user, record, "progress", revision=record.revision)
    moved = await act(desk, firm.admin, noted, "mend", revision=noted.revision)
    assert not await is_outdated(desk, await kept(begun))
    await act(desk, firm.admin, moved, "restart", revision=moved.revision)
    assert await is_outdated(desk, await kept(begun)) is not live


async def kept(application: Application) -> Application:
    found = await Application.get(application.id)
    assert found is not None
    return found


async def test_a_step_that_stays_where_it_was_uses_up_the_consents_to_it(desk: Site) -> None:
    firm, _, record = await mending(desk)
    reviewer = await officer(desk, "reviewer")
    given = await give(desk, firm.user, record, "reopen", "originator")
    given = await give(desk, firm.user, given, "inspect", "operator")
    moved = await act(desk, reviewer, given, "inspect", revision=given.revision)
    assert [each.step for each in moved.consents] == ["reopen"]
    with pytest.raises(ConsentMissing):
        await act(desk, reviewer, moved, "inspect", revision=moved.revision)


async def test_nobody_consents_to_a_record_that_is_yet_to_be(desk: Site) -> None:
    firm = await company(desk)
    _, record = await closure(desk, firm, into="shut")
    with pytest.raises(RecordChanged):
        await give(desk, firm.user, record, "agree", "operator", revision=record.revision + 1)
    assert (await fresh(desk, record)).consents == []


async def test_consents_of_both_sides_at_the_same_moment_both_count(desk: Site) -> None:
    firm, _, record = await mending(desk)
    reviewer = await officer(desk, "reviewer")
    done = await at_once(
        give(desk, firm.user, record, "reopen", "originator"),
        give(desk, reviewer, record, "reopen", "counterpart"),
    )
    assert [each for each in done if isinstance(each, Exception)] == []
    stored = await fresh(desk, record)
    assert {each.party for each in stored.consents} == {"originator", "counterpart"}
    assert stored.revision == 3


async def test_all_the_last_consents_at_once_take_the_step_once(desk: Site) -> None:
    firm, reviewer, approver = (
        await company(desk),
        await officer(desk, "reviewer"),
        await officer(desk, "approver"),
    )
    _, record = await closure(desk, firm, into="shut")
    people = ((firm.user, "operator"), (reviewer, "reviewer"), (approver, "approver"))
    done = await at_once(*(give(desk, actor, record, "agree", party) for actor, party in people))
    assert [each for each in done if isinstance(each, Exception)] == []
    found = await RecordVersion.find({"record_id": record.id, "transition": "agree"}).to_list()
    assert [each.consent for each in found].count("") == 1
    assert (await fresh(desk, record)).lifecycle == "agreed"


async def test_two_of_one_party_at_once_leave_one_consent(desk: Site) -> None:
    firm, _, record = await mending(desk)
    done = await at_once(
        give(desk, firm.user, record, "reopen", "originator"),
        give(desk, firm.admin, record, "reopen", "originator"),
    )
    assert [type(each) for each in done if isinstance(each, Exception)] == [AlreadyDone]
    assert len((await fresh(desk, record)).consents) == 1


async def test_a_withdrawal_and_the_step_at_once_leave_one_of_them(desk: Site) -> None:
    firm, bridge, record = await mending(desk)
    reviewer, approver = await officer(desk, "reviewer"), await officer(desk, "approver")
    record = await give(desk, firm.user, record, "reopen", "originator")
    record = await give(desk, reviewer, record, "reopen", "counterpart")
    done = await at_once(
        take_back(desk, firm.user, record, "reopen", "originator"),
        act(desk, approver, record, "reopen", revision=record.revision),
    )
    refused = [each for each in done if isinstance(each, Exception)]
    assert len(refused) == 1
    assert isinstance(refused[0], TorokuError)
    assert refused[0].status == 409
    stored, moved = await fresh(desk, record), await fresh(desk, bridge)
    over = isinstance(done[0], Exception)
    assert (stored.lifecycle, moved.lifecycle) == (("over", "open") if over else ("mending", "shut"))


async def test_what_the_last_consent_would_bring_about_and_cannot_is_refused_with_it(desk: Site) -> None:
    firm, _, record = await mending(desk)
    approver = await officer(desk, "approver")
    record = await give(desk, firm.user, record, "reopen", "originator")
    record = await give(desk, approver, record, "reopen", "counterpart")
    gone = {"$set": {"data.bridge": "B9999"}}
    await desk.records["closure"].collection.update_one({"_id": record.id}, gone)
    record = await fresh(desk, record)
    with pytest.raises(TransitionRefused):
        await act(desk, approver, record, "reopen", revision=record.revision)
    assert len((await fresh(desk, record)).consents) == 2


# --- workflows ----------------------------------------------------------------------------------------------


async def proposed(site: Site) -> tuple[Company, Record, Application]:
    """The removal of a bridge, which its company and an approver settle together."""
    firm = await company(site)
    bridge = await registered(site, "bridge", {"name": "廃橋"}, firm.record.id, "open")
    sent = await filed(site, firm.user, "bridge", {}, kind="delete", record_id=bridge.id)
    return firm, bridge, sent


async def test_a_step_of_a_workflow_is_taken_with_the_last_consent(desk: Site) -> None:
    firm, bridge, sent = await proposed(desk)
    approver = await officer(desk, "approver")
    one = await assents.give(desk, approver, sent, "settle", "approver", revision=sent.revision)
    assert (one.state, [each.party for each in one.consents]) == ("waiting", ["approver"])
    offered = assents.standing_for(desk, firm.user, one)
    assert [each.step for each in offered] == ["settle"]
    assert [each.step for each in assents.standing_for(desk, approver, one)] == ["settle", "decide"]
    assert [(each.name("ja"), each.may_give) for each in offered[0].parties] == [
        ("橋守", True),
        ("承認者", False),
    ]
    done = await assents.give(desk, firm.user, one, "settle", "applicant", revision=one.revision)
    assert (done.state, done.open, done.consents) == ("filed", False, [])
    assert (await fresh(desk, bridge)).lifecycle == "gone"
    assert {each.party for each in done.history[-1].consents} == {"applicant", "approver"}


async def test_whose_consent_a_step_waits_for_is_told_in_their_inbox(desk: Site) -> None:
    approver, auditor = await officer(desk, "approver"), await officer(desk, "auditor")
    _, _, sent = await proposed(desk)
    told = {actor.account_id for actor in await next_to_act(desk, sent)}
    assert approver.account_id in told
    assert auditor.account_id not in told
    given = await assents.give(desk, approver, sent, "settle", "approver", revision=sent.revision)
    both = await assents.give(desk, approver, given, "decide", "approver", revision=sent.revision)
    assert approver.account_id not in {actor.account_id for actor in await next_to_act(desk, both)}


async def test_a_step_of_a_workflow_waits_for_consents_which_may_be_taken_back(desk: Site) -> None:
    _, _, sent = await proposed(desk)
    reviewer, approver = await officer(desk, "reviewer"), await officer(desk, "approver")
    with pytest.raises(ConsentMissing) as missing:
        await take_step(desk, reviewer, sent, "decide")
    assert missing.value.values["parties"]("ja") == "承認者"
    given = await assents.give(desk, approver, sent, "decide", "approver", revision=sent.revision)
    assert [name for name, _ in possible_steps(desk, reviewer, given)] == ["decide"]
    back = await assents.withdraw(desk, approver, given, "decide", "approver", revision=given.revision)
    assert possible_steps(desk, reviewer, back) == []
    given = await assents.give(desk, approver, back, "decide", "approver", revision=back.revision)
    moved = await take_step(desk, reviewer, given, "decide")
    assert (moved.state, moved.consents) == ("draft", [])
    found = await Event.find({"subject.id": sent.id}).to_list()
    assert [each.action for each in found].count("application.consent_given") == 2


async def test_a_consent_taken_back_meanwhile_stops_the_step_of_a_workflow(desk: Site) -> None:
    _, _, sent = await proposed(desk)
    reviewer, approver = await officer(desk, "reviewer"), await officer(desk, "approver")
    given = await assents.give(desk, approver, sent, "decide", "approver", revision=sent.revision)
    await assents.withdraw(desk, approver, given, "decide", "approver", revision=given.revision)
    with pytest.raises(RecordChanged):
        await take_step(desk, reviewer, given, "decide")
    stored = await Application.get(sent.id)
    assert stored is not None
    assert stored.state == "waiting"


async def test_a_consent_is_to_the_application_as_it_was_written(desk: Site) -> None:
    firm = await company(desk)
    approver, reviewer = await officer(desk, "approver"), await officer(desk, "reviewer")
    draft = await begin(desk, firm.user, "bridge")
    given = await assents.give(desk, approver, draft, "strike", "approver", revision=draft.revision)
    assert [name for name, _ in possible_steps(desk, reviewer, given)] == ["strike"]
    page = form_of(desk, given).laid_out[0].name
    kept = await save_page(desk, firm.user, given, page, {"name": "新橋"}, revision=given.revision)
    stored = await Application.get(draft.id)
    assert stored is not None
    assert kept.consents == stored.consents == []


async def test_an_auditor_is_no_party_of_the_staff_to_an_application(desk: Site) -> None:
    _, _, sent = await proposed(desk)
    assert "staff" in persons(await officer(desk, "reviewer"), sent)
    named = await officer(desk, "auditor", "applicant", "system", "assignee", "staff")
    assert persons(named, sent) == {"auditor"}


async def test_nobody_consents_to_an_application_for_whom_they_are_not(desk: Site) -> None:
    firm, _, sent = await proposed(desk)
    stranger, reviewer = await company(desk), await officer(desk, "reviewer")
    with pytest.raises(NotFound):
        await assents.give(desk, stranger.admin, sent, "settle", "applicant", revision=sent.revision)
    for actor, party in ((reviewer, "applicant"), (reviewer, "approver"), (firm.user, "approver")):
        with pytest.raises(NotAllowed):
            await assents.give(desk, actor, sent, "settle", party, revision=sent.revision)
    with pytest.raises(NotFound):
        await assents.give(desk, firm.user, sent, "file", "applicant", revision=sent.revision)


async def test_consents_to_an_application_at_once_both_count(desk: Site) -> None:
    firm, bridge, sent = await proposed(desk)
    approver = await officer(desk, "approver")
    done = await at_once(
        assents.give(desk, firm.user, sent, "settle", "applicant", revision=sent.revision),
        assents.give(desk, approver, sent, "settle", "approver", revision=sent.revision),
    )
    assert [each for each in done if isinstance(each, Exception)] == []
    assert (await fresh(desk, bridge)).lifecycle == "gone"
    stored = await Application.get(sent.id)
    assert stored is not None
    with pytest.raises(TorokuError) as late:
        await assents.withdraw(desk, firm.user, stored, "settle", "applicant", revision=stored.revision)
    assert late.value.status == 409
