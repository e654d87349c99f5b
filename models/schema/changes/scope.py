"""Conditions of a definition as queries over stored answers.

In a row a condition sees the row and what is around the table; MongoDB's ``$elemMatch`` sees the row alone.
So a condition is put where all it reads can be seen, and what reads both is left out and said to be so."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.schema.changes.change import Bound
from models.schema.changes.place import Place
from models.schema.fields.base import Query

LOGIC = ("$and", "$or", "$nor")
KNOWN = ("NOW", "TODAY")
"""The variables that are the same for every record."""

Rename = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Scoped:
    """A condition placed: the part the row sees, the part the record sees, and how good they are."""

    inside: tuple[Query, ...] = ()
    outside: tuple[Query, ...] = ()
    bound: Bound = "exact"


def place_condition(condition: Query, place: Place, top: Sequence[str], rename: Rename) -> Scoped:
    """`condition` of the field at `place`, in a definition whose top-level fields are `top`; `rename` says
    under which path a value is stored now."""
    heads = {path.split(".")[0] for path in read_by(condition)}
    if set(variables_in(condition)) - set(KNOWN):
        return Scoped(bound="most")
    levels = _levels(place, top)
    depths = {_level_of(head, levels) for head in heads}
    rows = {_rows_above(place, depth) for depth in depths}
    if len(rows) > 1 or rows - {0, _rows_above(place, len(place.around))}:
        return Scoped(bound="most")
    whole = {head: _prefix(place, _level_of(head, levels)) for head in heads}
    if place.in_rows and rows - {0}:
        return Scoped(inside=(move(condition, lambda path: _inside(whole, path)),))
    return Scoped(outside=(move(condition, lambda path: rename(whole[path.split(".")[0]] + path)),))


def _inside(whole: Mapping[str, str], path: str) -> str:
    return whole[path.split(".")[0]] + path


def _levels(place: Place, top: Sequence[str]) -> list[frozenset[str]]:
    return [frozenset(top), *(frozenset(part.name for part in outer.parts) for outer in place.around)]


def _level_of(head: str, levels: Sequence[frozenset[str]]) -> int:
    """The innermost level that has `head`; the top when none has."""
    return next((depth for depth in range(len(levels) - 1, 0, -1) if head in levels[depth]), 0)


def _rows_above(place: Place, depth: int) -> int:
    return sum(outer.repeats for outer in place.around[:depth])


def _prefix(place: Place, depth: int) -> str:
    """The groups between the innermost table above `depth` and there, as the beginning of a path."""
    names: list[str] = []
    for outer in place.around[:depth]:
        names = [] if outer.repeats else [*names, outer.name]
    return "".join(f"{name}." for name in names)


def read_by(query: Any) -> Iterator[str]:
    """The paths a condition reads at its own level, those of formulas too."""
    for key, value in query.items() if isinstance(query, Mapping) else ():
        if key in LOGIC:
            for part in value:
                yield from read_by(part)
        elif key == "$expr":
            yield from _paths(value)
        elif not key.startswith("$"):
            yield key


def _paths(expression: Any) -> Iterator[str]:
    if isinstance(expression, str) and expression.startswith("$") and not expression.startswith("$$"):
        yield expression[1:]
    elif isinstance(expression, Mapping):
        for key, value in expression.items():
            if key != "$literal":
                yield from _paths(value)
    elif isinstance(expression, list):
        for part in expression:
            yield from _paths(part)


def variables_in(value: Any) -> Iterator[str]:
    """The names of the variables (``$$TODAY``) in a condition."""
    if isinstance(value, str) and value.startswith("$$") and value[2:3].isupper():
        yield value[2:].split(".")[0]
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from variables_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from variables_in(part)


def move(query: Query, path: Rename) -> Query:
    """`query` with every path it reads at its own level replaced."""
    moved: Query = {}
    for key, value in query.items():
        if key in LOGIC:
            moved[key] = [move(part, path) for part in value]
        elif key == "$expr":
            moved[key] = _move_expression(value, path)
        else:
            moved[key if key.startswith("$") else path(key)] = value
    return moved


def _move_expression(expression: Any, path: Rename) -> Any:
    if isinstance(expression, str) and expression.startswith("$") and not expression.startswith("$$"):
        return "$" + path(expression[1:])
    if isinstance(expression, Mapping):
        return {
            key: value if key == "$literal" else _move_expression(value, path)
            for key, value in expression.items()
        }
    if isinstance(expression, list):
        return [_move_expression(part, path) for part in expression]
    return expression


def both(*queries: Query) -> Query:
    """All of them at once; those that ask nothing are left out."""
    asked = [query for query in queries if query]
    return asked[0] if len(asked) == 1 else {"$and": asked} if asked else {}


def neither(*queries: Query) -> Query:
    """None of them."""
    return {"$nor": list(queries)} if queries else {}
