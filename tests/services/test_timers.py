"""Steps of a lifecycle the clock takes: at their moment, once, whoever looks."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.documents.event import Event
from models.documents.publication import Publication
from models.documents.record import Record
from models.errors import SchemaChangeRefused
from models.permissions import SYSTEM
from models.services.announcing import standing
from models.services.clocks import next_step
from models.services.lifecycles import act
from models.services.publishing import apply
from models.services.site import Site
from models.services.timers import AGAIN, set_clocks, take_due
from models.workflow.definition import Duration, EffectCall
from tests.clock import Hands
from tests.services.noticing import approved, published, publisher

TEN = "2026-11-24T10:00"
AT_TEN = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


async def scheduled(site: Site, **more: Any) -> Record:
    record = await approved(site, starts_at=TEN, **more)
    return await act(site, await publisher(site), record, "schedule", revision=record.revision)


async def state_of(site: Site, record: Record) -> str:
    found = await site.records["notice"].get(record.id)
    return found.lifecycle if found else ""


async def test_a_scheduled_notice_is_published_at_its_moment_and_not_before(site: Site, hands: Hands) -> None:
    record = await scheduled(site)
    assert record.next_at == AT_TEN
    hands.now = AT_TEN - timedelta(microseconds=1000)
    assert not await take_due(site)
    assert await state_of(site, record) == "scheduled"
    hands.now = AT_TEN
    assert await take_due(site)
    assert not await take_due(site)
    edition = await standing(record.id)
    assert edition is not None
    assert edition.published_at == AT_TEN


async def test_a_schedule_that_was_cancelled_publishes_nothing(site: Site, hands: Hands) -> None:
    record = await scheduled(site)
    record = await act(site, await publisher(site), record, "unschedule", revision=record.revision)
    assert record.next_at is None
    hands.now = AT_TEN
    assert not await take_due(site)


async def test_a_moment_that_has_passed_is_taken_at_once(site: Site, hands: Hands) -> None:
    hands.now = AT_TEN + timedelta(hours=1)
    record = await scheduled(site)
    assert await take_due(site)
    assert await state_of(site, record) == "published"


async def test_a_notice_is_archived_when_its_last_day_is_over(site: Site, hands: Hands) -> None:
    record, edition = await published(site, ends_on="2026-11-24")
    midnight = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    assert edition.ends_at == midnight
    hands.now = midnight - timedelta(microseconds=1000)
    assert not await take_due(site)
    hands.now = midnight
    assert await take_due(site)
    assert await state_of(site, record) == "archived"
    found = await Publication.get(edition.id)
    assert found is not None
    assert (found.shown, found.archived_at) == (False, midnight)


async def test_workers_at_the_same_moment_publish_once(site: Site, hands: Hands) -> None:
    record = await scheduled(site)
    hands.now = AT_TEN
    await asyncio.gather(*(take_due(site) for _ in range(4)))
    assert await Publication.find({"record_id": record.id}).count() == 1


async def test_a_step_that_is_refused_is_told_and_tried_again(site: Site, hands: Hands) -> None:
    """Its audience is gone from the site: nobody is told, and everything after it goes on."""
    stuck, record = await scheduled(site), await scheduled(site)
    gone = {"data.audience": "nobody_known"}
    await site.records["notice"].change(stuck.id, stuck.revision, gone, None)
    hands.now = AT_TEN
    assert await take_due(site)
    assert await take_due(site)
    assert not await take_due(site)
    assert await state_of(site, record) == "published"
    assert await state_of(site, stuck) == "scheduled"
    event = await Event.find_one({"action": "record.step_refused", "subject.id": stuck.id})
    assert event is not None
    assert event.details["code"] == "T-N101"
    await site.records["notice"].change(stuck.id, stuck.revision, {"data.audience": "staff"}, None)
    hands.now = AT_TEN + AGAIN
    assert await take_due(site)
    assert await state_of(site, stuck) == "published"


async def test_a_step_that_is_refused_for_whatever_reason_holds_nothing_up(site: Site, hands: Hands) -> None:
    endless = EffectCall(effect="hold", parameters={"reason": "係争中" * 1_000})
    with_step(site, effects=(endless,))
    (stuck, _), record = await published(site, ends_on="2026-11-23"), await scheduled(site)
    hands.now = AT_TEN
    assert [await take_due(site) for _ in range(3)] == [True, True, False]
    assert [await state_of(site, each) for each in (stuck, record)] == ["published", "published"]
    event = await Event.find_one({"action": "record.step_refused", "subject.id": stuck.id})
    assert event is not None
    assert event.details["code"] == "T-W102"


async def test_clocks_follow_rules_that_changed(site: Site, hands: Hands) -> None:
    """A record from before its type had steps of the clock, or brought by an import, has none."""
    record = await scheduled(site)
    await site.records["notice"].change(record.id, record.revision, {"clock": "", "next_at": None}, None)
    hands.now = AT_TEN
    assert not await take_due(site)
    assert await set_clocks(site)
    assert not await set_clocks(site)
    assert await take_due(site)
    assert await state_of(site, record) == "published"


def with_step(site: Site, **changes: Any) -> None:
    """The lifecycle of notices with another way to end, in this site alone."""
    flow = site.lifecycles["notice"]
    steps = {**flow.transitions, "end": flow.transitions["end"].model_copy(update=changes)}
    flows: Any = site.lifecycles
    flows.maps[0]["notice"] = flow.model_copy(update={"transitions": steps})


async def test_a_time_in_a_state_counts_from_the_day_after_and_begins_anew_with_a_step(
    site: Site, hands: Hands
) -> None:
    """Published on a Friday: 3 business days are over at the end of Thursday, Monday being a holiday."""
    with_step(site, at=None, after=Duration(count=3, unit="business_days"))
    record, _ = await published(site)
    assert record.since == hands.now
    assert next_step(site, record) == (datetime(2026, 11, 26, 15, 0, tzinfo=UTC), "end")
    hands.forward(days=1)
    later = record.model_copy(update={"since": hands.now})
    assert next_step(site, later) == (datetime(2026, 11, 26, 15, 0, tzinfo=UTC), "end")


async def test_a_step_with_a_condition_waits_for_nothing_where_it_does_not_hold(site: Site) -> None:
    with_step(site, when={"data.category": "release"})
    record, _ = await published(site, ends_on="2026-11-24")
    assert record.next_at is None
    with_step(site, when={"data.category": "operation"})
    assert next_step(site, record) == (datetime(2026, 11, 24, 15, 0, tzinfo=UTC), "end")


async def test_a_day_that_is_not_answered_never_comes(site: Site) -> None:
    record, _ = await published(site, ends_on="2026-11-24")
    unanswered = record.model_copy(update={"data": {**record.data, "ends_on": None}})
    assert next_step(site, unanswered) is None


async def test_whose_the_records_of_a_type_are_does_not_change(site: Site) -> None:
    definition = site.registry.current("notice").definition
    applications = definition.applications.model_copy(update={"about": "operator"})
    with pytest.raises(SchemaChangeRefused):
        await apply(site, SYSTEM, definition.model_copy(update={"applications": applications}))
