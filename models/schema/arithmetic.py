"""Numbers as MongoDB reckons with them: whole (64 bits), binary floating point, and exact decimal.

What MongoDB would refuse (a division by zero) is None. Results of whole numbers that no longer fit 64 bits
go on as floating point, as in the database."""

import math
from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any, Final

from models.schema.values import DECIMAL128, LEAST_WHOLE, MOST_WHOLE

Number = int | float | Decimal

_WIDE: Final = Context(prec=7000, traps=[])
"""Digits enough for the remainder of any two decimal128, and for the exact sum of any floats."""


def is_number(value: Any) -> bool:
    """Whether `value` is a number (true and false are not)."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def total(numbers: Sequence[Number]) -> Number:
    """The sum: exact for whole numbers and decimals, rounded once for floats."""
    floats = [n for n in numbers if isinstance(n, float)]
    whole = sum(n for n in numbers if isinstance(n, int))
    decimals = [n for n in numbers if isinstance(n, Decimal)]
    if decimals:
        return _total_decimal(decimals, floats, whole)
    if not floats:
        return _fitting(whole)
    try:
        return math.fsum([*floats, whole])
    except (OverflowError, ValueError):
        return sum(floats) + whole


def _total_decimal(decimals: Sequence[Decimal], floats: Sequence[float], whole: int) -> Decimal:
    found = Decimal(0)
    for number in decimals:
        found = DECIMAL128.add(found, number)
    rest = Decimal(whole)
    for inexact in floats:
        rest = _WIDE.add(rest, Decimal(inexact))
    return DECIMAL128.add(found, DECIMAL128.plus(rest))


def average(numbers: Sequence[Number]) -> Number | None:
    """The mean; None of nothing. Of whole numbers it is a float."""
    if not numbers:
        return None
    found = total(numbers)
    return DECIMAL128.divide(found, len(numbers)) if isinstance(found, Decimal) else found / len(numbers)


def subtract(left: Number, right: Number) -> Number:
    """The difference."""
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        return DECIMAL128.subtract(_decimal(left), _decimal(right))
    return _fitting(left - right)


def multiply(left: Number, right: Number) -> Number:
    """The product."""
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        return DECIMAL128.multiply(_decimal(left), _decimal(right))
    return _fitting(left * right)


def divide(left: Number, right: Number) -> Number | None:
    """The quotient, a float unless one of them is a decimal; None by zero."""
    if not right:
        return None
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        return DECIMAL128.divide(_decimal(left), _decimal(right))
    try:
        return float(left) / float(right)
    except OverflowError:
        return math.inf


def modulo(left: Number, right: Number) -> Number | None:
    """What remains, with the sign of `left`; None by zero."""
    if not right:
        return None
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        return DECIMAL128.plus(_WIDE.remainder(_decimal(left), _decimal(right)))
    if isinstance(left, int) and isinstance(right, int):
        whole = abs(left) % abs(right)
        return -whole if left < 0 else whole
    return math.fmod(left, right) if math.isfinite(left) else math.nan


def absolute(number: Number) -> Number | None:
    """The size; None for the one whole number that has none in 64 bits."""
    if isinstance(number, int) and number == LEAST_WHOLE:
        return None
    return -number if number < 0 else number


def floor(number: Number) -> Number:
    """The next whole value below."""
    return _to_whole(number, math.floor, ROUND_FLOOR)


def ceiling(number: Number) -> Number:
    """The next whole value above."""
    return _to_whole(number, math.ceil, ROUND_CEILING)


def _to_whole(number: Number, step: Callable[[float], int], rounding: str) -> Number:
    if isinstance(number, Decimal):
        return number.to_integral_value(rounding, context=_WIDE)
    if isinstance(number, float):
        return float(step(number)) if math.isfinite(number) else number
    return number


def round_to(number: Number, places: int) -> Number:
    """`number` with at most `places` digits after the point, halves to the even digit."""
    if isinstance(number, Decimal):
        exponent = number.as_tuple().exponent
        if not isinstance(exponent, int) or exponent >= -places:
            return number
        return number.quantize(Decimal(1).scaleb(-places), context=DECIMAL128)
    return round(number, places) if isinstance(number, float) and math.isfinite(number) else number


def _decimal(number: Number) -> Decimal:
    """As a decimal; of a float MongoDB takes 15 digits."""
    if isinstance(number, Decimal):
        return number
    return Decimal(number) if isinstance(number, int) else Decimal(f"{number:.15g}")


def _fitting(number: int | float) -> int | float:
    return number if isinstance(number, float) or LEAST_WHOLE <= number <= MOST_WHOLE else float(number)
