"""What changes anywhere is taken over also when it is written just as a process begins to follow."""

from collections.abc import AsyncIterator
from datetime import date

import pytest_asyncio
from pymongo import WriteConcern

from app.opening import build_site
from app.settings import Settings
from app.tasks import beside
from models.clock import system_entropy
from models.configuration.load import Configuration
from models.documents.calendar_day import CalendarDay
from models.documents.prepare import database_of
from models.documents.store import Store
from models.services.following import follow
from models.services.site import Site
from tests.clock import Hands
from tests.services.waiting import within_a_second

SATURDAYS = [date(2026, 12, day) for day in (5, 12, 19)]
AT_ONCE = WriteConcern(w=1, j=False)
"""Acknowledged before it is in the journal: read by others only when it is."""


@pytest_asyncio.fixture(autouse=True)
async def slow_journal(site: Site, store: Store) -> AsyncIterator[None]:
    """A database that takes its time to make what was written durable, as on a busy disk."""
    admin = store.mongo.client.admin
    was = (await admin.command({"setParameter": 1, "journalCommitInterval": 500}))["was"]
    yield
    await admin.command({"setParameter": 1, "journalCommitInterval": was})


async def open_on(day: date) -> None:
    days = CalendarDay.raw().with_options(write_concern=AT_ONCE)
    await days.insert_one({"_id": day.isoformat(), "business": True})


async def test_what_is_written_while_a_process_begins_to_follow_is_taken_over(
    store: Store, settings: Settings, configuration: Configuration, hands: Hands
) -> None:
    other = await build_site(settings, configuration, store, hands, system_entropy)  # type: ignore[arg-type]
    for day in SATURDAYS:
        assert not other.calendar.is_business_day(day)
        await open_on(day)
        async with beside(follow(other)) as following:
            await within_a_second(lambda day=day: other.calendar.is_business_day(day), following)  # type: ignore[misc]


async def test_a_look_and_a_stream_that_begins_by_itself_would_miss_it(site: Site, store: Store) -> None:
    """The control: neither sees what was written just before."""
    seen = []
    for day in SATURDAYS:
        await open_on(day)
        async with await database_of(store).watch(max_await_time_ms=300) as stream:
            looked = await CalendarDay.raw().count_documents({"_id": day.isoformat()})
            seen.append(looked == 1 or await stream.try_next() is not None)
    assert not all(seen)
    await CalendarDay.raw().insert_one({"_id": "2027-01-02", "business": True})  # durable, and all before it
    assert await CalendarDay.raw().count_documents({}) == len(SATURDAYS) + 1
