"""Dates, months, times. Stored as ISO 8601 texts: BSON has no date without a time."""

import re
import unicodedata
from datetime import date, time
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator

from models.language import Language
from models.schema.fields.base import BaseField, as_day, refuse, words

_SEPARATORS = re.compile(r"[/.年月-]")


def _parts(raw: Any, names: tuple[str, ...]) -> str | None:
    """Year, month, day sent in boxes of their own, or one text with any usual separator."""
    if isinstance(raw, dict):
        boxes = [words(raw.get(name)) for name in names]
        return "-".join(box or "" for box in boxes) if any(boxes) else None
    return words(raw)


def _iso(text: str, count: int) -> str:
    plain = unicodedata.normalize("NFKC", text).replace("日", "").strip()
    pieces = _SEPARATORS.split(plain)
    if len(pieces) != count or not all(piece.strip().isdigit() for piece in pieces) or len(plain) > 20:
        return text
    return "-".join([pieces[0].strip().zfill(4), *(piece.strip().zfill(2) for piece in pieces[1:])])


class DateField(BaseField):
    """A calendar day, ``YYYY-MM-DD``; typed with any usual separator, or in three boxes."""

    control: ClassVar[str] = "date"

    type: Literal["date"]
    min: date | None = None
    max: date | None = None

    def parse(self, raw: Any) -> Any:
        text = _parts(raw, ("year", "month", "day"))
        return None if text is None else _iso(text, 3)

    def value_type(self) -> Any:
        return Annotated[str, AfterValidator(self._check)]

    def _check(self, text: str) -> str:
        day = as_day(text)
        if day is None or len(text) != 10:
            raise refuse("not_a_date", "{label} must be a date like 2026-04-01.")
        if self.min and day < self.min:
            raise refuse("too_small", "{label} must be {min} or later.", min=self.min.isoformat())
        if self.max and day > self.max:
            raise refuse("too_large", "{label} must be {max} or earlier.", max=self.max.isoformat())
        return text

    def show(self, value: Any, language: Language) -> str:
        day = as_day(value)
        if day is None:
            return super().show(value, language)
        return (
            f"{day.year}年{day.month}月{day.day}日" if language == "ja" else f"{day.day} {day:%B} {day.year}"
        )


class YearMonthField(BaseField):
    """A month, ``YYYY-MM``."""

    control: ClassVar[str] = "year_month"

    type: Literal["year_month"]

    def parse(self, raw: Any) -> Any:
        text = _parts(raw, ("year", "month"))
        return None if text is None else _iso(text.removesuffix("月"), 2)

    def value_type(self) -> Any:
        return Annotated[str, AfterValidator(self._check)]

    @staticmethod
    def _check(text: str) -> str:
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text, re.ASCII):
            raise refuse("not_a_date", "{label} must be a month like 2026-04.")
        return text

    def show(self, value: Any, language: Language) -> str:
        day = as_day(f"{value}-01")
        if day is None:
            return super().show(value, language)
        return f"{day.year}年{day.month}月" if language == "ja" else f"{day:%B} {day.year}"


class TimeField(BaseField):
    """A time of day, ``HH:MM``."""

    control: ClassVar[str] = "time"

    type: Literal["time"]

    def parse(self, raw: Any) -> Any:
        text = words(raw)
        if text is None:
            return None
        plain = unicodedata.normalize("NFKC", text).replace("時", ":").replace("分", "")
        return plain.zfill(5) if re.fullmatch(r"\d{1,2}:\d{2}", plain) else text

    def value_type(self) -> Any:
        return Annotated[str, AfterValidator(self._check)]

    @staticmethod
    def _check(text: str) -> str:
        try:
            time.fromisoformat(text)
        except ValueError as error:
            raise refuse("not_a_time", "{label} must be a time like 09:30.") from error
        return text
