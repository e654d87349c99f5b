"""Dates and times as staff read them: the admin's time zone, the language's order, no locale tables at run
time."""

from datetime import UTC, date, datetime
from typing import Any

from markupsafe import Markup
from starlette_admin.i18n import get_tzinfo

from admin.language import language

DAY = {"ja": "%Y/%m/%d", "en": "%Y-%m-%d"}


def local(value: datetime) -> datetime:
    """`value` in the admin's zone; one without a zone is UTC, as the store returns it."""
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(get_tzinfo())


def day(value: date | datetime | str | None) -> str:
    """A day, ``2026/11/21`` in Japanese and ``2026-11-21`` in English; text (ISO) is read, None is empty."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value[:10])
        except ValueError:
            return value  # type: ignore[return-value]
    if value is None:
        return ""
    return (local(value) if isinstance(value, datetime) else value).strftime(DAY[language()])


def minute(value: datetime) -> str:
    """A moment to the minute, without markup."""
    return local(value).strftime(f"{DAY[language()]} %H:%M")


def moment(value: Any) -> Markup:
    """A moment as ``<time>`` with the machine's reading in its ``datetime``; None is empty."""
    if not isinstance(value, datetime):
        return Markup("") if value is None else Markup.escape(value)
    return Markup('<time datetime="{}">{}</time>').format(
        local(value).isoformat(timespec="seconds"), minute(value)
    )
