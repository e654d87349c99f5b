"""Business days and opening hours as the market's rules count them."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from models.configuration.calendar import LOOK_AHEAD, Calendar, SingleDay
from models.configuration.site import ClosedDays, ServiceHours, SiteDefinition
from models.workflow.definition import Duration

JAPANESE = ClosedDays(holidays="JP", extra=("12-29", "12-30", "12-31", "01-01", "01-02", "01-03"))


def calendar(closed: ClosedDays = JAPANESE) -> Calendar:
    """The calendar of a site in Tokyo, open on weekdays from 9 to 18."""
    text = {"ja": "名", "en": "Name"}
    return Calendar(
        SiteDefinition.model_validate(
            {
                "name": text,
                "organisation": text,
                "operator_type": "operator",
                "sender": {"name": text, "address": "a@example.jp"},
                "service_hours": {"days": "weekdays", "from": "09:00", "to": "18:00"},
                "closed_days": closed.model_dump(),
            }
        )
    )


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),  # Saturday
        (date(2026, 11, 23), False),  # Labour Thanksgiving Day
        (date(2026, 9, 22), False),  # between two holidays, 祝日法 3条3項
        (date(2026, 5, 6), False),  # substitute for Constitution Day, a Sunday
        (date(2026, 12, 29), False),
        (date(2027, 1, 3), False),
        (date(2027, 1, 4), True),
    ],
)
def test_business_days(day: date, counts: bool) -> None:
    assert calendar().is_business_day(day) is counts


def test_a_sites_own_closed_days_come_from_its_configuration() -> None:
    """Control: without them, 29 December counts."""
    assert calendar(ClosedDays(holidays="JP", extra=())).is_business_day(date(2026, 12, 29))


def test_a_period_starts_the_day_after_and_ends_with_its_last_day() -> None:
    begin = datetime(2026, 11, 20, 14, 59, tzinfo=UTC)  # 23:59 on Friday in Tokyo
    due = calendar().due(begin, Duration(count=1, unit="business_days"))
    assert calendar().due_day(due) == date(2026, 11, 24)
    assert due == datetime(2026, 11, 24, 15, tzinfo=UTC)
    later = datetime(2026, 11, 20, 15, 1, tzinfo=UTC)  # Saturday in Tokyo
    assert calendar().due_day(calendar().due(later, Duration(count=3, unit="days"))) == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (datetime(2026, 11, 20, 0, 0, tzinfo=UTC), True),  # 9:00:00
        (datetime(2026, 11, 19, 23, 59, 59, tzinfo=UTC), False),  # 8:59:59
        (datetime(2026, 11, 20, 8, 59, 59, tzinfo=UTC), True),  # 17:59:59
        (datetime(2026, 11, 20, 9, 0, tzinfo=UTC), False),  # 18:00:00
        (datetime(2026, 11, 23, 1, 0, tzinfo=UTC), False),  # a holiday
    ],
)
def test_opening_hours_exclude_the_closing_time(moment: datetime, is_open: bool) -> None:
    assert calendar().is_open(moment) is is_open


CLOSED = {
    date(2026, 11, 24): SingleDay(False),
    date(2026, 11, 25): SingleDay(True, time(13), time(18)),
    date(2026, 11, 28): SingleDay(True),  # a Saturday that counts
}


@pytest.mark.parametrize(
    ("moment", "opens", "closes"),
    [
        ("20T08:59:59", "20T09:00:00", "20T18:00:00"),
        ("20T17:59:59", "20T17:59:59", "20T18:00:00"),
        ("20T18:00:00", "25T13:00:00", "25T18:00:00"),  # a weekend, a holiday, a closed day, a late opening
        ("27T23:00:00", "28T09:00:00", "28T18:00:00"),
    ],
)
def test_the_next_opening_and_closing_are_told(moment: str, opens: str, closes: str) -> None:
    site = calendar()
    site.take(CLOSED)
    asked, opening, closing = (datetime.fromisoformat(f"2026-11-{t}+09:00") for t in (moment, opens, closes))
    assert site.opening(asked) == opening
    assert site.closing(opening) == closing


def test_a_site_without_hours_never_closes_but_on_days_the_staff_closed() -> None:
    site = Calendar(calendar().site.model_copy(update={"service_hours": None}))
    noon = datetime(2026, 11, 22, 3, tzinfo=UTC)
    assert (site.opening(noon), site.closing(noon)) == (noon, None)
    site.take(CLOSED)
    assert site.closing(noon) == datetime(2026, 11, 23, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        ("2026-05-06", "2026-05-07"),  # substitute for Constitution Day (振替休日)
        ("2026-09-22", "2026-09-24"),  # between two holidays (国民の休日), then the autumnal equinox
        ("2026-12-28", "2026-12-28"),  # the last business day of the year
        ("2026-12-29", "2027-01-04"),  # the year-end days of government offices
        ("2027-01-03", "2027-01-04"),
        ("2026-11-28", "2026-11-28"),  # a Saturday that staff opened
        ("2026-11-24", "2026-11-25"),  # a Tuesday that staff closed; the day after opens late
    ],
)
def test_each_kind_of_day_opens_and_closes_to_the_second(day: str, opens: str) -> None:
    site = calendar()
    site.take(CLOSED)
    begin = "13:00:00" if opens == "2026-11-25" else "09:00:00"
    opening, last = (datetime.fromisoformat(f"{opens}T{clock}+09:00") for clock in (begin, "17:59:59"))
    second = timedelta(seconds=1)
    assert site.opening(datetime.fromisoformat(f"{day}T08:59:59+09:00")) == opening
    assert [site.is_open(moment) for moment in (opening - second, opening)] == [False, True]
    assert [site.is_open(moment) for moment in (last, last + second)] == [True, False]
    assert site.closing(opening) == last + second


def test_doors_that_stay_closed_promise_nothing() -> None:
    begin = date(2026, 11, 22)
    site = calendar()
    site.take({begin + timedelta(days=ahead): SingleDay(False) for ahead in range(LOOK_AHEAD + 1)})
    assert site.opening(site.midnight(begin)) is None


def test_service_hours_read_clock_times_even_where_yaml_reads_numbers() -> None:
    hours = ServiceHours.model_validate({"days": "weekdays", "from": 540, "to": "18:00"})
    assert (hours.begin.hour, hours.end.hour) == (9, 18)
