"""Formulas and ``$expr``: a subset of MongoDB's aggregation expressions over field paths and constants.

MongoDB is the reference, with one rule of our own: where it would refuse (a text added to a number, the size
of what is no list, a division by zero) the result is null. ``database_query`` writes the same for MongoDB."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, Final

from models.schema import arithmetic, days
from models.schema.arithmetic import is_number
from models.schema.problem import Problem
from models.schema.values import MISSING, compare, constant, equal, names_of, value_at

__all__ = ["FUNCTIONS", "VARIABLES", "Expression", "Problem", "compile_expression", "paths_in", "variable"]

Expression = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]
Function = Callable[[list[Any]], Any]

VARIABLES: Final = frozenset(
    {"NOW", "TODAY", "ACCOUNT", "OPERATOR", "BEFORE", "TERMS", "NOTICE", "ORIGIN", "RECORD"}
)
MAX_PLACES: Final = 20


def variable(operand: Any) -> Callable[[Mapping[str, Any]], Any]:
    """`operand` as it is, or what the variable it names (``$$OPERATOR.license_class``) stands for."""
    if isinstance(operand, str) and operand.startswith("$$"):
        path = names_of(operand[2:])
        if path[0] not in VARIABLES:
            raise Problem(f"$${path[0]} is not a variable; there are {', '.join(sorted(VARIABLES))}")
        return lambda variables: _present(value_at(variables, path))
    settled = constant(operand)
    return lambda _: settled


def _present(value: Any) -> Any:
    return None if value is MISSING else value


def compile_expression(node: Any) -> Expression:
    """Compile `node` once. Raises Problem when it is outside the language."""
    if isinstance(node, str) and node.startswith("$$"):
        value_of = variable(node)
        return lambda _, variables: value_of(variables)
    if isinstance(node, str) and node.startswith("$"):
        return _field(names_of(node[1:]))
    if isinstance(node, list):
        parts = [compile_expression(part) for part in node]
        return lambda document, variables: [_present(part(document, variables)) for part in parts]
    if isinstance(node, Mapping):
        return _call(*one_operator(node))
    settled = constant(node)
    return lambda _, __: settled


def _field(path: tuple[str, ...]) -> Expression:
    if len(path) > 1:
        return lambda document, _: value_at(document, path)
    (name,) = path
    return lambda document, _: document.get(name, MISSING)


def one_operator(node: Mapping[str, Any]) -> tuple[str, Any]:
    """The operator of an expression and its operand. Raises Problem when there is not one."""
    if len(node) != 1:
        raise Problem(f"an expression has one operator, not {len(node)}: {', '.join(map(str, node))}")
    return next(iter(node.items()))


def _call(name: str, operand: Any) -> Expression:
    if name == "$literal":
        settled = constant(operand)
        return lambda _, __: settled
    if name == "$cond":
        test, yes, no = (compile_expression(part) for part in arguments_of(name, operand))
        return lambda document, variables: (yes if truthy(test(document, variables)) else no)(
            document, variables
        )
    parts = [compile_expression(part) for part in arguments_of(name, operand)]
    function = function_of(name, operand)
    return lambda document, variables: function([part(document, variables) for part in parts])


def arguments_of(name: str, operand: Any) -> list[Any]:
    """The expressions an operator works on. Raises Problem when they are too few, too many or misnamed."""
    if name in NAMED:
        return _named(name, operand)
    if name not in FUNCTIONS:
        raise Problem(f"{name} is not an operator of formulas")
    arguments = operand if isinstance(operand, list) else [operand]
    least, most = ARITY.get(name, (0, None))
    if len(arguments) < least or (most is not None and len(arguments) > most):
        raise Problem(f"{name} does not take {len(arguments)} values")
    if name in ("$substrCP", "$round"):
        arguments = arguments[:1]
    return arguments


NAMED: Final[Mapping[str, tuple[str, ...]]] = {
    "$cond": ("if", "then", "else"),
    "$dateDiff": ("startDate", "endDate", "unit"),
    "$dateAdd": ("startDate", "amount", "unit"),
}
"""Operators whose operands have names."""


def _named(name: str, operand: Any) -> list[Any]:
    keys = NAMED[name]
    if name == "$cond" and isinstance(operand, list):
        operand = dict(zip(keys, operand, strict=False)) if len(operand) == len(keys) else None
    if not isinstance(operand, Mapping) or set(operand) != set(keys):
        raise Problem(f"{name} takes {', '.join(keys)}")
    if "unit" in keys and operand["unit"] not in days.UNITS:
        raise Problem(f"the unit of {name} is day, month or year")
    return [operand[key] for key in keys if key != "unit"]


def function_of(name: str, operand: Any) -> Function:
    """What an operator does with the values of its arguments. Raises Problem."""
    if name == "$dateDiff":
        return lambda values: days.difference(values[0], values[1], operand["unit"])
    if name == "$dateAdd":
        return lambda values: days.later(values[0], values[1], operand["unit"])
    if name == "$substrCP":
        start, length = settings_of(name, operand)
        return lambda values: values[0][start : start + length] if isinstance(values[0], str) else ""
    if name == "$round":
        (places,) = settings_of(name, operand)
        return lambda values: arithmetic.round_to(values[0], places) if is_number(values[0]) else None
    return FUNCTIONS[name]


def settings_of(name: str, operand: Any) -> list[int]:
    """The constants of ``$substrCP`` (start, length) and ``$round`` (places, 0 unless written)."""
    found = operand[1:] if isinstance(operand, list) else []
    if name == "$round":
        found, most = found or [0], MAX_PLACES
    else:
        most = 2**31 - 1
    for number in found:
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= most:
            raise Problem(f"{name} takes whole numbers from 0 to {most} after its value")
    return list(found)


def truthy(value: Any) -> bool:
    """What an expression counts as true: anything but false, null, missing and zero."""
    return not (value is MISSING or value is None or value is False or (is_number(value) and value == 0))


def _spread(values: list[Any]) -> list[Any]:
    """An accumulator given one array works on its elements."""
    return values[0] if len(values) == 1 and isinstance(values[0], list) else values


def _numbers(values: list[Any]) -> list[Any]:
    return [value for value in _spread(values) if is_number(value)]


def _of_numbers(function: Callable[[Any, Any], Any]) -> Function:
    return lambda values: function(values[0], values[1]) if all(map(is_number, values)) else None


def _of_number(function: Callable[[Any], Any]) -> Function:
    return lambda values: function(values[0]) if is_number(values[0]) else None


def _product(values: list[Any]) -> Any:
    return reduce(arithmetic.multiply, values) if all(map(is_number, values)) else None


def _extreme(sign: int) -> Function:
    def apply(values: list[Any]) -> Any:
        found = [value for value in _spread(values) if value is not None and value is not MISSING]
        return reduce(lambda a, b: a if compare(a, b) * sign >= 0 else b, found) if found else None

    return apply


def _concat(values: list[Any]) -> Any:
    return "".join(values) if all(isinstance(value, str) for value in values) else None


def _first_present(values: list[Any]) -> Any:
    return next((value for value in values if value is not None and value is not MISSING), values[-1])


def _part_of_day(name: str) -> Function:
    def apply(values: list[Any]) -> Any:
        found = days.day_of(values[0])
        return None if found is None else int(getattr(found, name))

    return apply


def _ordering(holds: Callable[[int], bool]) -> Function:
    return lambda values: holds(compare(values[0], values[1]))


def _lower(values: list[Any]) -> str:
    text = values[0] if isinstance(values[0], str) else ""
    return text.translate(_LOWER)


_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
"""MongoDB lowers ASCII letters only."""


def _length(values: list[Any]) -> Any:
    return len(values[0]) if isinstance(values[0], str) else None


def _count(values: list[Any]) -> Any:
    return len(values[0]) if isinstance(values[0], list) else None


def _contains(values: list[Any]) -> bool:
    return isinstance(values[1], list) and any(equal(values[0], item) for item in values[1])


FUNCTIONS: Final[Mapping[str, Function]] = {
    "$eq": _ordering(lambda order: order == 0),
    "$ne": _ordering(lambda order: order != 0),
    "$gt": _ordering(lambda order: order > 0),
    "$gte": _ordering(lambda order: order >= 0),
    "$lt": _ordering(lambda order: order < 0),
    "$lte": _ordering(lambda order: order <= 0),
    "$and": lambda values: all(map(truthy, values)),
    "$or": lambda values: any(map(truthy, values)),
    "$not": lambda values: not truthy(values[0]),
    "$in": _contains,
    "$ifNull": _first_present,
    "$add": lambda values: arithmetic.total(values) if all(map(is_number, values)) else None,
    "$subtract": _of_numbers(arithmetic.subtract),
    "$multiply": _product,
    "$divide": _of_numbers(arithmetic.divide),
    "$mod": _of_numbers(arithmetic.modulo),
    "$abs": _of_number(arithmetic.absolute),
    "$round": _of_number(lambda number: arithmetic.round_to(number, 0)),
    "$floor": _of_number(arithmetic.floor),
    "$ceil": _of_number(arithmetic.ceiling),
    "$sum": lambda values: arithmetic.total(_numbers(values)),
    "$min": _extreme(-1),
    "$max": _extreme(1),
    "$avg": lambda values: arithmetic.average(_numbers(values)),
    "$size": _count,
    "$concat": _concat,
    "$toLower": _lower,
    "$strLenCP": _length,
    "$substrCP": lambda values: values[0] if isinstance(values[0], str) else "",
    "$year": _part_of_day("year"),
    "$month": _part_of_day("month"),
}
"""Every operator a formula may use besides ``$literal`` and those of NAMED."""

ARITY: Final[Mapping[str, tuple[int, int | None]]] = {
    **dict.fromkeys(("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in"), (2, 2)),
    **dict.fromkeys(("$subtract", "$divide", "$mod"), (2, 2)),
    **dict.fromkeys(("$not", "$abs", "$floor", "$ceil", "$size", "$toLower", "$strLenCP"), (1, 1)),
    **dict.fromkeys(("$year", "$month"), (1, 1)),
    **dict.fromkeys(("$sum", "$min", "$max", "$avg", "$and", "$or", "$concat"), (1, None)),
    **dict.fromkeys(("$add", "$multiply"), (1, None)),
    "$ifNull": (2, None),
    "$substrCP": (3, 3),
    "$round": (1, 2),
}


def paths_in(node: Any) -> Iterator[str]:
    """The field paths an expression reads, variables and literals left out."""
    if isinstance(node, str) and node.startswith("$") and not node.startswith("$$"):
        yield node[1:]
    elif isinstance(node, Mapping):
        for name, value in node.items():
            if name != "$literal":
                yield from paths_in(value)
    elif isinstance(node, Sequence) and not isinstance(node, str):
        for part in node:
            yield from paths_in(part)
