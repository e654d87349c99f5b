"""Formulas and ``$expr``: a subset of MongoDB's aggregation expressions over field paths and constants."""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from typing import Any

from models.schema.values import MISSING, compare, equal, value_at

Expression = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]
Function = Callable[[list[Any]], Any]


class Problem(ValueError):
    """A condition or formula outside the language; the text says what and is shown to the steward."""


def variable(operand: Any) -> Callable[[Mapping[str, Any]], Any]:
    """`operand` as it is, or what the variable it names (``$$OPERATOR.license_class``) stands for."""
    if isinstance(operand, str) and operand.startswith("$$"):
        path = operand[2:].split(".")
        if path[0] not in VARIABLES:
            raise Problem(f"$${path[0]} is not a variable; there are {', '.join(sorted(VARIABLES))}")
        return lambda variables: _present(value_at(variables, path))
    return lambda _: operand


def _present(value: Any) -> Any:
    return None if value is MISSING else value


VARIABLES = frozenset({"NOW", "TODAY", "ACCOUNT", "OPERATOR", "BEFORE", "TERMS"})


def compile_expression(node: Any) -> Expression:
    """Compile `node` once. Raises Problem when it is outside the language."""
    if isinstance(node, str) and node.startswith("$$"):
        value_of = variable(node)
        return lambda _, variables: value_of(variables)
    if isinstance(node, str) and node.startswith("$"):
        path = node[1:].split(".")
        return lambda document, _: value_at(document, path)
    if isinstance(node, list):
        parts = [compile_expression(part) for part in node]
        return lambda document, variables: [_present(part(document, variables)) for part in parts]
    if isinstance(node, Mapping):
        return _call(node)
    return lambda _, __: node


def _call(node: Mapping[str, Any]) -> Expression:
    if len(node) != 1:
        raise Problem(f"an expression has one operator, not {len(node)}: {', '.join(map(str, node))}")
    name, operand = next(iter(node.items()))
    if name == "$cond":
        return _conditional(operand)
    if name == "$literal":
        return lambda _, __: operand
    if name == "$dateDiff":
        return _date_difference(operand)
    function = FUNCTIONS.get(name)
    if function is None:
        raise Problem(f"{name} is not an operator of formulas")
    arguments = [compile_expression(part) for part in (operand if isinstance(operand, list) else [operand])]
    return lambda document, variables: function([part(document, variables) for part in arguments])


def _conditional(operand: Any) -> Expression:
    parts = [operand.get(key) for key in ("if", "then", "else")] if isinstance(operand, Mapping) else operand
    if not isinstance(parts, list) or len(parts) != 3:
        raise Problem("$cond takes if, then and else")
    test, yes, no = (compile_expression(part) for part in parts)
    return lambda document, variables: (yes if truthy(test(document, variables)) else no)(document, variables)


def _date_difference(operand: Any) -> Expression:
    if not isinstance(operand, Mapping) or operand.get("unit") not in ("day", "month", "year"):
        raise Problem("$dateDiff takes startDate, endDate and unit (day, month or year)")
    start, end = compile_expression(operand.get("startDate")), compile_expression(operand.get("endDate"))
    unit = operand["unit"]

    def difference(document: Mapping[str, Any], variables: Mapping[str, Any]) -> Any:
        first, last = _as_date(start(document, variables)), _as_date(end(document, variables))
        if first is None or last is None:
            return None
        if unit == "day":
            return (last - first).days
        months = (last.year - first.year) * 12 + last.month - first.month
        return months if unit == "month" else last.year - first.year

    return difference


def truthy(value: Any) -> bool:
    """What an expression counts as true: anything but false, null, missing and zero."""
    return not (value is MISSING or value is None or value is False or (_is_number(value) and value == 0))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _as_date(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value[:10] if len(value) > 7 else f"{value}-01")
        except ValueError:
            return None
    return None


def _spread(arguments: list[Any]) -> list[Any]:
    """An accumulator given one array works on its elements."""
    if len(arguments) == 1 and isinstance(arguments[0], list):
        return arguments[0]
    return arguments


