"""Tests of one value, and what they become at a path: what the operators of conditions are made of."""

import operator as comparison
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from models.schema.expressions import variable
from models.schema.values import MISSING, candidates, compare, constant, equal, rank, reach

Variables = Mapping[str, Any]
Test = Callable[[Any, Variables], bool]
AtPath = Callable[[Any, Sequence[str], Variables], bool]

NUMBERS: Final = frozenset({int, float, Decimal})


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator of one value (an element of an array, an answer that is no array), and of a path."""

    single: Test
    at_path: AtPath

    @classmethod
    def of_array(cls, test: Test) -> "Operator":
        """`test` asked of the whole arrays found at a path."""
        return cls(
            test,
            lambda document, path, variables: any(test(found, variables) for found in reach(document, path)),
        )

    @classmethod
    def all_of(cls, parts: Sequence["Operator"]) -> "Operator":
        """All of several at once, each by whatever value it finds."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            lambda found, variables: all(part.single(found, variables) for part in parts),
            lambda document, path, variables: all(part.at_path(document, path, variables) for part in parts),
        )

    def negated(self) -> "Operator":
        """The opposite: no value at the path fulfils it."""
        single, at_path = self.single, self.at_path
        return Operator(
            lambda found, variables: not single(found, variables),
            lambda document, path, variables: not at_path(document, path, variables),
        )


def any_of(test: Test) -> Operator:
    """`test` asked of every value at a path, the elements of an array too."""
    return Operator(
        test,
        lambda document, path, variables: any(test(found, variables) for found in candidates(document, path)),
    )


def exists(found: Any, _: Variables) -> bool:
    """Whether there is a value, be it null."""
    return found is not MISSING


def is_plain(operand: Any) -> bool:
    """Whether a mapping holds no operators: it is a value to be equal to."""
    return not any(str(key).startswith("$") for key in operand)


def is_variable(operand: Any) -> bool:
    """Whether `operand` names a variable."""
    return isinstance(operand, str) and operand.startswith("$$")


def matches(operand: Any) -> Test:
    """Equality with a constant or a variable; null also with absence."""
    if is_variable(operand):
        operand_of = variable(operand)
        return lambda found, variables: _is_equal(found, operand_of(variables))
    wanted = constant(operand)
    if wanted.__class__ is str:
        return lambda found, _: bool(found == wanted)
    if wanted is None:
        return lambda found, _: found is None or found is MISSING
    if wanted.__class__ is bool:
        return lambda found, _: found is wanted
    if wanted.__class__ is int:
        return lambda found, _: bool(found == wanted) and found.__class__ is not bool
    return lambda found, _: equal(found, wanted)


def _is_equal(found: Any, wanted: Any) -> bool:
    return found is None or found is MISSING if wanted is None else equal(found, wanted)


def among(operands: Sequence[Any]) -> Test:
    """Equality with one of several."""
    texts = frozenset(item for item in operands if item.__class__ is str and not is_variable(item))
    tests = [matches(item) for item in operands if item.__class__ is not str or is_variable(item)]

    def test(found: Any, variables: Variables) -> bool:
        if found.__class__ is str and found in texts:
            return True
        for other in tests:  # noqa: SIM110 (a generator takes twice as long)
            if other(found, variables):
                return True
        return False

    return test


def among_variable(operand_of: Callable[[Variables], Any]) -> Test:
    """Equality with one of a list that a variable stands for; of anything but a list there is none."""

    def test(found: Any, variables: Variables) -> bool:
        listed = operand_of(variables)
        return isinstance(listed, list) and any(_is_equal(found, wanted) for wanted in listed)

    return test


_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "$gt": comparison.gt,
    "$gte": comparison.ge,
    "$lt": comparison.lt,
    "$lte": comparison.le,
}


def ordered(name: str, operand: Any) -> Test:
    """``$gt``, ``$gte``, ``$lt`` or ``$lte``: among values of one type only."""
    holds = _COMPARISONS[name]
    if is_variable(operand):
        operand_of = variable(operand)
        return lambda found, variables: _is_ordered(holds, found, operand_of(variables))
    wanted = constant(operand)
    if wanted.__class__ is str:
        return lambda found, _: found.__class__ is str and holds(found, wanted)
    if wanted.__class__ is int:
        return lambda found, _: found.__class__ in NUMBERS and holds(found, wanted)
    return lambda found, _: _is_ordered(holds, found, wanted)


def _is_ordered(holds: Callable[[Any, Any], bool], found: Any, wanted: Any) -> bool:
    if wanted is None:
        return holds(0, 0) and (found is None or found is MISSING)
    return rank(found) == rank(wanted) and holds(compare(found, wanted), 0)
