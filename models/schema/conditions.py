"""Conditions: a subset of MongoDB's query language, compiled to Python closures.

The database is the reference for what a condition means; ``expressions`` holds the ``$expr`` part."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from models.schema.expressions import Problem, compile_expression, paths_in, variable
from models.schema.values import MISSING, candidates, compare, equal, rank, reach

Variables = Mapping[str, Any]
Condition = Callable[[Mapping[str, Any], Variables], bool]
Test = Callable[[Any, Variables], bool]

MAX_PATTERN = 200
"""Longest pattern a condition may hold (characters)."""


def compile_condition(query: Mapping[str, Any]) -> Condition:
    """Compile `query` once; the result takes a document and the variables (``{"TODAY": …}``).

    Raises Problem, in words a steward can act on, when the query is outside the language."""
    if not isinstance(query, Mapping):
        raise Problem(f"a condition is a mapping, not {query!r}")
    parts = [_clause(key, value) for key, value in query.items()]
    if len(parts) == 1:
        return parts[0]
    return lambda document, variables: all(part(document, variables) for part in parts)


def _clause(key: str, value: Any) -> Condition:
    if key in ("$and", "$or", "$nor"):
        return _logic(key, value)
    if key == "$expr":
        expression = compile_expression(value)
        return lambda document, variables: _truthy(expression(document, variables))
    if key.startswith("$"):
        raise Problem(f"{key} is not an operator of conditions")
    return _field(tuple(key.split(".")), value)


def _logic(key: str, value: Any) -> Condition:
    if not isinstance(value, list) or not value:
        raise Problem(f"{key} takes a list of conditions")
    parts = [compile_condition(part) for part in value]
    if key == "$and":
        return lambda document, variables: all(part(document, variables) for part in parts)
    if key == "$or":
        return lambda document, variables: any(part(document, variables) for part in parts)
    return lambda document, variables: not any(part(document, variables) for part in parts)


def _field(path: Sequence[str], value: Any) -> Condition:
    tests = _operators(value)
    if len(tests) == 1:
        only = tests[0]
        return lambda document, variables: only(document, path, variables)
    return lambda document, variables: all(test(document, path, variables) for test in tests)


PathTest = Callable[[Mapping[str, Any], Sequence[str], Variables], bool]


def _operators(value: Any) -> list[PathTest]:
    if isinstance(value, Mapping) and any(str(key).startswith("$") for key in value):
        return [_operator(str(key), operand) for key, operand in value.items()]
    return [_any(_equals(value))]


def _any(test: Test) -> PathTest:
    return lambda document, path, variables: any(
        test(found, variables) for found in candidates(document, path)
    )


def _none(test: Test) -> PathTest:
    return lambda document, path, variables: (
        not any(test(found, variables) for found in candidates(document, path))
    )


def _operator(name: str, operand: Any) -> PathTest:
    if name == "$not":
        inner = _operators(operand)
        return lambda document, path, variables: not all(test(document, path, variables) for test in inner)
    if name in ("$ne", "$nin"):
        return _none(_equals(operand) if name == "$ne" else _among(operand))
    if name == "$exists":
        wanted = bool(operand)
        return lambda document, path, _: any(v is not MISSING for v in candidates(document, path)) is wanted
    if name in ("$size", "$all", "$elemMatch"):
        return _ARRAYS[name](operand)
    return _any(_value_test(name, operand))


def _value_test(name: str, operand: Any) -> Test:
    if name == "$eq":
        return _equals(operand)
    if name == "$in":
        return _among(operand)
    if name in _ORDERS:
        return _ordered(_ORDERS[name], operand)
    if name == "$regex":
        return _matches(operand)
    raise Problem(f"{name} is not an operator of conditions")


def _equals(operand: Any) -> Test:
    operand_of = variable(operand)

    def test(found: Any, variables: Variables) -> bool:
        wanted = operand_of(variables)
        return found is MISSING or found is None if wanted is None else equal(found, wanted)

    return test


def _among(operand: Any) -> Test:
    if not isinstance(operand, list):
        raise Problem("$in and $nin take a list")
    tests = [_equals(item) for item in operand]
    return lambda found, variables: any(test(found, variables) for test in tests)


_ORDERS: dict[str, Callable[[int], bool]] = {
    "$gt": lambda order: order > 0,
    "$gte": lambda order: order >= 0,
    "$lt": lambda order: order < 0,
    "$lte": lambda order: order <= 0,
}


def _ordered(holds: Callable[[int], bool], operand: Any) -> Test:
    operand_of = variable(operand)

    def test(found: Any, variables: Variables) -> bool:
        wanted = operand_of(variables)
        if wanted is None:
            return holds(0) and (found is None or found is MISSING)
        return rank(found) == rank(wanted) and holds(compare(found, wanted))

    return test


def _matches(operand: Any) -> Test:
    if not isinstance(operand, str) or len(operand) > MAX_PATTERN:
        raise Problem(f"$regex takes a text of at most {MAX_PATTERN} characters")
    try:
        pattern = re.compile(operand)
    except re.error as error:
        raise Problem(f"$regex: {error}") from error
    return lambda found, _: isinstance(found, str) and pattern.search(found) is not None


def _size(operand: Any) -> PathTest:
    if not isinstance(operand, int) or isinstance(operand, bool):
        raise Problem("$size takes a whole number")
    return lambda document, path, _: any(
        isinstance(found, list) and len(found) == operand for found in reach(document, path)
    )


def _all(operand: Any) -> PathTest:
    if not isinstance(operand, list):
        raise Problem("$all takes a list")
    tests = [_any(_equals(item)) for item in operand]
    return lambda document, path, variables: (
        bool(tests) and all(test(document, path, variables) for test in tests)
    )


_LOGIC = ("$and", "$or", "$nor", "$expr")


def _elements(operand: Any) -> PathTest:
    if not isinstance(operand, Mapping):
        raise Problem("$elemMatch takes a condition")
    by_value = bool(operand) and all(str(key).startswith("$") and key not in _LOGIC for key in operand)
    matches = _element_value(operand) if by_value else _element_document(operand)
    return lambda document, path, variables: any(
        isinstance(found, list) and any(matches(element, variables) for element in found)
        for found in reach(document, path)
    )


def _element_value(operand: Mapping[str, Any]) -> Test:
    tests = _operators(operand)
    return lambda element, variables: (
        not isinstance(element, list) and all(test({"v": element}, ("v",), variables) for test in tests)
    )


def _element_document(operand: Mapping[str, Any]) -> Test:
    condition = compile_condition(operand)
    return lambda element, variables: isinstance(element, Mapping) and condition(element, variables)


_ARRAYS: dict[str, Callable[[Any], PathTest]] = {"$size": _size, "$all": _all, "$elemMatch": _elements}


def _truthy(value: Any) -> bool:
    return not (value is MISSING or value is None or value is False or (value == 0 and value is not True))


def fields_in(query: Any) -> Iterator[str]:
    """The field paths a condition reads (not those inside ``$elemMatch``), for checks and for the browser."""
    if not isinstance(query, Mapping):
        return
    for key, value in query.items():
        if key in ("$and", "$or", "$nor"):
            for part in value if isinstance(value, list) else []:
                yield from fields_in(part)
        elif key == "$expr":
            yield from paths_in(value)
        elif not str(key).startswith("$"):
            yield str(key)
