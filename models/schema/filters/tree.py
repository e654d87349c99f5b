"""What a filter is made of: questions with their answers, in groups."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from models.language import Message, Text
from models.schema.fields.base import BaseField

Kind = Literal["text", "choice", "number", "day", "moment", "month", "time", "yes"]
How = Literal["all", "any", "none"]
Operator = Literal[
    "eq",
    "ne",
    "in",
    "nin",
    "begins",
    "contains",
    "lt",
    "lte",
    "gt",
    "gte",
    "past",
    "coming",
    "older",
    "beyond",
    "given",
    "missing",
]

VALUELESS: Final = frozenset[Operator]({"given", "missing"})
"""Operators that need no value."""

COUNTED: Final = frozenset[Operator]({"past", "coming", "older", "beyond"})
"""Operators whose value is a number of days from today."""

LISTED: Final = frozenset[Operator]({"in", "nin"})
"""Operators that take several values."""

_EITHER: Final[tuple[Operator, ...]] = ("given", "missing")
_ORDER: Final[tuple[Operator, ...]] = ("gte", "lte", "gt", "lt")
_DAYS: Final[tuple[Operator, ...]] = ("past", "coming", "older", "beyond")

OPERATORS: Final[Mapping[Kind, tuple[Operator, ...]]] = {
    "text": ("eq", "ne", "begins", "contains", "in", "nin", *_EITHER),
    "choice": ("eq", "ne", "in", "nin", *_EITHER),
    "number": ("eq", "ne", *_ORDER, *_EITHER),
    "day": ("eq", *_ORDER, *_DAYS, "ne", *_EITHER),
    "moment": ("eq", *_ORDER, *_DAYS, "ne", *_EITHER),
    "month": ("eq", "ne", *_ORDER, *_EITHER),
    "time": ("eq", "ne", *_ORDER, *_EITHER),
    "yes": ("eq", *_EITHER),
}
"""What may be asked of each kind, the usual first."""


@dataclass(frozen=True, slots=True)
class Askable:
    """One question of a place: the `path` in its documents, what it is called, its kind.

    `options` (code, label) are the answers of a choice. `indexed` says an index begins with the path.
    `contains` offers “contains” too; with `required`, whether there is an answer is not offered. `restricted`
    marks what not everybody may see: a shared view may not ask for it. `field` is the field of a record the
    answers are of: what is typed is normalised as its answers are, moments are texts. `stored` turns a code
    into what documents hold. A moment that `ends` is the first instant after the day people speak of (a due
    date)."""

    path: str
    label: Text
    kind: Kind
    options: tuple[tuple[str, Text], ...] = ()
    indexed: bool = False
    contains: bool = False
    required: bool = False
    restricted: bool = False
    field: BaseField | None = None
    stored: Callable[[str], Any] | None = None
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """One question asked: `values` are as the text of a filter writes them, none for ``given``."""

    askable: Askable
    operator: Operator
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Questions and groups that all hold, of which any holds, or of which none holds."""

    how: How
    parts: "tuple[Group | Question, ...]" = ()


Part = Group | Question


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with one part of a filter; `part` is its place in the text (``$or.1.data.area``)."""

    part: str
    message: Message


def operators_of(askable: Askable) -> tuple[Operator, ...]:
    """What may be asked of `askable`, the usual first."""
    left_out = {*(() if askable.contains else ("contains",)), *(_EITHER if askable.required else ())}
    return tuple(operator for operator in OPERATORS[askable.kind] if operator not in left_out)


def is_known(askable: Askable, operator: str) -> bool:
    """Whether `operator` can be asked of `askable`, offered or not."""
    return operator in operators_of(askable) or operator in _EITHER


def questions_in(part: Part) -> list[Question]:
    """Every question asked in `part`."""
    return (
        [part]
        if isinstance(part, Question)
        else [test for inner in part.parts for test in questions_in(inner)]
    )
