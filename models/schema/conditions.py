"""Conditions: a subset of MongoDB's query language, compiled to Python closures.

The database is the reference for what a condition means; ``expressions`` holds the ``$expr`` part,
``database_query`` hands the same condition to MongoDB, ``forms/static/rules.js`` runs it in the browser."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from models.schema.expressions import Problem, compile_expression, paths_in, truthy, variable
from models.schema.matching import (
    Operator,
    Test,
    Variables,
    among,
    among_variable,
    any_of,
    exists,
    is_plain,
    matches,
    ordered,
)
from models.schema.patterns import compile_pattern
from models.schema.values import MAX_DEPTH, MISSING, depth_of, names_of

__all__ = ["Condition", "Problem", "compile_condition", "fields_in"]

Condition = Callable[[Mapping[str, Any], Variables], bool]


def compile_condition(query: Mapping[str, Any]) -> Condition:
    """Compile `query` once; the result takes a document and the variables (``{"TODAY": …}``).

    Raises Problem, in words a steward can act on, when the query is outside the language."""
    if not isinstance(query, Mapping):
        raise Problem(f"a condition is a mapping, not {query!r}")
    if depth_of(query) > MAX_DEPTH:
        raise Problem(f"a condition is nested at most {MAX_DEPTH} deep")
    return _query(query, True)


def _query(query: Any, top: bool) -> Condition:
    if not isinstance(query, Mapping):
        raise Problem(f"a condition is a mapping, not {query!r}")
    return _all_hold([_clause(str(key), value, top) for key, value in query.items()])


def _all_hold(parts: Sequence[Condition]) -> Condition:
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2:
        first, second = parts
        return lambda document, variables: first(document, variables) and second(document, variables)

    def run(document: Mapping[str, Any], variables: Variables) -> bool:
        for part in parts:  # noqa: SIM110 (a generator takes twice as long)
            if not part(document, variables):
                return False
        return True

    return run


def _clause(key: str, value: Any, top: bool) -> Condition:
    if key in ("$and", "$or", "$nor"):
        return _logic(key, value, top)
    if key == "$expr":
        if not top:
            raise Problem("$expr does not stand inside $elemMatch")
        expression = compile_expression(value)
        return lambda document, variables: truthy(expression(document, variables))
    if key.startswith("$"):
        raise Problem(f"{key} is not an operator of conditions")
    return _field(names_of(key), value)


def _logic(key: str, value: Any, top: bool) -> Condition:
    if not isinstance(value, list) or not value:
        raise Problem(f"{key} takes a list of conditions")
    parts = [_query(part, top) for part in value]
    if key == "$and":
        return _all_hold(parts)
    if key == "$or":
        return lambda document, variables: any(part(document, variables) for part in parts)
    return lambda document, variables: not any(part(document, variables) for part in parts)


def _field(path: Sequence[str], value: Any) -> Condition:
    operators = _operators(value)
    return _all_hold([_at(path, operator) for operator in operators])


def _at(path: Sequence[str], operator: Operator) -> Condition:
    """One operator at a path; a plain answer at the top, by far the most common, takes a short way."""
    at_path, single = operator.at_path, operator.single
    if len(path) > 1:
        return lambda document, variables: at_path(document, path, variables)
    name = path[0]

    def run(document: Mapping[str, Any], variables: Variables) -> bool:
        value = document.get(name, MISSING)
        if value.__class__ is list:
            return at_path(document, path, variables)
        return single(value, variables)

    return run


def _operators(value: Any) -> list[Operator]:
    if isinstance(value, Mapping) and any(str(key).startswith("$") for key in value):
        return [_operator(str(key), operand) for key, operand in value.items()]
    return [any_of(matches(value))]


def _operator(name: str, operand: Any) -> Operator:
    if name == "$not":
        if not isinstance(operand, Mapping) or not operand or is_plain(operand):
            raise Problem("$not takes operators, like {$not: {$gte: 1}}")
        return Operator.all_of(_operators(operand)).negated()
    if name == "$exists":
        found = any_of(exists)
        return found if _flag(operand) else found.negated()
    if name == "$elemMatch":
        return Operator.of_array(_some_element(operand))
    if name == "$size":
        return Operator.of_array(_size(operand))
    if name == "$all":
        return _all(operand)
    return _of_value(name, operand)


def _of_value(name: str, operand: Any) -> Operator:
    if name in ("$eq", "$ne"):
        found = any_of(matches(operand))
        return found if name == "$eq" else found.negated()
    if name in ("$in", "$nin"):
        found = any_of(_among(operand))
        return found if name == "$in" else found.negated()
    if name in ("$gt", "$gte", "$lt", "$lte"):
        return any_of(ordered(name, operand))
    if name == "$regex":
        return any_of(_fits(operand))
    raise Problem(f"{name} is not an operator of conditions")


def _flag(operand: Any) -> bool:
    if operand not in (True, False):
        raise Problem("$exists takes true or false")
    return bool(operand)


def _among(operand: Any) -> Test:
    if isinstance(operand, str) and operand.startswith("$$"):
        return among_variable(variable(operand))
    if not isinstance(operand, list):
        raise Problem("$in and $nin take a list")
    return among(operand)


def _fits(operand: Any) -> Test:
    search = compile_pattern(operand).search
    return lambda found, _: found.__class__ is str and search(found) is not None


def _size(operand: Any) -> Test:
    if not isinstance(operand, int) or isinstance(operand, bool) or operand < 0:
        raise Problem("$size takes a whole number from 0")
    return lambda found, _: isinstance(found, list) and len(found) == operand


def _all(operand: Any) -> Operator:
    if not isinstance(operand, list):
        raise Problem("$all takes a list")
    if not operand:
        return any_of(lambda _, __: False)
    return Operator.all_of([any_of(matches(item)) for item in operand])


_LOGIC = ("$and", "$or", "$nor", "$expr")


def _some_element(operand: Any) -> Test:
    if not isinstance(operand, Mapping):
        raise Problem("$elemMatch takes a condition")
    by_value = bool(operand) and all(str(key).startswith("$") and key not in _LOGIC for key in operand)
    holds = _element_value(operand) if by_value else _element_document(operand)
    return lambda found, variables: (
        isinstance(found, list) and any(holds(element, variables) for element in found)
    )


def _element_value(operand: Mapping[str, Any]) -> Test:
    return Operator.all_of(_operators(operand)).single


def _element_document(operand: Mapping[str, Any]) -> Test:
    condition = _query(operand, False)

    def holds(element: Any, variables: Variables) -> bool:
        if isinstance(element, list):  # MongoDB takes an array for a document with the names "0", "1" …
            element = {str(index): part for index, part in enumerate(element)}
        return isinstance(element, Mapping) and condition(element, variables)

    return holds


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
