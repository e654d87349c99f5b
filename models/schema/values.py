"""How MongoDB looks up and orders values; conditions and formulas share it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final


class Missing:
    """The absence of a value (MongoDB tells it from null in expressions)."""

    _one: "Missing | None" = None

    def __new__(cls) -> "Missing":
        cls._one = cls._one or super().__new__(cls)
        return cls._one

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()

Document = Mapping[str, Any]


def candidates(document: Any, path: Sequence[str]) -> Iterator[Any]:
    """Every value a query sees at `path`: through arrays, by index too, and elements beside their array."""
    if len(path) == 1 and isinstance(document, dict) and not isinstance(document.get(path[0]), list):
        yield document.get(path[0], MISSING)  # by far the most common: a plain answer at the top
        return
    found = False
    for value in reach(document, path):
        found = True
        yield value
        if isinstance(value, list):
            yield from value
    if not found:
        yield MISSING


def reach(node: Any, path: Sequence[str]) -> Iterator[Any]:
    """Every value at `path` itself, through arrays on the way; arrays found there stay whole."""
    if not path:
        yield node
    elif isinstance(node, Mapping):
        if path[0] in node:
            yield from reach(node[path[0]], path[1:])
        elif path[0] not in node:
            yield MISSING
    elif isinstance(node, list):
        if path[0].isdigit() and int(path[0]) < len(node):
            yield from reach(node[int(path[0])], path[1:])
        for element in node:
            if isinstance(element, Mapping):
                yield from reach(element, path)
    else:
        yield MISSING


def value_at(document: Any, path: Sequence[str]) -> Any:
    """The value an expression sees at `path`: arrays are mapped over, absence is MISSING."""
    if not path:
        return document
    if isinstance(document, Mapping):
        return value_at(document[path[0]], path[1:]) if path[0] in document else MISSING
    if isinstance(document, list):
        found = (value_at(element, path) for element in document if isinstance(element, Mapping | list))
        return [value for value in found if value is not MISSING]
    return MISSING


def rank(value: Any) -> int:
    """MongoDB's order of types (manual, “Comparison/Sort Order”)."""
    if value is MISSING:
        return 0
    if value is None:
        return 1
    if isinstance(value, bool):
        return 8
    if isinstance(value, int | float | Decimal):
        return 2
    if isinstance(value, str):
        return 3
    if isinstance(value, Mapping):
        return 4
    if isinstance(value, list):
        return 5
    if isinstance(value, date):
        return 9
    return 7


def compare(left: Any, right: Any) -> int:
    """-1, 0 or 1 as MongoDB orders the two, by type first."""
    by_type = rank(left) - rank(right)
    if by_type:
        return 1 if by_type > 0 else -1
    if isinstance(left, list):
        return _compare_all(left, right)
    if isinstance(left, Mapping):
        return _compare_all(
            [part for pair in left.items() for part in pair], [p for q in right.items() for p in q]
        )
    if left is MISSING or left is None:
        return 0
    first, second = _comparable(left), _comparable(right)
    return int(first > second) - int(first < second)


def _compare_all(left: Sequence[Any], right: Sequence[Any]) -> int:
    for first, second in zip(left, right, strict=False):
        if order := compare(first, second):
            return order
    return (len(left) > len(right)) - (len(left) < len(right))


def _comparable(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day).astimezone().timestamp()
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return value


def equal(left: Any, right: Any) -> bool:
    """Equality as MongoDB sees it: 1 equals 1.0, true does not equal 1."""
    return compare(left, right) == 0
