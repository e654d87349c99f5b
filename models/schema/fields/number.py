"""Numbers: whole, and exact decimal."""

import re
import unicodedata
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from models.language import Language, Text
from models.schema.fields.base import BaseField, Raw, words

MAX_DIGITS = 34
"""Decimal128 holds 34 significant digits."""
WHOLE_DIGITS = 20
"""Most digits before the point."""
PLACES = MAX_DIGITS - WHOLE_DIGITS
"""Most digits after the point."""


def plain_number(raw: Any) -> str | None:
    """Digits as people type them: full width, thousands commas, blanks; None when nothing was sent."""
    text = words(raw)
    if text is None or len(text) > 2 * MAX_DIGITS:
        return text
    text = unicodedata.normalize("NFKC", text).replace("−", "-").replace("ー", "-").replace(" ", "")
    return re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)


class NumberField(BaseField):
    """What whole and decimal numbers share."""

    control: ClassVar[str] = "number"

    unit: str | Text | None = None

    def unit_text(self, language: Language) -> str:
        """The unit to print behind the value, or ""."""
        return self.unit(language) if isinstance(self.unit, Text) else self.unit or ""

    def retold(self, raw: Raw, value: Any) -> str:
        """The number, where it was typed in other than plain digits; thousands commas go without saying."""
        read = isinstance(raw, str) and not raw.isascii() and isinstance(value, int | Decimal)
        return str(self.unparse(value)) if read else ""

    def with_unit(self, text: str, language: Language) -> str:
        unit = self.unit_text(language)
        return f"{text} {unit}" if unit else text


class IntegerField(NumberField):
    """A whole number of at most 64 bits."""

    type: Literal["integer"]
    min: int = -(2**63)
    max: int = 2**63 - 1
    grouped: bool = True
    """Whether thousands are set apart when shown; years and codes are not."""

    def parse(self, raw: Any) -> Any:
        if isinstance(raw, int):
            return raw
        text = plain_number(raw)
        return int(text) if text is not None and re.fullmatch(r"[+-]?\d{1,19}", text, re.ASCII) else text

    def value_type(self) -> Any:
        return Annotated[int, Field(strict=True, ge=self.min, le=self.max)]

    def show(self, value: Any, language: Language) -> str:
        if not isinstance(value, int):
            return super().show(value, language)
        return self.with_unit(f"{value:,}" if self.grouped else str(value), language)

    def search_text(self, value: Any) -> str:
        return "" if value is None else str(value)

    def stored_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.min, "maximum": self.max}


class DecimalField(NumberField):
    """An exact decimal number (stored as Decimal128) with at most ``places`` digits after the point."""

    type: Literal["decimal"]
    min: Decimal | None = None
    max: Decimal | None = None
    places: int = Field(2, ge=0, le=PLACES)

    def parse(self, raw: Any) -> Any:
        if isinstance(raw, Decimal):
            return raw
        text = plain_number(raw)
        if text is None or not re.fullmatch(r"[+-]?\d{1,20}(\.\d{1,14})?", text, re.ASCII):
            return text
        return Decimal(text)

    def value_type(self) -> Any:
        most, places = WHOLE_DIGITS + self.places, self.places
        limits = Field(strict=True, ge=self.min, le=self.max, max_digits=most, decimal_places=places)
        return Annotated[Decimal, limits]

    def unparse(self, value: Any) -> Any:
        return f"{value:f}" if isinstance(value, int | float | Decimal) else super().unparse(value)

    def show(self, value: Any, language: Language) -> str:
        if isinstance(value, Decimal):
            return self.with_unit(f"{value:,f}", language)
        return super().show(value, language)

    def search_text(self, value: Any) -> str:
        return self.unparse(value) or ""

    def stored_schema(self) -> dict[str, Any]:
        limits = {"minimum": self.min, "maximum": self.max}
        return {
            "type": "number",
            **{key: _plain(limit) for key, limit in limits.items() if limit is not None},
        }


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)
