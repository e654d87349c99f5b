"""Reading the text of a filter: JSON or YAML of a condition, within limits, over the questions of a place."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from models.errors import FilterRefused
from models.language import Language, Message
from models.schema.filters.query import database_query
from models.schema.filters.tree import (
    Askable,
    Flaw,
    Group,
    How,
    Operator,
    Part,
    Question,
    is_known,
    questions_in,
)
from models.schema.filters.values import ValueRefused, days_from, read_value
from models.schema.filters.words import words_of
from models.schema.filters.writing import text_of
from models.schema.tree import Refused, read_tree
from models.schema.values import depth_of

LONGEST: Final = 4000
"""Longest text of a filter (characters)."""

MOST_QUESTIONS: Final = 30
"""Most questions of one filter."""

MOST_VALUES: Final = 50
"""Most values of one question."""

DEEPEST: Final = 5
"""How deep groups stand inside groups."""

_DEEPEST_TEXT: Final = 16


@dataclass(frozen=True)
class Filter:
    """A filter that was read, on a day: its tree of questions."""

    tree: Group
    today: date
    zone: tzinfo

    @cached_property
    def query(self) -> Mapping[str, Any]:
        """For ``find``; {} when nothing is asked."""
        return database_query(self.tree, self.today, self.zone)

    @cached_property
    def text(self) -> str:
        """The canonical JSON, with days still counted from today; "" when nothing is asked."""
        return text_of(self.tree)

    @property
    def questions(self) -> list[Question]:
        """Every question asked."""
        return questions_in(self.tree)

    def words(self, language: Language) -> str:
        """What is asked, as a sentence."""
        return words_of(self.tree, language)


@dataclass(frozen=True, slots=True)
class FilterRead:
    """What could be read of a text, and what could not and is left out of it."""

    tree: Group
    flaws: tuple[Flaw, ...]


def read_filter(text: str, askable: Sequence[Askable], today: date, zone: tzinfo) -> Filter:
    """The filter `text` writes. Raises FilterRefused naming the first part at fault; all are
    in its ``flaws``."""
    read = peruse(text, askable)
    if read.flaws:
        raise FilterRefused(read.flaws)
    return Filter(read.tree, today, zone)


def peruse(text: str, askable: Sequence[Askable]) -> FilterRead:
    """As much of `text` as can be read; never raises."""
    reader = _Reader(askable)
    try:
        tree = reader.root(_parsed(text))
    except ValueRefused as refused:
        return FilterRead(Group("all"), (Flaw("", refused.message),))
    return FilterRead(tree, tuple(reader.flaws))


def unknown_field(part: str, path: str) -> Flaw:
    """The flaw of a part that asks for a field nobody knows here, or that is not for this person to see."""
    message = Message("the field {field} is not known here, or not for you to see", {"field": path[:60]})
    return Flaw(part, message)


def _parsed(text: str) -> Any:
    if len(text) > LONGEST:
        raise ValueRefused("a filter has at most {limit} characters", limit=LONGEST)
    if not text.strip():
        return {}
    value = _json(text) if text.lstrip().startswith("{") else _NO_JSON
    value = _yaml(text) if value is _NO_JSON else value
    if depth_of(value) > _DEEPEST_TEXT:
        raise ValueRefused("groups stand at most {limit} deep in each other", limit=DEEPEST)
    return value


_NO_JSON: Final = object()


def _json(text: str) -> Any:
    try:
        return json.loads(
            text,
            parse_float=Decimal,
            parse_int=_whole,
            parse_constant=_no_number,
            object_pairs_hook=_once,
        )
    except (json.JSONDecodeError, RecursionError):
        return _NO_JSON


def _whole(digits: str) -> int:
    if len(digits) > 20:
        _no_number(digits)
    return int(digits)


def _no_number(word: str) -> Any:
    raise ValueRefused("“{value}” is not a number", value=word[:40])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueRefused("the same key is written twice")
    return found


def _yaml(text: str) -> Any:
    try:
        return read_tree(text).value
    except Refused as refused:
        raise ValueRefused("this is neither JSON nor YAML (line {line})", line=refused.line) from refused
    except (UnicodeEncodeError, RecursionError) as error:
        raise ValueRefused("this is neither JSON nor YAML (line {line})", line=1) from error


class _Reader:
    """Reads a condition into a tree; what cannot be read becomes a flaw and is left out."""

    def __init__(self, askable: Sequence[Askable]) -> None:
        self.askable = {each.path: each for each in askable}
        self.flaws: list[Flaw] = []
        self.count = 0

    def root(self, condition: Any) -> Group:
        found = self.mapping(condition, (), 0)
        if self.count > MOST_QUESTIONS:
            raise ValueRefused("a filter asks at most {limit} questions", limit=MOST_QUESTIONS)
        return found if isinstance(found, Group) else Group("all", (found,))

    def flaw(self, place: Sequence[str], msgid: str, **values: Any) -> None:
        self.flaws.append(Flaw(".".join(place), Message(msgid, values)))

    def mapping(self, condition: Any, place: tuple[str, ...], depth: int) -> Part:
        """A mapping of conditions, which all hold."""
        if not isinstance(condition, Mapping):
            self.flaw(place, "a condition is a mapping of a field to what is asked")
            return Group("all")
        parts: list[Part] = []
        for key, value in condition.items():
            parts += self.clause(str(key), value, (*place, str(key)[:60]), depth)
        return parts[0] if len(parts) == 1 else Group("all", tuple(parts))

    def clause(self, key: str, value: Any, place: tuple[str, ...], depth: int) -> Iterator[Part]:
        if key in _GROUPS:
            yield from self.group(_GROUPS[key], value, place, depth)
        elif key.startswith("$"):
            self.flaw(place, "{operator} cannot be asked here", operator=key[:40])
        elif key not in self.askable:
            self.flaws.append(unknown_field(".".join(place), key))
        else:
            yield from self.field(self.askable[key], value, place)

    def group(self, how: How, value: Any, place: tuple[str, ...], depth: int) -> Iterator[Part]:
        if not isinstance(value, list) or not value:
            self.flaw(place, "a group is a list of conditions")
        elif depth >= DEEPEST:
            self.flaw(place, "groups stand at most {limit} deep in each other", limit=DEEPEST)
        else:
            inner = [self.mapping(part, (*place, str(n)), depth + 1) for n, part in enumerate(value)]
            parts = tuple(part for part in inner if isinstance(part, Question) or part.parts)
            if len(parts) == 1 and how != "none":
                yield parts[0]
            elif parts:
                yield Group(how, parts)

    def field(self, askable: Askable, value: Any, place: tuple[str, ...]) -> Iterator[Part]:
        operators = value if _has_operators(value) else {"$eq": value}
        days = _around_today(askable, operators)
        if days is not None:
            yield from self.test(askable, *days, place)
            return
        for name, operand in operators.items():
            if name == "$not":
                inner = tuple(self.field(askable, operand, (*place, name))) if _has_operators(operand) else ()
                if inner:
                    yield Group("none", inner if len(inner) == 1 else (Group("all", inner),))
                else:
                    self.flaw(place, "{operator} cannot be asked here", operator=name)
            else:
                yield from self.operator(askable, str(name), operand, place)

    def operator(self, askable: Askable, name: str, operand: Any, place: tuple[str, ...]) -> Iterator[Part]:
        if name == "$exists" and isinstance(operand, bool):
            yield from self.test(askable, "given" if operand else "missing", [], place)
        elif name in ("$eq", "$ne") and operand is None:
            yield from self.test(askable, "missing" if name == "$eq" else "given", [], place)
        elif name == "$regex":
            yield from self.pattern(askable, operand, place)
        elif name in ("$in", "$nin") and isinstance(operand, list) and operand:
            yield from self.test(askable, "in" if name == "$in" else "nin", operand, place)
        elif name in _COMPARED:
            yield from self.compared(askable, _COMPARED[name], operand, place)
        else:
            self.flaw(place, "{operator} cannot be asked here", operator=name[:40])

    def compared(
        self, askable: Askable, operator: Operator, operand: Any, place: tuple[str, ...]
    ) -> Iterator[Part]:
        """A comparison; farther than so many days from today has an operator of its own."""
        days = days_from(operand) if askable.kind in ("day", "moment") else None
        if days is not None and operator == "lt" and days <= 0:
            yield from self.test(askable, "older", [-days], place)
        elif days is not None and operator == "gt" and days >= 0:
            yield from self.test(askable, "beyond", [days], place)
        else:
            yield from self.test(askable, operator, [operand], place)

    def pattern(self, askable: Askable, operand: Any, place: tuple[str, ...]) -> Iterator[Part]:
        """A pattern that is a plain text, at its beginning (``^``) or anywhere."""
        text = operand if isinstance(operand, str) else ""
        plain = _unescaped(text.removeprefix("^"))
        if not plain:
            self.flaw(place, "a pattern is a plain text here; ^ before it means that answers begin with it")
        else:
            yield from self.test(askable, "begins" if text.startswith("^") else "contains", [plain], place)

    def test(
        self, askable: Askable, operator: Operator, values: Sequence[Any], place: tuple[str, ...]
    ) -> Iterator[Question]:
        self.count += 1
        if not is_known(askable, operator):
            self.flaw(place, "“{label}” cannot be asked in this way", label=askable.label)
        elif len(values) > MOST_VALUES:
            self.flaw(place, "a question takes at most {limit} values", limit=MOST_VALUES)
        else:
            try:
                read = tuple(dict.fromkeys(read_value(askable, operator, value) for value in values))
            except ValueRefused as refused:
                self.flaw(place, "“{label}”: {problem}", label=askable.label, problem=refused.message)
            else:
                yield Question(askable, operator, read)


_GROUPS: Final[Mapping[str, How]] = {"$and": "all", "$or": "any", "$nor": "none"}
_COMPARED: Final[Mapping[str, Operator]] = {
    "$eq": "eq",
    "$ne": "ne",
    "$lt": "lt",
    "$lte": "lte",
    "$gt": "gt",
    "$gte": "gte",
}
_SPECIAL = re.compile(r"\\.|[.^$*+?{}\[\]|()\\]", re.DOTALL)


def _unescaped(pattern: str) -> str:
    """The text a pattern without anything special spells; "" for any other."""
    for found in _SPECIAL.finditer(pattern):
        if len(found[0]) < 2 or found[0][1].isalnum():
            return ""
    return re.sub(r"\\(.)", r"\1", pattern, flags=re.DOTALL)


def _has_operators(value: Any) -> bool:
    return isinstance(value, Mapping) and any(str(key).startswith("$") for key in value)


def _around_today(askable: Askable, operators: Mapping[str, Any]) -> tuple[Operator, list[int]] | None:
    """The days up to today or from today on, when that is what two comparisons ask."""
    if askable.kind not in ("day", "moment") or operators.keys() != {"$gte", "$lte"}:
        return None
    first, last = days_from(operators["$gte"]), days_from(operators["$lte"])
    if last == 0 and first is not None and first <= 0:
        return "past", [-first]
    if first == 0 and last is not None and last > 0:
        return "coming", [last]
    return None
