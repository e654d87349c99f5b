"""Dates and times as staff read them: the admin's time zone, the language's order, no locale tables at run
time."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from markupsafe import Markup, escape
from starlette_admin.i18n import get_tzinfo

from admin.language import language

DAY = {"ja": "{:%Y/%m/%d}", "en": "{:%Y-%m-%d}"}


def local(value: datetime) -> datetime:
    """`value` in the admin's zone; one without a zone is UTC, as the store returns it."""
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(get_tzinfo())


def day(value: date | datetime | str | None) -> str:
    """A day, ``2026/11/21`` in Japanese and ``2026-11-21`` in English; text (ISO) is read, None is empty."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value[:10])
        except ValueError:
            return str(value)
    if value is None:
        return ""
    return DAY[language()].format(local(value) if isinstance(value, datetime) else value)


def minute(value: datetime) -> str:
    """A moment to the minute, without markup."""
    there = local(value)
    return f"{DAY[language()].format(there)} {there.hour:02d}:{there.minute:02d}"


def until(end: datetime) -> str:
    """The end of a term, without markup: its last day, or the minute where it does not end with a day."""
    there = local(end)
    whole = (there.hour, there.minute) == (0, 0)
    return day((there - timedelta(days=1)).date()) if whole else minute(end)


def moment(value: Any) -> Markup:
    """A moment as ``<time>`` with the machine's reading in its ``datetime``; None is empty."""
    return moment_writer()(value)


def moment_writer() -> Callable[[Any], Markup]:
    """``moment`` with zone and language looked up once, for a page full of them."""
    zone, between = get_tzinfo(), "/" if language() == "ja" else "-"

    def write(value: Any) -> Markup:
        if not isinstance(value, datetime):
            return Markup("") if value is None else escape(value)
        there = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(zone)
        exact = there.isoformat(timespec="seconds")  # digits and signs only: nothing to escape
        shown = f"{exact[:10].replace('-', between)} {exact[11:16]}"
        return Markup(f'<time datetime="{exact}">{shown}</time>')  # noqa: S704

    return write
