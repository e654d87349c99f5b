"""A draft whose record changed meanwhile, brought up to date by its applicant."""

import pytest

from models.documents.application import Application
from models.errors import NotFound, RecordChanged, TransitionRefused
from models.permissions import Actor
from models.services import rebasing
from models.services.beginning import begin
from models.services.site import Site
from models.services.steps import take_step
from models.services.submitting import submit
from tests.services.answers import fill_in, valid_answers
from tests.services.changing import move_on
from tests.services.people import register_operator, register_resource
from tests.services.test_agenda import actor_of


async def test_a_draft_is_brought_up_to_the_record_in_force_by_its_applicant(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    _, operator = await register_operator(site, reviewer, approver)
    record = await register_resource(site, operator, reviewer, approver)
    draft = await begin(site, operator, "resource", "change", record_id=record.id)
    answers = {**valid_answers(site.registry.current("resource").definition), **draft.answers}
    draft = await fill_in(site, operator, draft, {**answers, "resource_name": "わたしの名称"})
    assert await rebasing.own_conflict(site, operator, draft) is None
    with pytest.raises(TransitionRefused):
        await rebasing.renew(site, operator, draft, {}, draft.revision)
    assert not await rebasing.is_outdated(site, draft)
    await move_on(site, record, resource_name="事務局の名称", owner_name="別の所有者")
    assert await rebasing.is_outdated(site, draft)
    both = {"resource_name": "ours"}
    with pytest.raises(NotFound):
        await rebasing.renew(site, actor_of(reviewer.account_id), draft, both, draft.revision)  # type: ignore[arg-type]
    with pytest.raises(TransitionRefused):
        await rebasing.renew(site, operator, draft, {}, draft.revision)
    with pytest.raises(RecordChanged):
        await rebasing.renew(site, operator, draft, both, draft.revision - 1)
    stored = await Application.get(draft.id)
    assert stored is not None
    assert (stored.revision, stored.base_revision) == (draft.revision, 1)

    renewed = await rebasing.renew(site, operator, draft, both, draft.revision)
    assert renewed.answers["resource_name"] == "わたしの名称"
    assert renewed.answers["owner_name"] == "別の所有者"
    assert (renewed.base_revision, renewed.history[-1].name) == (2, rebasing.STEP)
    assert set(draft.pages_done) - set(renewed.pages_done)
    renewed = await fill_in(site, operator, renewed, renewed.answers)
    sent = await submit(site, operator, renewed, revision=renewed.revision)
    sent = await take_step(site, reviewer, sent, "claim")
    with pytest.raises(TransitionRefused):
        await rebasing.renew(site, operator, sent, both, sent.revision)
