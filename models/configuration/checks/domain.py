"""The answers worth trying for a field: enough to see every way a condition can turn out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations
from typing import Any

from models.configuration.checks.decided import reads_variables
from models.schema.expressions import paths_in
from models.schema.fields import BaseField
from models.schema.fields.choice import BooleanField, ChoiceField, ChoicesField
from models.schema.fields.number import NumberField
from models.schema.fields.text import TextField
from models.schema.values import MISSING

_EQUALITIES = frozenset({"$eq", "$ne", "$in", "$nin", "$exists", "$not"})
_ORDERS = frozenset({"$gt", "$gte", "$lt", "$lte"})
MOST_CODES = 4
"""Options of a several-choice field that are combined; where more are asked for, nothing is said of it."""

ANOTHER = "\N{SNOWMAN}"
"""A text no condition names."""


@dataclass
class Use:
    """How the conditions look at one field: the constants they compare it with, and by which operators."""

    constants: list[Any] = field(default_factory=list)
    operators: set[str] = field(default_factory=set)


def uses(queries: Iterable[Mapping[str, Any]]) -> dict[str, Use]:
    """How each field (by its name at the top) is looked at."""
    found: dict[str, Use] = {}
    for query in queries:
        for name, operator, operand in _tests(query):
            use = found.setdefault(name, Use())
            use.operators.add(operator)
            use.constants += operand if isinstance(operand, list) else [operand]
    return found


def _tests(query: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for key, value in query.items():
        if key in ("$and", "$or", "$nor"):
            for part in value:
                yield from _tests(part)
        elif key == "$expr":
            yield from ((path.split(".")[0], "$expr", None) for path in paths_in(value))
        elif "." in key:
            yield key.split(".")[0], "$path", None
        else:
            yield from ((key, operator, operand) for operator, operand in _operators(value))


def _operators(value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        yield "$eq", value
        return
    for operator, operand in value.items():
        if operator == "$not" and isinstance(operand, Mapping):
            yield from _operators(operand)
        else:
            yield operator, operand


def answers_worth_trying(target: BaseField, use: Use) -> list[Any] | None:
    """MISSING and every answer that could make a difference; None where they cannot be listed."""
    if isinstance(target, BooleanField):
        return [MISSING, True, False]
    if reads_variables(use.constants) and not isinstance(target, ChoiceField):
        return None
    if isinstance(target, ChoiceField):
        return [MISSING, *_options(target, use)]
    if isinstance(target, ChoicesField):
        return _several(target, use)
    if isinstance(target, NumberField) and use.operators <= _EQUALITIES | _ORDERS:
        return [MISSING, *_numbers(target, use)]
    if isinstance(target, TextField) and use.operators <= _EQUALITIES:
        return [MISSING, *dict.fromkeys(c for c in use.constants if isinstance(c, str)), ANOTHER]
    return None


def _options(target: ChoiceField | ChoicesField, use: Use) -> list[str]:
    """The options named, and one that is not; all where more than equality is asked."""
    codes = [option.code for option in target.options]
    if not use.operators <= _EQUALITIES or reads_variables(use.constants):
        return codes
    named = [code for code in codes if code in use.constants]
    return named + [code for code in codes if code not in named][:1]


def _several(target: ChoicesField, use: Use) -> list[Any] | None:
    if not use.operators <= _EQUALITIES | {"$all"}:
        return None
    codes = _options(target, Use(use.constants, {"$eq"}))
    if len(codes) > MOST_CODES + 1:
        return None
    sizes = range(max(target.min_items, 1), len(codes) + 1)
    return [MISSING, *(list(picked) for size in sizes for picked in combinations(codes, size))]


def _numbers(target: NumberField, use: Use) -> list[Any]:
    """The constants, what lies beside and between them, and the limits of the field."""
    low, high = getattr(target, "min", None), getattr(target, "max", None)
    points = {
        Decimal(str(c)) for c in use.constants if isinstance(c, int | float) and not isinstance(c, bool)
    }
    step = Decimal(1) if target.type == "integer" else Decimal("0.001")
    tried = {point + move for point in points for move in (-step, Decimal(0), step)}
    tried |= {Decimal(limit) for limit in (low, high) if limit is not None} or {Decimal(0)}
    fitting = sorted(
        value for value in tried if (low is None or value >= low) and (high is None or value <= high)
    )
    return [int(value) if target.type == "integer" else value for value in fitting]
