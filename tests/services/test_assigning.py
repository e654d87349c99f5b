"""Handing over: by whom, to whom, when; and that nobody comes to approve their own proposal."""

from dataclasses import replace

import pytest

from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import Id, new_id
from models.documents.event import Event
from models.errors import NotAllowed, RecordChanged, TransitionRefused
from models.permissions import Actor
from models.services import assigning
from models.services.applications import timeline
from models.services.assigning import colleagues, hand_over, may_hand_over
from models.services.site import Site
from models.services.steps import Given, take_step
from tests.services.conftest import staff
from tests.services.test_journey import submitted


async def in_review(site: Site, reviewer: Actor) -> tuple[Actor, Application]:
    applicant, application = await submitted(site)
    return applicant, await take_step(site, reviewer, application, "claim")


def who(actor: Actor) -> Id:
    assert actor.account_id is not None
    return actor.account_id


async def test_the_charge_goes_to_the_colleague_with_a_note_for_the_staff_alone(
    site: Site, reviewer: Actor
) -> None:
    other = await staff(site, "reviewer-b", "reviewer")
    applicant, application = await in_review(site, reviewer)
    moved = await hand_over(site, reviewer, application, who(other), " 休暇のため ")
    assert moved.assignee is not None
    assert (moved.assignee.id, moved.revision) == (other.account_id, application.revision + 1)
    (told,) = moved.handovers
    assert (told.origin.id, told.to.id, told.note) == (reviewer.account_id, other.account_id, "休暇のため")
    events = await Event.find({"action": "application.hand_over"}).to_list()
    assert [(event.subject.label, event.details["to"]) for event in events] == [
        (application.reference, other.name)
    ]
    assert "休暇" not in str(events)
    assert len(timeline(site, moved, "ja")) == len(timeline(site, application, "ja"))
    with pytest.raises(NotAllowed):
        await hand_over(site, applicant, moved, who(other))
    assert not may_hand_over(site, reviewer, moved)
    assert may_hand_over(site, other, moved)


async def test_somebody_elses_is_handed_over_only_by_who_may_assign(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    other = await staff(site, "reviewer-b", "reviewer")
    _, application = await in_review(site, reviewer)
    with pytest.raises(NotAllowed, match="not allowed"):
        await hand_over(site, other, application, who(other))
    moved = await hand_over(site, approver, application, who(other))
    assert moved.assignee is not None
    assert moved.assignee.id == other.account_id


async def test_only_who_could_take_it_on_is_chosen(site: Site, reviewer: Actor, approver: Actor) -> None:
    other = await staff(site, "reviewer-b", "reviewer")
    for login, roles in (("auditor", "auditor"), ("steward", "steward")):
        await staff(site, login, roles)
    gone = await staff(site, "gone", "reviewer")
    await Account.find_one({"_id": gone.account_id}).update({"$set": {"status": "suspended"}})
    _, application = await in_review(site, reviewer)
    assert [one.login for one in await colleagues(site, reviewer, application)] == ["reviewer-b"]
    for refused in (approver.account_id, gone.account_id, reviewer.account_id, new_id()):
        assert refused is not None
        with pytest.raises(TransitionRefused, match="cannot take"):
            await hand_over(site, reviewer, application, refused)
    stored = await Application.get(application.id)
    assert stored is not None
    assert stored.assignee == application.assignee
    assert other.account_id is not None


async def test_a_proposed_application_cannot_be_handed_over_to_approve_it_oneself(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    """Without the guard, whoever proposed could give the charge away and approve."""
    both = replace(reviewer, roles=frozenset({"reviewer", "approver"}))
    other = await staff(site, "reviewer-b", "reviewer")
    _, application = await in_review(site, both)
    ticked = tuple(item.name for item in site.registry.current("operator").definition.review.checklist)
    proposed = await take_step(site, both, application, "propose", Given(checklist=ticked))
    for actor in (both, approver):
        with pytest.raises(TransitionRefused, match="only while"):
            await hand_over(site, actor, proposed, who(other))
    with pytest.raises(NotAllowed):
        await take_step(site, both, proposed, "approve")


async def test_the_control_of_the_guard_above(
    site: Site, reviewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = replace(reviewer, roles=frozenset({"reviewer", "approver"}))
    other = await staff(site, "reviewer-b", "reviewer")
    _, application = await in_review(site, both)
    ticked = tuple(item.name for item in site.registry.current("operator").definition.review.checklist)
    proposed = await take_step(site, both, application, "propose", Given(checklist=ticked))
    monkeypatch.setattr(assigning, "_require", lambda *_told: None)
    moved = await hand_over(site, both, proposed, who(other))
    assert (await take_step(site, both, moved, "approve")).state == "approved"


async def test_what_moved_meanwhile_is_not_handed_over(site: Site, reviewer: Actor) -> None:
    other, third = [await staff(site, login, "reviewer") for login in ("reviewer-b", "reviewer-c")]
    _, application = await in_review(site, reviewer)
    with pytest.raises(RecordChanged):
        await hand_over(site, reviewer, application, who(other), revision=application.revision - 1)
    await hand_over(site, reviewer, application, who(other))
    with pytest.raises(RecordChanged):
        await hand_over(site, reviewer, application, who(third))


async def test_nobodys_application_is_not_handed_over(site: Site, approver: Actor) -> None:
    _, application = await submitted(site)
    with pytest.raises(TransitionRefused, match="Nobody is in charge"):
        await colleagues(site, approver, application)
