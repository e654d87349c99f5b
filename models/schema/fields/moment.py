"""Dates, months, times. Stored as ISO 8601 texts: BSON has no date without a time."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator

from models.language import Language
from models.schema.fields.base import BaseField, Raw, as_day, as_moment, refuse, words

MONTH = "[0-9]{4}-(?:0[1-9]|1[0-2])"
CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
"""The stored shapes of a month and of a time of day, in the syntax Python and ECMAScript share."""

BOXES = ("year", "month", "day", "hour", "minute")
"""The boxes a date, a month or a moment is typed into."""

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SEPARATORS = re.compile(r"[/.年月-]")
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867}
"""The year before the first of each era (元号法; 明治五年太政官布告第三百三十七号 for dates since 1873)."""
_LETTERS = {"R": "令和", "H": "平成", "S": "昭和", "T": "大正", "M": "明治"}
_ERA = re.compile(rf"({'|'.join(_ERAS)}|[RHSTM])\s?(元|[0-9]{{1,2}})(?=[年./-])")
_DIGITS = re.compile("[0-9]+")
_RUN = re.compile("([0-9]{4})([0-9]{2})([0-9]{2})?")


def _parts(raw: Any, names: tuple[str, ...]) -> str | None:
    """Year, month, day sent in boxes of their own, or one text with any usual separator."""
    if isinstance(raw, dict):
        boxes = [words(raw.get(name)) for name in names]
        return whole(boxes) or "-".join(box or "" for box in boxes) if any(boxes) else None
    return words(raw)


def whole(boxes: Sequence[str | None]) -> str | None:
    """All of a date that was put into its first box, the others left empty; None where it was not."""
    first, *others = boxes
    holds_more = first is not None and (len(first) > len("9999") or _SEPARATORS.search(first[1:]))
    return first if holds_more and not any(others) else None


def _iso(text: str, count: int) -> str:
    plain = _western(unicodedata.normalize("NFKC", text).replace("日", "").strip())
    run = _RUN.fullmatch(plain)
    pieces = [piece for piece in run.groups() if piece] if run else _SEPARATORS.split(plain)
    if len(pieces) != count or not all(piece.strip().isdigit() for piece in pieces) or len(plain) > 20:
        return text
    return "-".join([pieces[0].strip().zfill(4), *(piece.strip().zfill(2) for piece in pieces[1:])])


def _western(text: str) -> str:
    """`text` with the year of a Japanese era (令和8年, R8.) as that of the common era."""
    found = _ERA.match(text.upper())
    if found is None:
        return text
    year = 1 if found[2] == "元" else int(found[2])
    return f"{_ERAS[_LETTERS.get(found[1], found[1])] + year}{text[found.end() :]}" if year else text


def _boxed_otherwise(raw: Any, value: Any) -> str:
    """`value` where it was typed in other than its own digits, each number in a box of its own; "" where it
    was typed as it is kept."""
    typed = [str(raw[name]) for name in BOXES if raw.get(name)] if isinstance(raw, dict) else [str(raw)]
    numbers, kept = ([int(text) for text in _DIGITS.findall(told)] for told in (" ".join(typed), str(value)))
    plain = typed and typed[0].isascii() and (isinstance(raw, str) or typed[0].strip().isdigit())
    return "" if value is None or (numbers == kept and plain) else str(value)


class DateField(BaseField):
    """A calendar day, ``YYYY-MM-DD``; typed with any usual separator, or in three boxes."""

    control: ClassVar[str] = "date"

    type: Literal["date"]
    min: date | None = None
    max: date | None = None

    def parse(self, raw: Any) -> Any:
        if isinstance(raw, str) and _DAY.fullmatch(raw):
            return raw
        text = _parts(raw, BOXES[:3])
        return None if text is None else _iso(text, 3)

    def retold(self, raw: Raw, value: Any) -> str:
        return _boxed_otherwise(raw, value)

    def value_type(self) -> Any:
        return Annotated[str, AfterValidator(self._check)]

    def _check(self, text: str) -> str:
        day = as_day(text)
        if day is None or day.isoformat() != text:  # fromisoformat reads weeks (2026-W14-3) too
            raise refuse("not_a_date", "{label} must be a date like 2026-04-01.")
        if self.min and day < self.min:
            raise refuse("too_small", "{label} must be {min} or later.", min=self.min.isoformat())
        if self.max and day > self.max:
            raise refuse("too_large", "{label} must be {max} or earlier.", max=self.max.isoformat())
        return text

    def show(self, value: Any, language: Language) -> str:
        day = as_day(value)
        return _day_told(day, language) if day is not None else super().show(value, language)

    def stored_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


def _day_told(day: date, language: Language) -> str:
    if language == "ja":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {day:%B} {day.year}"


class YearMonthField(BaseField):
    """A month, ``YYYY-MM``."""

    control: ClassVar[str] = "year_month"

    type: Literal["year_month"]

    def parse(self, raw: Any) -> Any:
        text = _parts(raw, BOXES[:2])
        return None if text is None else _iso(text.removesuffix("月"), 2)

    def retold(self, raw: Raw, value: Any) -> str:
        return _boxed_otherwise(raw, value)

    def value_type(self) -> Any:
        return Annotated[str, AfterValidator(self._check)]

    @staticmethod
    def _check(text: str) -> str:
        if not re.fullmatch(MONTH, text):
            raise refuse("not_a_date", "{label} must be a month like 2026-04.")
        return text

    def show(self, value: Any, language: Language) -> str:
        day = as_day(f"{value}-01")
        if day is None:
            return super().show(value, language)
        return f"{day.year}年{day.month}月" if language == "ja" else f"{day:%B} {day.year}"

    def stored_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{MONTH}$"}


class TimeField(BaseField):
    """A time of day, ``HH:MM``."""

    control: ClassVar[str] = "time"

    type: Literal["time"]

    def parse(self, raw: Any) -> Any:
        text = words(raw)
        if text is None:
            return None
        return clock_of(text)

    def value_type(self) -> Any:
        return Annotated[str, AfterValidator(self._check)]

    @staticmethod
    def _check(text: str) -> str:
        if not re.fullmatch(CLOCK, text):
            raise refuse("not_a_time", "{label} must be a time like 09:30.")
        return text

    def stored_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{CLOCK}$"}


def clock_of(text: str) -> str:
    """``HH:MM`` from a time as people write it (9:30, ９時３０分); other texts come back as they are."""
    plain = unicodedata.normalize("NFKC", text).replace("時", ":").replace("分", "")
    return plain.zfill(5) if re.fullmatch(r"\d{1,2}:\d{2}", plain, re.ASCII) else text


_BETWEEN = re.compile(r"[T\s　]+")


class DateTimeField(BaseField):
    """A moment on the site's own clock, ``YYYY-MM-DDTHH:MM``, without seconds and without a time zone: the
    site has one (``site.yaml``). Typed in five boxes, or as a date and a time in any usual writing."""

    control: ClassVar[str] = "datetime"

    type: Literal["datetime"]
    min: datetime | None = None
    max: datetime | None = None

    def parse(self, raw: Any) -> Any:
        if isinstance(raw, dict):
            boxes = [words(raw.get(name)) or "" for name in BOXES]
            typed = _moment_in(boxes)
            return self.normalise(typed) if any(boxes) else None
        text = words(raw)
        return None if text is None else self.normalise(text)

    def retold(self, raw: Raw, value: Any) -> str:
        return _boxed_otherwise(raw, value)

    def normalise(self, text: str) -> str:
        """`text` as it is stored where it names a moment, else as it is."""
        day, *rest = _BETWEEN.split(text.strip(), maxsplit=1)
        if len(rest) != 1:
            day, mark, clock = text.partition("日")
            rest = [clock] if mark and clock else []
        clock = clock_of(_without_seconds("".join(rest)))
        return f"{_iso(day, 3)}T{_padded(clock)}" if rest else text

    def value_type(self) -> Any:
        return Annotated[str, AfterValidator(self._check)]

    def _check(self, text: str) -> str:
        moment = as_moment(text)
        if moment is None or moment.isoformat(timespec="minutes") != text:
            raise refuse("not_a_moment", "{label} must be a date and a time like 2026-04-01 09:30.")
        if self.min and moment < self.min:
            raise refuse("too_small", "{label} must be {min} or later.", min=_moment_told(self.min))
        if self.max and moment > self.max:
            raise refuse("too_large", "{label} must be {max} or earlier.", max=_moment_told(self.max))
        return text

    def show(self, value: Any, language: Language) -> str:
        moment = as_moment(value) if isinstance(value, str) else None
        if moment is None:
            return super().show(value, language)
        return f"{_day_told(moment.date(), language)} {moment:%H:%M}"

    def stored_schema(self) -> dict[str, Any]:
        day = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
        return {"type": "string", "pattern": f"^{day}T{CLOCK}$"}


def _moment_in(boxes: Sequence[str]) -> str:
    """The moment five boxes say; a whole one may stand in the first, its date alone beside a time too."""
    clock = ":".join(boxes[3:])
    date = whole(boxes[:3])
    if date is None:
        return f"{'-'.join(boxes[:3])}T{clock}"
    return f"{date}T{clock}" if any(boxes[3:]) else date


def _without_seconds(clock: str) -> str:
    """A time as a programme writes it, without seconds that are nought."""
    return clock.removesuffix(":00") if clock.count(":") == 2 else clock


def _padded(clock: str) -> str:
    hour, mark, minute = clock.partition(":")
    return f"{hour.zfill(2)}:{minute.zfill(2)}" if mark and hour.isdigit() and minute.isdigit() else clock


def _moment_told(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="minutes")
