"""Days in formulas: ISO texts as answers keep them, reckoned with by calendar."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

UNITS: Final = ("day", "month", "year")
MAX_AMOUNT: Final = 120_000
"""Most days, months or years ``$dateAdd`` adds."""

MONTHS: Final = {"month": 1, "year": 12}
"""The months of the units that are not counted in days."""

_DAY: Final = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}(?=T|\Z)")
_MONTH: Final = re.compile(r"[1-9][0-9]{3}-[0-9]{2}\Z")


def day_of(value: Any) -> date | None:
    """The day a text names (“2026-04-01”, “2026-04-01T09:30”; of “2026-04” its first) or a moment falls on in
    UTC; None for anything else."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).date() if value.tzinfo else value.date()
    if not isinstance(value, str):
        return value if isinstance(value, date) else None
    if found := _DAY.match(value):
        return _real_day(found[0])
    return _real_day(f"{value}-01") if _MONTH.match(value) else None


def _real_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def difference(start: Any, end: Any, unit: str) -> int | None:
    """How many days, months or years begin between two days."""
    first, last = day_of(start), day_of(end)
    if first is None or last is None:
        return None
    if unit == "day":
        return (last - first).days
    years = last.year - first.year
    return years if unit == "year" else years * 12 + last.month - first.month


def later(start: Any, amount: Any, unit: str) -> str | None:
    """The ISO text of the day so much later (earlier, below zero); a month's end stays in its month."""
    first = day_of(start)
    if first is None or isinstance(amount, bool) or not isinstance(amount, int) or abs(amount) > MAX_AMOUNT:
        return None
    try:
        found = (
            first + timedelta(days=amount) if unit == "day" else months_later(first, amount * MONTHS[unit])
        )
    except (OverflowError, ValueError):
        return None
    return found.isoformat() if found.year >= 1000 else None


def months_later(first: date, months: int) -> date:
    """The day so many months later; the last of a month that has no such day (Civil Code, article 143).
    Raises ValueError where no calendar goes that far."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))