def _numbers(arguments: list[Any]) -> list[Any]:
    return [value for value in _spread(arguments) if _is_number(value)]


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        return Decimal(str(left)) + Decimal(str(right))
    return left + right


def _arithmetic(function: Callable[[Any, Any], Any]) -> Function:
    def apply(arguments: list[Any]) -> Any:
        if any(value is None or value is MISSING for value in arguments):
            return None
        if not all(_is_number(value) for value in arguments):
            return None
        if any(isinstance(value, Decimal) for value in arguments):
            arguments = [Decimal(str(value)) for value in arguments]
        return reduce(function, arguments)

    return apply


def _divide(left: Any, right: Any) -> Any:
    return left / right if right else None


def _modulo(left: Any, right: Any) -> Any:
    return left - right * int(left / right) if right else None


def _extreme(sign: int) -> Function:
    def apply(arguments: list[Any]) -> Any:
        found = [value for value in _spread(arguments) if value is not None and value is not MISSING]
        return reduce(lambda a, b: a if compare(a, b) * sign >= 0 else b, found) if found else None

    return apply


def _average(arguments: list[Any]) -> Any:
    numbers = _numbers(arguments)
    return reduce(_add, numbers) / len(numbers) if numbers else None


def _concat(arguments: list[Any]) -> Any:
    return "".join(arguments) if all(isinstance(value, str) for value in arguments) else None


def _substring(arguments: list[Any]) -> str:
    text, start, length = arguments
    text = text if isinstance(text, str) else ""
    return text[start:] if length < 0 else text[start : start + length]


def _first_present(arguments: list[Any]) -> Any:
    return next((value for value in arguments if value is not None and value is not MISSING), arguments[-1])


def _day_part(name: str) -> Function:
    def apply(arguments: list[Any]) -> Any:
        found = _as_date(arguments[0])
        return None if found is None else int(getattr(found, name))

    return apply


def _ordering(holds: Callable[[int], bool]) -> Function:
    return lambda arguments: holds(compare(arguments[0], arguments[1]))


def _lower(arguments: list[Any]) -> str:
    return arguments[0].lower() if isinstance(arguments[0], str) else ""


def _length(arguments: list[Any]) -> Any:
    return len(arguments[0]) if isinstance(arguments[0], str) else None


def _contains(arguments: list[Any]) -> bool:
    return isinstance(arguments[1], list) and any(equal(arguments[0], item) for item in arguments[1])


FUNCTIONS: Mapping[str, Function] = {
    "$eq": _ordering(lambda order: order == 0),
    "$ne": _ordering(lambda order: order != 0),
    "$gt": _ordering(lambda order: order > 0),
    "$gte": _ordering(lambda order: order >= 0),
    "$lt": _ordering(lambda order: order < 0),
    "$lte": _ordering(lambda order: order <= 0),
    "$and": lambda arguments: all(truthy(value) for value in arguments),
    "$or": lambda arguments: any(truthy(value) for value in arguments),
    "$not": lambda arguments: not truthy(arguments[0]),
    "$in": _contains,
    "$ifNull": _first_present,
    "$add": _arithmetic(_add),
    "$subtract": _arithmetic(operator.sub),
    "$multiply": _arithmetic(operator.mul),
    "$divide": _arithmetic(_divide),
    "$mod": _arithmetic(_modulo),
    "$sum": lambda arguments: reduce(_add, _numbers(arguments), 0),
    "$min": _extreme(-1),
    "$max": _extreme(1),
    "$avg": _average,
    "$size": lambda arguments: len(arguments[0]) if isinstance(arguments[0], list) else None,
    "$concat": _concat,
    "$toLower": _lower,
    "$strLenCP": _length,
    "$substrCP": _substring,
    "$year": _day_part("year"),
    "$month": _day_part("month"),
}
"""Every operator a formula may use besides ``$cond``, ``$literal`` and ``$dateDiff``."""


def paths_in(node: Any) -> Iterator[str]:
    """The field paths an expression reads, variables left out."""
    if isinstance(node, str) and node.startswith("$") and not node.startswith("$$"):
        yield node[1:]
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from paths_in(value)
    elif isinstance(node, Sequence) and not isinstance(node, str):
        for part in node:
            yield from paths_in(part)
