"""A record that changed while an application about it was under review."""

import pytest

from models.errors import AnswersInvalid, NotAllowed, RecordChanged, TransitionRefused
from models.permissions import Actor
from models.services import conflicts, rebasing
from models.services.site import Site
from models.services.steps import Given, take_step
from tests.services.changing import Case, change_under_review, move_on
from tests.services.conftest import staff

ASKED = {"address": "港区海岸二丁目1番1号", "representative_name": "港 花子", "contact_phone": "03-0000-9999"}
MEANWHILE = {
    "representative_name": "湾岸 一郎",
    "representative_title": "代表執行役",
    "contact_phone": "03-0000-9999",
}


async def sides(case: Case) -> dict[str, str]:
    found = await conflicts.conflict_of(case.site, case.application)
    return {each.path: each.side for each in found.moved} if found else {}


async def proposed(case: Case) -> Case:
    checklist = case.site.registry.current("operator").definition.review.checklist
    given = Given(checklist=tuple(item.name for item in checklist))
    case.application = await take_step(case.site, case.reviewer, case.application, "propose", given)
    return case


async def test_what_only_one_side_changed_follows_and_what_both_changed_is_asked(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    case = await change_under_review(site, reviewer, approver, **ASKED)
    assert await conflicts.conflict_of(site, case.application) is None
    with pytest.raises(TransitionRefused):
        await rebasing.rebase(site, reviewer, case.application, {}, case.application.revision)
    case.record = await move_on(site, case.record, **MEANWHILE)
    moved = await sides(case)
    assert (
        moved.items()
        >= {
            "address": "ours",
            "representative_name": "both",
            "representative_title": "theirs",
            "contact_phone": "same",
        }.items()
    )
    assert "operator_name" not in moved
    revision = case.application.revision
    for choices in ({}, {"representative_name": "mine"}):
        with pytest.raises(TransitionRefused):
            await rebasing.rebase(site, reviewer, case.application, choices, revision)
    rebased = await rebasing.rebase(
        site, reviewer, case.application, {"representative_name": "theirs"}, revision
    )
    assert rebased.data is not None
    told = {name: rebased.data[name] for name in (*ASKED, *MEANWHILE)}
    assert told == {**ASKED, **MEANWHILE}
    assert rebased.answers["representative_title"] == "代表執行役"
    assert rebased.answers["address"] == ASKED["address"]
    assert (rebased.base_revision, rebased.revision) == (2, revision + 1)
    assert (rebased.history[-1].name, rebased.history[-1].note) == ("rebase", "1 → 2")
    event = await site.store.mongo["events"].find_one({"action": "application.rebase"})
    assert event is not None
    assert sorted(event["details"]["taken"]) == ["representative_name", "representative_title"]
    case.application = rebased
    case = await proposed(case)
    await take_step(site, approver, case.application, "approve")
    stored = await site.records["operator"].get(case.record.id)
    assert stored is not None
    assert {name: stored.data[name] for name in told} == told
    assert stored.revision == 3


async def test_a_stale_application_is_not_approved_until_it_was_brought_up_to_date(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    case = await proposed(await change_under_review(site, reviewer, approver, **ASKED))
    await move_on(site, case.record, **MEANWHILE)
    with pytest.raises(RecordChanged):
        await take_step(site, approver, case.application, "approve")
    found = await site.store.mongo["applications"].find_one({"_id": case.application.id})
    assert found is not None
    assert found["state"] == "second_review"


async def test_only_the_one_in_charge_brings_it_up_to_date_and_only_on_what_they_saw(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    case = await change_under_review(site, reviewer, approver, **ASKED)
    await move_on(site, case.record, representative_title="代表執行役")
    revision = case.application.revision
    for other in (
        approver,
        await staff(site, "other", "reviewer"),
        await staff(site, "auditor", "auditor"),
        case.operator,
    ):
        with pytest.raises(NotAllowed):
            await rebasing.rebase(site, other, case.application, {}, revision)
    for forged in (-1, revision + 1, 10**12):
        with pytest.raises(RecordChanged):
            await rebasing.rebase(site, reviewer, case.application, {}, forged)
    rebased = await rebasing.rebase(site, reviewer, case.application, {}, revision)
    assert rebased.data is not None
    assert rebased.data["representative_title"] == "代表執行役"


async def test_what_breaks_a_rule_of_the_form_or_is_gone_is_refused(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    case = await change_under_review(site, reviewer, approver, **ASKED)
    revision = case.application.revision
    moved = await move_on(site, case.record, effective_from="2000-01-01", contact_email="kaputt")
    with pytest.raises(AnswersInvalid) as refused:
        await rebasing.rebase(site, reviewer, case.application, {}, revision)
    assert "contact_email" in {error.path for error in refused.value.errors}
    await move_on(site, moved, lifecycle="deleted")
    with pytest.raises(TransitionRefused):
        await rebasing.rebase(site, reviewer, case.application, {}, revision)


async def test_without_the_version_it_began_on_every_difference_is_asked(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    case = await change_under_review(site, reviewer, approver, **ASKED)
    await move_on(site, case.record, representative_title="代表執行役")
    await site.store.mongo["record_versions"].delete_many({"revision": 1})
    assert set((await sides(case)).values()) == {"both"}
