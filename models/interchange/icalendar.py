"""Calendars as calendar programs read them (RFC 5545): moments in UTC, days as days, texts escaped, lines
folded."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

LINE = 75
"""Longest line (octets, without the line break; RFC 5545, 3.1)."""

MEDIA_TYPE = "text/calendar; charset=utf-8"

_ESCAPED = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One event: two moments (aware), or one whole day. `uid` stays the same for the same thing, `sequence`
    rises when it changes; `stamp` is when it last did, where that is known (RFC 5545, 3.8.7)."""

    uid: str
    begin: datetime | date
    end: datetime | None
    title: str
    text: str = ""
    address: str = ""
    sequence: int = 0
    stamp: datetime | None = None


def write_calendar(name: str, entries: Iterable[Entry], made: datetime) -> bytes:
    """A calendar named `name`, as it is at `made`; asked for again twice a day (RFC 7986, 5.7)."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//toroku//application periods//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{escape(name)}",
        f"X-WR-CALNAME:{escape(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT12H",
        *(line for entry in entries for line in _event(entry, made)),
        "END:VCALENDAR",
    ]
    return b"".join(fold(line) for line in lines)


def _event(entry: Entry, made: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{escape(entry.uid)}"
    yield f"DTSTAMP:{_moment(entry.stamp or made)}"
    if entry.sequence:
        yield f"SEQUENCE:{entry.sequence}"
    yield from _times(entry)
    yield f"SUMMARY:{escape(entry.title)}"
    if entry.text:
        yield f"DESCRIPTION:{escape(entry.text)}"
    if entry.address:
        yield f"URL:{_CONTROL.sub('', entry.address)}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _times(entry: Entry) -> Iterator[str]:
    if isinstance(entry.begin, datetime):
        yield f"DTSTART:{_moment(entry.begin)}"
        if entry.end is not None:
            yield f"DTEND:{_moment(entry.end)}"
    else:
        yield f"DTSTART;VALUE=DATE:{entry.begin:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{entry.begin + timedelta(days=1):%Y%m%d}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def escape(text: str) -> str:
    """`text` as a value (RFC 5545, 3.3.11): no line of it can begin a property of its own."""
    tidy = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(_ESCAPED.get(letter, letter) for letter in tidy)


def fold(line: str) -> bytes:
    """`line` in UTF-8, broken where it is longer than ``LINE`` octets, never inside a character."""
    parts, room = [b""], LINE
    for letter in line:
        octets = letter.encode("utf-8", "replace")
        if len(parts[-1]) + len(octets) > room:
            parts.append(b"")
            room = LINE - 1
        parts[-1] += octets
    return b"\r\n ".join(parts) + b"\r\n"
