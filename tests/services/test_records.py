"""Registered records: steps of their lifecycle, corrections by staff, history and what is around them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from models.documents.application import Application
from models.documents.base import new_id
from models.documents.event import Event
from models.documents.message import Message
from models.documents.record import Record, RecordVersion
from models.errors import (
    AlreadyDone,
    AlreadyOpen,
    NotAllowed,
    NotFound,
    RecordChanged,
    TransitionRefused,
    UploadRefused,
)
from models.permissions import Actor, persons
from models.services import applications, chapters, correcting, lifecycles, related
from models.services.applications import save_page
from models.services.lifecycles import Evidence, act, outcome_of
from models.services.offers import offered
from models.services.queue import COLUMNS
from models.services.site import Site
from models.services.steps import Given, possible_steps, take_step
from models.services.submitting import submit
from tests.clock import Hands
from tests.services.conftest import staff
from tests.services.people import decide, register_operator, register_resource

PAPER = Evidence("届出.pdf", b"%PDF-1.7 paper")

Registered = tuple[Record, Actor]


@pytest_asyncio.fixture
async def plant(site: Site, reviewer: Actor, approver: Actor) -> Registered:
    """A registered resource, and its operator's administrator."""
    _, operator = await register_operator(site, reviewer, approver)
    return await register_resource(site, operator, reviewer, approver), operator


async def fresh(site: Site, record: Record) -> Record:
    found = await site.records[record.type].get(record.id)
    assert found is not None
    return found


async def corrected(site: Site, by: Actor, record: Record, page: str, **changed: Any) -> Application:
    """A correction with some answers of one page changed, not handed over."""
    begun = await correcting.begin_correction(site, by, record, "登記と違うため")
    answers = {**begun.answers, **changed}
    definition = site.registry.at(begun.type, begun.schema_version).definition
    asked = next(each.fields for each in definition.laid_out if each.name == page)
    typed = {name: answers.get(name) for name in asked}
    return await save_page(site, by, begun, page, typed, revision=begun.revision)


async def test_a_step_of_the_lifecycle_is_a_version_an_event_and_a_mail(
    site: Site, approver: Actor, plant: Registered
) -> None:
    record, _ = plant
    moved = await act(site, approver, record, "suspend", reason="届出なし", revision=record.revision)
    kept = await RecordVersion.find({"record_id": record.id}).sort("-revision").to_list()
    assert (moved.lifecycle, moved.revision) == ("suspended", record.revision + 1)
    assert (kept[0].transition, kept[0].reason, kept[0].by.name) == ("suspend", "届出なし", "approver")
    assert kept[0].data == record.data
    assert await Event.find({"action": "record.suspend", "subject.id": record.id}).count() == 1
    sent = await Message.find({"template": "record_state_changed"}).to_list()
    assert len(sent) == 1
    assert "届出なし" in (sent[0].body or "")


async def test_a_step_that_asks_for_evidence_keeps_it_in_the_history(
    site: Site, approver: Actor, plant: Registered
) -> None:
    record, _ = plant
    with pytest.raises(TransitionRefused):
        await act(site, approver, record, "terminate", reason="廃止", revision=record.revision)
    lied = Evidence("届出.pdf", b"not a pdf")
    with pytest.raises(UploadRefused):
        await act(site, approver, record, "terminate", reason="廃止", evidence=lied, revision=record.revision)
    ended = await act(
        site, approver, record, "terminate", reason="廃止", evidence=PAPER, revision=record.revision
    )
    told = await chapters.history(site, approver, record.type, record.id, "ja")
    upload = told.chapters[0].version.evidence[0]
    assert (ended.lifecycle, upload["filename"]) == ("terminated", "届出.pdf")
    assert (told.chapters[0].earlier, told.chapters[0].changes) == ("active", ())


async def test_a_step_is_refused_without_reason_to_the_wrong_people_and_on_another_revision(
    site: Site, reviewer: Actor, approver: Actor, plant: Registered
) -> None:
    record, operator = plant
    with pytest.raises(TransitionRefused):
        await act(site, approver, record, "suspend", reason=" ", revision=record.revision)
    for other in (reviewer, operator):
        with pytest.raises(NotAllowed):
            await act(site, other, record, "suspend", reason="x", revision=record.revision)
    with pytest.raises(RecordChanged):
        await act(site, approver, record, "suspend", reason="x", revision=record.revision + 7)
    with pytest.raises(NotFound):
        await act(site, approver, record, "vanish", reason="x", revision=record.revision)
    assert await fresh(site, record) == record


async def test_the_slower_of_two_is_told_who_was_first(
    site: Site, approver: Actor, plant: Registered
) -> None:
    """Both looked at the same revision; the guard in the update, not the look before it, decides."""
    record, _ = plant
    await act(site, approver, record, "suspend", reason="一", revision=record.revision)
    second = await staff(site, "approver-2", "approver")
    with pytest.raises(AlreadyDone) as told:
        await act(site, second, record, "terminate", reason="二", evidence=PAPER, revision=record.revision)
    assert told.value.values["who"]("en") == "approver"
    assert await RecordVersion.find({"record_id": record.id}).count() == 2


