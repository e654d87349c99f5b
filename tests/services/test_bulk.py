"""One step for many applications: each for itself, with its own outcome."""

import pytest

from models.documents.application import Application
from models.documents.event import Event
from models.errors import AlreadyDone, DatabaseUnavailable, NotAllowed, RecordChanged, TransitionRefused
from models.permissions import Actor
from models.services import bulk
from models.services.site import Site
from models.services.steps import take_step
from tests.services.conftest import staff
from tests.services.queued import stored, wait
from tests.services.test_journey import submitted


async def three(site: Site) -> list[Application]:
    return [(await submitted(site))[1] for _ in range(3)]


async def test_each_is_done_or_refused_for_itself(site: Site, reviewer: Actor) -> None:
    """One was taken by a colleague, one changed, one is damaged, one is unknown; the others are done."""
    other = await staff(site, "reviewer-b", "reviewer")
    taken, changed, free = await three(site)
    await wait([stored(site, reference="A2026-BROKEN", answers="not answers")])
    seen = {one.reference: one.revision for one in (taken, changed, free)}
    await take_step(site, other, taken, "claim")
    await Application.raw().update_one({"_id": changed.id}, {"$inc": {"revision": 1}})
    outcomes = await bulk.take(site, reviewer, {**seen, "A2026-BROKEN": 1, "NOTHING": 1}, "claim")
    told = {outcome.reference: outcome for outcome in outcomes}
    assert isinstance(told[taken.reference].refusal, AlreadyDone)
    assert isinstance(told[changed.reference].refusal, RecordChanged)
    assert str(told["A2026-BROKEN"].refusal) == bulk.DAMAGED
    assert told["NOTHING"].refusal is not None
    done = told[free.reference].application
    assert done is not None
    assert (done.state, done.assignee.id if done.assignee else None) == ("under_review", reviewer.account_id)
    claims = await Event.find({"action": "application.claim"}).to_list()
    assert {event.subject.label for event in claims} == {taken.reference, free.reference}


async def test_what_will_happen_is_told_and_nothing_is_changed(site: Site, reviewer: Actor) -> None:
    one, two, three_ = await three(site)
    other = await staff(site, "reviewer-b", "reviewer")
    await take_step(site, other, two, "claim")
    before = await Application.raw().find().to_list(None)
    asked = [one.reference, two.reference, one.reference, "NOTHING"]
    intended = await bulk.intend(site, reviewer, asked, "claim")
    assert [(each.reference, each.step is not None) for each in intended] == [
        (one.reference, True),
        (two.reference, False),
        ("NOTHING", False),
    ]
    assert await Application.raw().find().to_list(None) == before
    assert three_.reference not in str(intended)


@pytest.mark.parametrize("step", ["return", "propose"])
async def test_steps_that_ask_for_remarks_or_a_checklist_are_taken_one_by_one(
    site: Site, reviewer: Actor, step: str
) -> None:
    _, application = await submitted(site)
    application = await take_step(site, reviewer, application, "claim")
    (intended,) = await bulk.intend(site, reviewer, [application.reference], step)
    assert str(intended.refusal) == bulk.ONE_BY_ONE
    (outcome,) = await bulk.take(site, reviewer, {application.reference: application.revision}, step)
    assert str(outcome.refusal) == bulk.ONE_BY_ONE


async def test_nobody_does_in_bulk_what_they_may_not_do_alone(site: Site, approver: Actor) -> None:
    _, application = await submitted(site)
    for name in ("claim", "submit", "no such step", ""):
        (outcome,) = await bulk.take(site, approver, {application.reference: application.revision}, name)
        assert outcome.refusal is not None
    with pytest.raises(NotAllowed):
        await bulk.take(site, Actor(kind="visitor"), {application.reference: 1}, "claim")
    stayed = await Application.get(application.id)
    assert stayed is not None
    assert stayed.revision == application.revision


async def test_none_and_too_many_are_refused(site: Site, reviewer: Actor) -> None:
    with pytest.raises(TransitionRefused, match="at least one"):
        await bulk.intend(site, reviewer, [], "claim")
    many = {f"A{number}": 1 for number in range(bulk.MOST + 1)}
    with pytest.raises(TransitionRefused, match="At most"):
        await bulk.take(site, reviewer, many, "claim")


async def test_after_the_database_stops_answering_the_rest_is_not_tried(
    site: Site, reviewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three_ = await three(site)
    calls: list[str] = []

    async def silent(site: Site, actor: Actor, application: Application, *told: object) -> Application:
        calls.append(application.reference)
        if application.reference == two.reference:
            raise DatabaseUnavailable
        return application

    monkeypatch.setattr(bulk, "take_step", silent)
    seen = {each.reference: each.revision for each in (one, two, three_)}
    outcomes = await bulk.take(site, reviewer, seen, "claim")
    assert calls == [one.reference, two.reference]
    assert [outcome.refusal is None for outcome in outcomes] == [True, False, False]
    assert str(outcomes[-1].refusal) == bulk.NOT_TRIED
