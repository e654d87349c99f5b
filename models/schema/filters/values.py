"""Values of a filter: read as the text of a filter or a form gives them, checked, made canonical."""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from models.language import Message
from models.schema.fields.base import as_day, as_moment
from models.schema.fields.moment import CLOCK, DateField, DateTimeField, TimeField, YearMonthField
from models.schema.fields.number import plain_number
from models.schema.filters.tree import COUNTED, Askable, Operator

LONGEST_VALUE: Final = 100
"""Longest text asked for (characters)."""

MOST_DAYS: Final = 36_500
"""Farthest from today a day may be counted: a hundred years."""

_RELATIVE = re.compile(r"\$\$TODAY([+-][0-9]{1,5})?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,14})?")
_YEARS = range(1000, 9999)


class ValueRefused(ValueError):
    """A value that cannot be asked for; `message` says why."""

    def __init__(self, msgid: str, **values: Any) -> None:
        self.message = Message(msgid, values)
        super().__init__(msgid)


def read_value(askable: Askable, operator: Operator, given: Any) -> Any:
    """`given` as a filter's text writes a value of `askable`. Raises ValueRefused."""
    if operator in COUNTED:
        return _count(given)
    if isinstance(given, str) and len(given) > LONGEST_VALUE:
        raise ValueRefused("a value has at most {limit} characters", limit=LONGEST_VALUE)
    if given is None or isinstance(given, list | Mapping):
        raise ValueRefused("this is no value to be asked for")
    if askable.kind == "choice":
        return _choice(askable, given)
    return _READERS[askable.kind](given)


def days_from(value: Any) -> int | None:
    """How many days from today ``$$TODAY``, ``$$TODAY-7`` … is; None for what is not counted from today."""
    found = _RELATIVE.fullmatch(value) if isinstance(value, str) else None
    return int(found[1] or 0) if found else None


def relative(days: int) -> str:
    """The day `days` from today, as a filter's text writes it."""
    return f"$$TODAY{days:+d}" if days else "$$TODAY"


def settled(value: str, today: date) -> str:
    """A day counted from today as an ISO text; any other value as it is."""
    days = days_from(value)
    return value if days is None else (today + timedelta(days=days)).isoformat()


def _count(given: Any) -> int:
    text = plain_number(given) if isinstance(given, str) else given
    number = int(text) if isinstance(text, str) and re.fullmatch("[0-9]{1,6}", text) else text
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= MOST_DAYS:
        raise ValueRefused("a number of days is a whole number up to {limit}", limit=MOST_DAYS)
    return number


def _text(given: Any) -> str:
    text = str(given).strip() if isinstance(given, str | int | Decimal | float) else ""
    if not text or isinstance(given, bool) or not text.isprintable():
        raise ValueRefused("“{value}” is not a text to be asked for", value=_cut(given))
    return text


def _choice(askable: Askable, given: Any) -> str:
    text = _text(given)
    if askable.options and text not in dict(askable.options):
        raise ValueRefused("“{value}” is not among the options", value=text)
    return text


def _number(given: Any) -> int | Decimal:
    text = plain_number(given) if isinstance(given, str) else str(given)
    if isinstance(given, bool) or text is None or not _NUMBER.fullmatch(text):
        raise ValueRefused("“{value}” is not a number", value=_cut(given))
    number = Decimal(text)
    whole = number == number.to_integral_value()
    if whole and not -(2**63) <= number < 2**63:
        raise ValueRefused("“{value}” is too large a number", value=_cut(given))
    return int(number) if whole else number


def _day(given: Any) -> str:
    if (days := days_from(given)) is not None:
        return relative(_near(days))
    text = DateField(name="day", type="date").parse(str(given))
    day = as_day(text)
    if day is None or day.year not in _YEARS or day.isoformat() != text:
        raise ValueRefused("“{value}” is not a date like 2026-04-01", value=_cut(given))
    return day.isoformat()


def _near(days: int) -> int:
    if abs(days) > MOST_DAYS:
        raise ValueRefused("a number of days is a whole number up to {limit}", limit=MOST_DAYS)
    return days


def _moment(given: Any) -> str:
    text = str(given)
    if days_from(text) is not None or not re.search("[T:時]", text):
        return _day(given)
    found = DateTimeField(name="moment", type="datetime").normalise(text)
    moment = as_moment(found)
    if moment is None or moment.year not in _YEARS or moment.isoformat(timespec="minutes") != found:
        raise ValueRefused("“{value}” is not a date, nor one with a time of day", value=_cut(given))
    return found


def _month(given: Any) -> str:
    text = YearMonthField(name="month", type="year_month").parse(str(given))
    day = as_day(f"{text}-01")
    if day is None or day.year not in _YEARS or not re.fullmatch(r"\d{4}-\d{2}", str(text)):
        raise ValueRefused("“{value}” is not a month like 2026-04", value=_cut(given))
    return str(text)


def _time(given: Any) -> str:
    text = TimeField(name="time", type="time").parse(str(given)) or ""
    if not re.fullmatch(CLOCK, text):
        raise ValueRefused("“{value}” is not a time of day like 09:30", value=_cut(given))
    return str(text)


def _yes(given: Any) -> bool:
    found = {"true": True, "false": False}.get(given, given) if isinstance(given, str) else given
    if not isinstance(found, bool):
        raise ValueRefused("“{value}” is neither yes nor no", value=_cut(given))
    return found


def _cut(given: Any) -> str:
    text = str(given)
    return text if len(text) <= 40 else f"{text[:40]}…"


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "text": _text,
    "number": _number,
    "day": _day,
    "moment": _moment,
    "month": _month,
    "time": _time,
    "yes": _yes,
}
