"""How MongoDB looks up and orders values; conditions and formulas share it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

from models.schema.problem import Problem

DECIMAL128: Final = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144, traps=[])
"""IEEE 754-2008 decimal128, as MongoDB reckons: 34 digits, never raising."""

LEAST_WHOLE: Final = -(2**63)
MOST_WHOLE: Final = 2**63 - 1


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
    """Every value a query sees at `path`: through arrays (by index too), then the array itself."""
    for value, at_index in _reach(document, path):
        if isinstance(value, list) and not at_index:
            yield from value
        yield value


def reach(document: Any, path: Sequence[str]) -> Iterator[Any]:
    """Every value at `path` itself, through arrays on the way; arrays found there stay whole."""
    return (value for value, _ in _reach(document, path))


def _reach(node: Any, path: Sequence[str]) -> Iterator[tuple[Any, bool]]:
    """The values with whether the last step was an array's index (MongoDB's BSONElementIterator)."""
    for depth, name in enumerate(path):
        if isinstance(node, list):
            yield from _through(node, path[depth:])
            return
        if not isinstance(node, Mapping) or name not in node:
            yield MISSING, False
            return
        node = node[name]
    yield node, False


def _through(array: Sequence[Any], path: Sequence[str]) -> Iterator[tuple[Any, bool]]:
    """What is reached through an array: by name in every document of it, by index in the array."""
    for index, element in enumerate(array):
        if isinstance(element, Mapping):
            yield from _reach(element, path)
        if path[0] != str(index):
            continue
        if len(path) == 1:
            yield element, True
        elif isinstance(element, list):
            yield from _through(element, path[1:])
        elif isinstance(element, Mapping):
            yield from _reach(element, path[1:])


def value_at(document: Any, path: Sequence[str]) -> Any:
    """The value an expression sees at `path`: arrays of documents are mapped over, absence is MISSING."""
    if not path:
        return document
    if isinstance(document, Mapping):
        return value_at(document[path[0]], path[1:]) if path[0] in document else MISSING
    if isinstance(document, list):
        found = (value_at(element, path) for element in document if isinstance(element, Mapping))
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


_ORDERED_ALIKE: Final = frozenset({int, str, Decimal})
"""Types whose values Python orders among themselves as MongoDB does (texts by code point)."""


def compare(left: Any, right: Any) -> int:
    """-1, 0 or 1 as MongoDB orders the two, by type first."""
    if left.__class__ is right.__class__ and left.__class__ in _ORDERED_ALIKE:
        return int(left > right) - int(left < right)
    by_type = rank(left) - rank(right)
    if by_type:
        return 1 if by_type > 0 else -1
    if isinstance(left, list):
        return _compare_all(left, right)
    if isinstance(left, Mapping):
        return _compare_all(_pairs(left), _pairs(right))
    if left is MISSING or left is None:
        return 0
    if isinstance(left, float) != isinstance(right, float):
        left, right = _exactly(left), _exactly(right)
    elif isinstance(left, date):
        left, right = moment(left), moment(right)
    return int(left > right) - int(left < right)


def _pairs(document: Mapping[str, Any]) -> list[Any]:
    """A document as MongoDB compares it: field by field the type, the name, the value."""
    return [part for key, value in document.items() for part in (rank(value), key, value)]


def _compare_all(left: Sequence[Any], right: Sequence[Any]) -> int:
    for first, second in zip(left, right, strict=False):
        if order := compare(first, second):
            return order
    return (len(left) > len(right)) - (len(left) < len(right))


def _exactly(value: Any) -> Any:
    return DECIMAL128.create_decimal(value) if isinstance(value, float) else value


def moment(value: date) -> int:
    """Milliseconds since 1970, the precision MongoDB keeps; a day begins in UTC, a naive time is in UTC."""
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    elif value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return (value - EPOCH) // MILLISECOND


EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = datetime.resolution * 1000


def equal(left: Any, right: Any) -> bool:
    """Equality as MongoDB sees it: 1 equals 1.0, true does not equal 1."""
    return compare(left, right) == 0


def constant(value: Any) -> Any:
    """A constant of the configuration as the three evaluators take it: a number with a point is exact
    (YAML's 0.1 is the decimal 0.1), a date is its ISO text. Raises Problem for what no evaluator knows."""
    if value is None or isinstance(value, bool | str | Decimal | datetime):
        return value
    if isinstance(value, int):
        return _whole(value)
    if isinstance(value, float):
        return _point(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {_plain_key(key): constant(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [constant(part) for part in value]
    raise Problem(f"{value!r} is not a value of conditions")


def _whole(value: int) -> int:
    if not LEAST_WHOLE <= value <= MOST_WHOLE:
        raise Problem(f"{value} is too large a number (64 bits)")
    return value


def _point(value: float) -> Decimal:
    exact = Decimal(repr(value))
    if not exact.is_finite():
        raise Problem(f"{value} is not a number")
    return exact


def _plain_key(key: Any) -> str:
    if not isinstance(key, str) or key.startswith("$"):
        raise Problem(f"{key} is not the name of a value")
    return key


def names_of(path: Any) -> tuple[str, ...]:
    """The names of a dotted path. Raises Problem when one is empty or begins with ``$``."""
    names = tuple(path.split(".")) if isinstance(path, str) else ()
    if not names or not all(_is_name(name) for name in names):
        raise Problem(f"“{path}” is not the name of a field")
    return names


def _is_name(name: str) -> bool:
    return bool(name) and not name.startswith("$") and "\0" not in name


def depth_of(node: Any) -> int:
    """How deep mappings and lists are nested; at most 1 more than MAX_DEPTH is counted."""
    deep, level = 0, [node]
    while level and deep <= MAX_DEPTH:
        deep, level = deep + 1, [part for inner in level for part in _parts(inner)]
    return deep


MAX_DEPTH: Final = 24
"""How deep a condition may be nested; the database's own limit is not far from what that is translated to."""


def _parts(node: Any) -> Iterable[Any]:
    if isinstance(node, Mapping):
        return node.values()
    return node if isinstance(node, list) else ()
