"""Values that fit, values in words, patterns that never take long."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from models.language import Message
from models.schema.fields.base import BaseField
from models.schema.fields.secret import is_sealed
from models.schema.patterns import compile_pattern
from models.schema.problem import Problem

MISFIT = object()
"""What ``Fitting.fit`` gives back for a value the field cannot hold."""


class Fitting:
    """One field, ready to take over values of another type by its own parse."""

    def __init__(self, field: BaseField) -> None:
        self.field = field
        self._adapter = _adapter(field)

    def fit(self, value: Any) -> Any:
        """`value` as this field stores it, or MISFIT. A secret takes over only what is sealed: anything else
        would stay readable in it."""
        if self._adapter is None or (self.field.confidential and not is_sealed(value)):
            return MISFIT
        try:
            parsed = self.field.parse(self._raw(value))
            return MISFIT if parsed is None else self._adapter.validate_python(parsed)
        except (ValidationError, ValueError, TypeError, ArithmeticError):
            return MISFIT

    def _raw(self, value: Any) -> Any:
        if isinstance(value, list) and self.field.control != "choices" and len(value) == 1:
            value = value[0]
        return value if isinstance(value, list | Mapping) else in_words(value)


def _adapter(field: BaseField) -> TypeAdapter[Any] | None:
    """None for fields that hold others: a value has no way of becoming one."""
    if field.parts or not field.stored or not field.asked:
        return None
    try:
        return TypeAdapter(field.value_type())
    except (TypeError, NotImplementedError):
        return None


def in_words(value: Any) -> str:
    """A value as a form would send it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


@lru_cache(maxsize=256)
def pattern_problem(pattern: str) -> Message | None:
    """What is wrong with a pattern: no pattern at all, or one that may take long."""
    try:
        compile_pattern(pattern, whole=True)
    except Problem as problem:
        return Message("the pattern cannot be used: {problem}", {"problem": str(problem)})
    return None
