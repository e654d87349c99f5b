"""Business days and opening hours as the market's rules count them."""

from datetime import UTC, date, datetime

import pytest

from models.configuration.calendar import Calendar
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


def test_service_hours_read_clock_times_even_where_yaml_reads_numbers() -> None:
    hours = ServiceHours.model_validate({"days": "weekdays", "from": 540, "to": "18:00"})
    assert (hours.begin.hour, hours.end.hour) == (9, 18)
