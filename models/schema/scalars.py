"""What a plain word of YAML stands for, by the core schema of YAML 1.2 (section 10.3.2).

``yes``, ``no``, ``on``, ``09:00``, ``1_000`` and ``2026-04-01`` are texts, as answers are."""

import math
import re

Scalar = str | int | float | bool | None

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_BEGINNINGS = frozenset("+-.0123456789")
_WHOLE = re.compile(r"[-+]?[0-9]+")
_OTHER_BASES = {"0o": (re.compile(r"0o[0-7]+"), 8), "0x": (re.compile(r"0x[0-9a-fA-F]+"), 16)}
_BROKEN = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LONGEST = 40
"""Digits looked at before a number is called too large (a 64-bit number has 19)."""


class NumberTooLarge(ValueError):
    """A number that no record can hold: beyond 64 bits, infinite, or not a number at all."""


def read_scalar(word: str) -> Scalar:
    """The value of a plain (unquoted) scalar. Raises NumberTooLarge."""
    if word in _WORDS:
        return _WORDS[word]
    if word[0] not in _BEGINNINGS:
        return word
    if _WHOLE.fullmatch(word):
        return _whole(word, 10)
    pattern, base = _OTHER_BASES.get(word[:2], (None, 10))
    if pattern is not None and pattern.fullmatch(word):
        return _whole(word[2:], base)
    if _NO_NUMBER.fullmatch(word):
        raise NumberTooLarge(word)
    return _broken(word) if _BROKEN.fullmatch(word) else word


def _whole(digits: str, base: int) -> int:
    value = int(digits, base) if len(digits) <= _LONGEST else 2**63
    if not -(2**63) <= value < 2**63:
        raise NumberTooLarge(digits)
    return value


def _broken(word: str) -> float:
    value = float(word)
    if math.isinf(value):
        raise NumberTooLarge(word)
    return value
