"""Calendars are what RFC 5545 says, whatever is written into them."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.interchange.icalendar import LINE, Entry, escape, fold, write_calendar

MADE = datetime(2026, 11, 20, 1, tzinfo=UTC)


def unfolded(calendar: bytes) -> list[str]:
    """The lines of a calendar, put together again."""
    assert calendar.endswith(b"\r\n")
    return calendar.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def read(value: str) -> str:
    """A text value as a calendar program reads it."""
    plain = {"\\\\": "\\", "\\;": ";", "\\,": ",", "\\n": "\n"}
    result, rest = "", value
    while rest:
        taken = 2 if rest[0] == "\\" else 1
        result += plain.get(rest[:taken], rest[:taken])
        rest = rest[taken:]
    return result


def test_a_period_has_its_moments_in_utc_and_a_day_is_a_day() -> None:
    period = Entry(
        "a@example.jp", datetime(2026, 10, 19, tzinfo=UTC), datetime(2026, 10, 23, 9, tzinfo=UTC), "受付"
    )
    day = Entry("b@example.jp", date(2026, 11, 30), None, "期限", address="https://example.jp/a")
    lines = unfolded(write_calendar("市場", [period, day], MADE))
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-1] == "END:VCALENDAR"
    assert {"UID:a@example.jp", "DTSTART:20261019T000000Z", "DTEND:20261023T090000Z"} <= set(lines)
    assert {"DTSTART;VALUE=DATE:20261130", "DTEND;VALUE=DATE:20261201", "URL:https://example.jp/a"} <= set(
        lines
    )
    assert lines.count("DTSTAMP:20261120T010000Z") == 2


@given(st.text(max_size=300))
def test_any_text_stays_one_value_in_short_lines(text: str) -> None:
    calendar = write_calendar("名", [Entry("u", MADE, MADE, text, text)], MADE)
    assert all(len(line) <= LINE for line in calendar.split(b"\r\n"))
    lines = unfolded(calendar)
    assert [line.partition(":")[0] for line in lines].count("SUMMARY") == 1
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 1
    summary = next(line for line in lines if line.startswith("SUMMARY:"))
    kept = text.replace("\r\n", "\n").replace("\r", "\n")
    wanted = "".join(c for c in kept if c == "\n" or not (ord(c) < 32 or ord(c) == 127))
    assert read(summary.removeprefix("SUMMARY:")) == wanted


@pytest.mark.parametrize("hostile", ["終了\r\nEND:VEVENT", "a\nBEGIN:VALARM", "x;y,z\\n"])
def test_control_unescaped_text_would_begin_lines_of_its_own(hostile: str) -> None:
    assert escape(hostile) != hostile
    assert len(unfolded(fold(f"SUMMARY:{escape(hostile)}"))) == 1
