"""Single days the staff set: they win over weekends and holidays, in every process, for what is counted from
then on."""

from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio

from app.opening import build_site
from app.settings import Settings
from app.tasks import beside
from models.clock import system_entropy
from models.configuration.calendar import SingleDay
from models.configuration.load import Configuration
from models.documents.application import Application
from models.documents.calendar_day import CalendarDay
from models.documents.event import Event
from models.documents.store import Store
from models.errors import AnswersInvalid, NotAllowed, NotFound, RecordChanged, TransitionRefused
from models.permissions import Actor
from models.services import calendars
from models.services.calendars import Wanted
from models.services.following import follow
from models.services.site import Site
from models.workflow.definition import Duration
from tests.clock import Hands
from tests.services.conftest import staff
from tests.services.waiting import within_a_second

SATURDAY, HOLIDAY, TUESDAY = date(2026, 11, 21), date(2026, 11, 23), date(2026, 11, 24)


@pytest_asyncio.fixture
async def chief(site: Site) -> Actor:
    return await staff(site, "chief", "system_administrator")


async def test_a_day_set_by_staff_wins_over_weekend_and_holiday(site: Site, chief: Actor) -> None:
    calendar, week = site.calendar, Duration(count=5, unit="business_days")
    before = calendar.due_day(calendar.due(site.now(), week))
    assert before == date(2026, 11, 30)
    await calendars.set_day(site, chief, SATURDAY, Wanted(True, reason="Deadline week"), revision=0)
    await calendars.set_day(site, chief, HOLIDAY, Wanted(True, reason="Deadline week"), revision=0)
    assert calendar.is_business_day(SATURDAY)
    assert calendar.due_day(calendar.due(site.now(), week)) == date(2026, 11, 26)
    await calendars.set_day(site, chief, TUESDAY, Wanted(False, reason="Typhoon"), revision=0)
    assert not calendar.is_business_day(TUESDAY)
    assert calendar.due_day(calendar.due(site.now(), week)) == date(2026, 11, 27)
    await calendars.clear_day(site, chief, TUESDAY, revision=1)
    assert calendar.is_business_day(TUESDAY)
    actions = await Event.find({"subject.kind": "calendar_day"}).sort("_id").to_list()
    assert [event.action for event in actions] == ["calendar.day_set"] * 3 + ["calendar.day_cleared"]


async def test_hours_of_a_day_are_its_own(site: Site, chief: Actor) -> None:
    noon = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)  # 19:30 in Tokyo
    assert not site.calendar.is_open(noon)
    wanted = Wanted(True, "08:00", "20:00", "Late opening")
    await calendars.set_day(site, chief, TUESDAY, wanted, revision=0)
    assert site.calendar.is_open(noon)
    await calendars.set_day(site, chief, TUESDAY, Wanted(False, reason="Closed"), revision=1)
    assert not site.calendar.is_open(datetime(2026, 11, 24, 1, tzinfo=UTC))


async def test_another_process_counts_with_it_within_a_second(
    site: Site, chief: Actor, store: Store, settings: Settings, configuration: Configuration, hands: Hands
) -> None:
    other = await build_site(settings, configuration, store, hands, system_entropy)  # type: ignore[arg-type]
    async with beside(follow(other)) as following:
        await calendars.set_day(site, chief, SATURDAY, Wanted(True, reason="Open"), revision=0)
        await within_a_second(lambda: other.calendar.is_business_day(SATURDAY), following)
        await calendars.clear_day(site, chief, SATURDAY, revision=1)
        await within_a_second(lambda: not other.calendar.is_business_day(SATURDAY), following)


async def test_deadlines_already_given_stay_and_what_would_move_is_told(site: Site, chief: Actor) -> None:
    due = site.calendar.midnight(date(2026, 11, 28))
    facts = {
        "reference": "A1",
        "type": "operator",
        "kind": "register",
        "schema_version": 1,
        "state": "submitted",
    }
    await Application.raw().insert_one({**facts, "open": True, "due": due})
    assert await calendars.promised(site, TUESDAY) == 1
    assert await calendars.promised(site, date(2026, 11, 28)) == 0
    moved = calendars.shifts(site, TUESDAY, SingleDay(False))
    assert moved
    assert all(shift.after > shift.before for shift in moved)
    assert calendars.shifts(site, SATURDAY, SingleDay(False)) == []
    await calendars.set_day(site, chief, TUESDAY, Wanted(False, reason="Typhoon"), revision=0)
    stored = await Application.raw().find_one({"reference": "A1"})
    assert stored["due"] == due


async def test_what_cannot_be_a_day_is_refused_at_its_field(site: Site) -> None:
    for wanted, at in (
        (Wanted(True, "09:00", "", "x"), "end"),
        (Wanted(True, "18:00", "09:00", "x"), "end"),
        (Wanted(True, "9 o'clock", "18:00", "x"), "begin"),
        (Wanted(True, "09:00", "25:00", "x"), "end"),
        (Wanted(False, reason=" "), "reason"),
        (Wanted(False, reason="x" * 201), "reason"),
    ):
        with pytest.raises(AnswersInvalid) as invalid:
            calendars.checked(wanted)
        assert [error.path for error in invalid.value.errors] == [at]
    for text in ("", "2026-13-01", "20261124", "9999-01-01", "$gt", "2026-11-24T00:00"):
        with pytest.raises(NotFound):
            calendars.read_day(site, text)


async def test_stale_pages_past_days_and_others_are_refused(
    site: Site, chief: Actor, reviewer: Actor
) -> None:
    wanted = Wanted(False, reason="x")
    await calendars.set_day(site, chief, TUESDAY, wanted, revision=0)
    for revision in (0, 2, -1):
        with pytest.raises(RecordChanged):
            await calendars.set_day(site, chief, TUESDAY, wanted, revision=revision)
    with pytest.raises(RecordChanged):
        await calendars.clear_day(site, chief, TUESDAY, revision=9)
    with pytest.raises(TransitionRefused):
        await calendars.set_day(site, chief, site.today() - timedelta(days=1), wanted, revision=0)
    with pytest.raises(NotAllowed):
        await calendars.set_day(site, reviewer, TUESDAY, wanted, revision=1)


async def test_a_damaged_day_is_left_out_and_days_between_are_counted_as_one_by_one(site: Site) -> None:
    await CalendarDay.raw().insert_many(
        [{"_id": "2026-11-21", "business": True}, {"_id": "soon", "business": True}, {"_id": "2026-11-23"}]
    )
    await calendars.refresh(site)
    assert dict(site.calendar.single_days) == {SATURDAY: SingleDay(True)}
    first = date(2025, 12, 20)
    for length in (0, 1, 9, 40, 400):
        last = first + timedelta(days=length)
        days = [first + timedelta(days=n + 1) for n in range(length)]
        counted = sum(map(site.calendar.is_business_day, days))
        assert site.calendar.business_days(first, last) == counted
        assert site.calendar.business_days(last, first) == -counted