async def test_control_without_the_guard_both_succeed(
    site: Site, approver: Actor, plant: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, _ = plant

    async def unguarded(identifier: Any, _expected: int, values: Any, session: Any) -> None:
        await site.records["resource"].collection.update_one(
            {"_id": identifier}, {"$set": dict(values)}, session=session
        )

    monkeypatch.setattr(site.records["resource"], "change", unguarded)
    await act(site, approver, record, "suspend", reason="一", revision=record.revision)
    with pytest.raises(Exception, match="duplicate key"):  # only the history's own index still refuses
        await act(site, approver, record, "terminate", reason="二", evidence=PAPER, revision=record.revision)


async def test_an_operator_with_live_resources_cannot_be_ended(
    site: Site, approver: Actor, plant: Registered
) -> None:
    record, _ = plant
    await site.records["operator"].collection.update_one(
        {"_id": record.operator_id}, {"$set": {"lifecycle": "ending"}}
    )
    owner = await site.records["operator"].get(record.operator_id)
    assert owner is not None
    assert (await outcome_of(site, approver, owner, "terminate")).blocked
    with pytest.raises(TransitionRefused):
        await act(site, approver, owner, "terminate", reason="x", evidence=PAPER, revision=owner.revision)
    await act(site, approver, record, "terminate", reason="x", evidence=PAPER, revision=record.revision)
    ended = await act(site, approver, owner, "terminate", reason="x", evidence=PAPER, revision=owner.revision)
    assert ended.lifecycle == "terminated"


async def test_a_correction_goes_through_review_and_keeps_its_ground(
    site: Site, reviewer: Actor, approver: Actor, plant: Registered
) -> None:
    record, _ = plant
    steward = await staff(site, "steward", "steward")
    draft = await corrected(site, steward, record, "basics", resource_name="第二発電所")
    sent = await submit(site, steward, draft, revision=draft.revision)
    done = await decide(site, reviewer, approver, sent)
    now = await fresh(site, record)
    told = await chapters.history(site, approver, record.type, record.id, "ja")
    assert (done.state, now.data["resource_name"], now.revision) == ("approved", "第二発電所", 2)
    assert (told.chapters[0].reason, told.chapters[0].cause.by_staff) == ("登記と違うため", True)
    assert [change.path for change in told.chapters[0].changes] == ["resource_name"]
    mailed = await Message.find({"application_id": done.id}).to_list()
    assert [mail.template for mail in mailed] == ["record_corrected"]


async def test_nobody_decides_on_their_own_correction(
    site: Site, approver: Actor, reviewer: Actor, plant: Registered
) -> None:
    """Whatever roles they have, and whether or not the workflow says ``not_by``."""
    record, _ = plant
    both = await staff(site, "both", "reviewer", "approver")
    draft = await corrected(site, both, record, "basics", resource_name="第三発電所")
    sent = await submit(site, both, draft, revision=draft.revision)
    assert persons(both, sent) == {"applicant"}
    assert [name for name, _ in possible_steps(site, both, sent)] == ["withdraw"]
    with pytest.raises(NotAllowed):
        await take_step(site, both, sent, "claim")
    claimed = await take_step(site, reviewer, sent, "claim")
    ticked = tuple(item.name for item in site.registry.current("resource").definition.review.checklist)
    proposed = await take_step(site, reviewer, claimed, "propose", Given(checklist=ticked))
    with pytest.raises(NotAllowed):
        await take_step(site, both, proposed, "approve")
    assert (await take_step(site, approver, proposed, "approve")).state == "approved"


async def test_an_operator_is_no_party_to_a_correction(
    site: Site, approver: Actor, plant: Registered
) -> None:
    record, operator = plant
    draft = await corrected(site, approver, record, "basics", resource_name="第四発電所")
    assert draft.operator_id == operator.operator_id
    assert draft.reference not in [each.reference for each in await applications.mine(site, operator)]
    with pytest.raises(NotFound):
        await applications.find(site, operator, draft.reference)
    other = await staff(site, "other", "approver")
    with pytest.raises(NotFound):
        await correcting.find_correction(site, other, draft.reference)


async def test_a_correction_asks_for_a_reason_a_change_and_a_live_record(
    site: Site, approver: Actor, reviewer: Actor, plant: Registered
) -> None:
    record, operator = plant
    with pytest.raises(TransitionRefused):
        await correcting.begin_correction(site, approver, record, "  ")
    with pytest.raises(NotAllowed):
        await correcting.begin_correction(site, operator, record, "x")
    begun = await correcting.begin_correction(site, approver, record, "x")
    with pytest.raises(AlreadyOpen):
        await correcting.begin_correction(site, reviewer, record, "y")
    with pytest.raises(TransitionRefused):
        await correcting.require_change(site, approver, begun)
    with pytest.raises(RecordChanged):
        await correcting.discard(site, approver, begun, revision=begun.revision + 1)
    await correcting.discard(site, approver, begun, revision=begun.revision)
    assert await Application.find({"reference": begun.reference}).count() == 0
    assert await Event.find({"action": "correction.discarded"}).count() == 1
    ended = await act(site, approver, record, "terminate", reason="x", evidence=PAPER, revision=1)
    with pytest.raises(TransitionRefused):
        await correcting.begin_correction(site, approver, ended, "x")


async def test_what_was_kept_aside_is_put_back_by_a_correction(
    site: Site, approver: Actor, plant: Registered
) -> None:
    record, _ = plant
    kept = {"path": "owner_name", "value": "みなと発電", "version": 1, "label": "所有者名"}
    with_attic = record.model_copy(
        update={"attic": [kept], "data": {k: v for k, v in record.data.items() if k != "owner_name"}}
    )
    assert correcting.restorable(site, approver, with_attic) == {"owner_name"}
    begun = await correcting.begin_correction(site, approver, with_attic, "x", restored="owner_name")
    assert begun.answers["owner_name"] == "みなと発電"
    await correcting.discard(site, approver, begun, revision=begun.revision)
    with pytest.raises(TransitionRefused):
        await correcting.begin_correction(site, approver, with_attic, "x", restored="resource_name")


async def test_as_of_a_day_is_the_version_in_force_at_its_end(
    site: Site, approver: Actor, plant: Registered, hands: Hands
) -> None:
    record, _ = plant
    begun = site.today()
    hands.now += timedelta(days=3)
    await act(site, approver, record, "suspend", reason="x", revision=record.revision)
    found = [
        await chapters.version_on(site, approver, record.type, record.id, begun + timedelta(days=days), "ja")
        for days in (-1, 0, 2, 3)
    ]
    assert [chapter and chapter.version.lifecycle for chapter in found] == [
        None,
        "active",
        "active",
        "suspended",
    ]
    assert found[1] is not None
    assert found[1].until == (await fresh(site, record)).updated_at


async def test_a_damaged_version_is_told_and_takes_nothing_down(
    site: Site, approver: Actor, plant: Registered
) -> None:
    record, _ = plant
    await act(site, approver, record, "suspend", reason="x", revision=record.revision)
    where = {"record_id": record.id, "revision": 1}
    await RecordVersion.raw().update_one(where, {"$unset": {"by": 1}, "$set": {"data": "nothing", "at": 5}})
    told = await chapters.history(site, approver, record.type, record.id, "ja")
    assert [chapter.damaged for chapter in told.chapters] == [False, True]


async def test_the_history_is_told_in_pages(site: Site, approver: Actor, plant: Registered) -> None:
    record, _ = plant
    for step in ("suspend", "resume", "suspend"):
        record = await act(site, approver, record, step, reason="x", revision=record.revision)
    first = await chapters.history(site, approver, record.type, record.id, "ja", limit=2)
    rest = await chapters.history(site, approver, record.type, record.id, "ja", before=first.before, limit=2)
    told = [chapter.version.revision for chapter in (*first.chapters, *rest.chapters)]
    assert (told, rest.before) == ([4, 3, 2, 1], None)
    assert rest.chapters[0].until == first.chapters[-1].version.at


async def test_what_is_around_a_record_is_told(site: Site, approver: Actor, plant: Registered) -> None:
    record, _ = plant
    found = await related.related_to(site, approver, record)
    assert found.operator is not None
    assert found.operator["_id"] == record.operator_id
    assert [row["kind"] for row in found.applications] == ["register"]
    assert found.accounts == 1
    owner = await site.records["operator"].get(record.operator_id)
    assert owner is not None
    around = await related.related_to(site, approver, owner)
    assert [row["number"] for kin in around.beside for row in kin.rows] == [record.number]


async def test_operators_see_the_history_of_their_own_and_nothing_around_it(
    site: Site, plant: Registered
) -> None:
    record, operator = plant
    found = await chapters.history(site, operator, record.type, record.id, "ja")
    assert [each.version.revision for each in found.chapters] == [1]
    other = replace(operator, operator_id=new_id())
    with pytest.raises(NotFound):
        await chapters.history(site, other, record.type, record.id, "ja")
    with pytest.raises(NotAllowed):
        await chapters.history(site, Actor(kind="visitor"), record.type, record.id, "ja")
    with pytest.raises(NotAllowed):
        await related.related_to(site, operator, record)
    assert lifecycles.possible_actions(site, operator, record) == []


async def test_the_queue_lists_a_correction_and_offers_its_author_nothing(
    site: Site, approver: Actor, reviewer: Actor, plant: Registered
) -> None:
    record, _ = plant
    draft = await corrected(site, reviewer, record, "basics", resource_name="第五発電所")
    await submit(site, reviewer, draft, revision=draft.revision)
    row = await Application.raw().find_one({"_id": draft.id}, COLUMNS)
    assert row is not None
    assert row["by_staff"] is True
    assert [name for name, _ in offered(site, reviewer, row)] == ["withdraw"]
    other = await staff(site, "reviewer-2", "reviewer")
    assert [name for name, _ in offered(site, other, row)] == ["claim"]
