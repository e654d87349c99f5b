"""A filter while it is being built: rows and groups as the builder's form sends them, finished or not."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

from starlette.datastructures import QueryParams

from admin.language import language, say
from admin.refusals import Problem
from models.language import Message
from models.schema.filters import Askable, Group, Operator, Question, is_known, operators_of
from models.schema.filters.reading import DEEPEST, MOST_QUESTIONS, MOST_VALUES
from models.schema.filters.tree import LISTED, VALUELESS, How
from models.schema.filters.values import ValueRefused, read_value

HOWS: tuple[How, ...] = ("all", "any", "none")
_NAME = re.compile(r"([gfov])((?:[0-9]{1,3}\.){0,7}[0-9]{1,3})")
_DEED = re.compile(r"(add|group|remove):([0-9.]{1,40})")


@dataclass
class Row:
    """One question as typed: the path and operator picked, the texts typed, and what is wrong with them."""

    path: str
    operator: str = ""
    values: list[str] = field(default_factory=list)
    key: str = ""
    problem: str = ""


@dataclass
class Box:
    """A group as it stands in the form; `key` is its place (``0``, ``0.2``)."""

    how: How = "all"
    parts: "list[Box | Row]" = field(default_factory=list)
    key: str = "0"


def is_draft(asked: QueryParams) -> bool:
    """Whether an address carries the builder's form."""
    return "g0" in asked


def read_draft(asked: QueryParams) -> Box:
    """The form in an address; what does not belong to it is passed over."""
    told: dict[str, dict[str, list[str]]] = {}
    for name, value in asked.multi_items():
        found = _NAME.fullmatch(name)
        if found:
            told.setdefault(found[2], {}).setdefault(found[1], []).append(value[:2000])
    return _box(told, "0", 0)


def _box(told: Mapping[str, Mapping[str, list[str]]], key: str, depth: int) -> Box:
    how = told.get(key, {}).get("g", ["all"])[0]
    box = Box(how if how in HOWS else "all", key=key)
    inner = [name for name in told if name.rpartition(".")[0] == key]
    for name in sorted(inner, key=lambda name: int(name.rpartition(".")[2])):
        given = told[name]
        if "g" in given and depth < DEEPEST:
            box.parts.append(_box(told, name, depth + 1))
        elif "f" in given:
            box.parts.append(Row(given["f"][0][:200], given.get("o", [""])[0], given.get("v", []), name))
    return box


def draft_of(tree: Group) -> Box:
    """The form of a filter that was read."""
    return _settled(Box(tree.how, [_part(part) for part in tree.parts]))


def _part(part: Group | Question) -> Box | Row:
    if isinstance(part, Group):
        return Box(part.how, [_part(inner) for inner in part.parts])
    texts = [_typed(value) for value in part.values]
    lines = part.operator in LISTED and part.askable.kind != "choice"
    return Row(part.askable.path, part.operator, ["\n".join(texts)] if lines else texts)


def _typed(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _settled(box: Box, key: str = "0") -> Box:
    """`box` with places counted anew."""
    box.key = key
    for number, part in enumerate(box.parts):
        part.key = f"{key}.{number}"
        if isinstance(part, Box):
            _settled(part, part.key)
    return box


def after(box: Box, deed: str, asked: QueryParams, askable: Sequence[Askable]) -> tuple[Box, str]:
    """The form after a button was pressed (``add:0``, ``group:0.1``, ``remove:0.2``), and the place to go on
    at."""
    found = _DEED.fullmatch(deed)
    if found is None:
        return _settled(box), ""
    what, key = found[1], found[2]
    place = _find(box, key)
    if what == "remove":
        _remove(box, key)
        return _settled(box), key.rpartition(".")[0]
    if not isinstance(place, Box):
        return _settled(box), ""
    if what == "group" and key.count(".") < DEEPEST:
        place.parts.append(Box("any" if place.how == "all" else "all"))
    elif what == "add" and sum(1 for _ in rows_in(box)) < MOST_QUESTIONS:
        wanted = asked.get(f"add{key}") or ""
        known = [each.path for each in askable]
        if known:
            place.parts.append(Row(wanted if wanted in known else known[0]))
    box = _settled(box)
    return box, place.parts[-1].key if place.parts else place.key


def _find(box: Box, key: str) -> Box | Row | None:
    if box.key == key:
        return box
    for part in box.parts:
        found = _find(part, key) if isinstance(part, Box) else part if part.key == key else None
        if found is not None:
            return found
    return None


def _remove(box: Box, key: str) -> None:
    box.parts = [part for part in box.parts if part.key != key]
    for part in box.parts:
        if isinstance(part, Box):
            _remove(part, key)


def rows_in(box: Box) -> Iterator[Row]:
    """Every row, those of groups inside included."""
    for part in box.parts:
        if isinstance(part, Box):
            yield from rows_in(part)
        else:
            yield part


def fit(box: Box, askable: Sequence[Askable]) -> None:
    """Give every row whose field was changed an operator that field knows; a row of a field that is not
    known here goes."""
    known = {each.path: each for each in askable}
    box.parts = [part for part in box.parts if isinstance(part, Box) or part.path in known]
    for part in box.parts:
        if isinstance(part, Box):
            fit(part, askable)
        elif not is_known(known[part.path], part.operator):
            part.operator = operators_of(known[part.path])[0]


def tree_of(box: Box, askable: Sequence[Askable]) -> Group:
    """The filter of the rows that are finished; the others get their ``problem``. Empty groups are left
    out."""
    known = {each.path: each for each in askable}
    parts: list[Group | Question] = []
    for part in box.parts:
        if isinstance(part, Box):
            inner = tree_of(part, askable)
            parts += [inner] if inner.parts else []
        elif part.path in known:
            test = _test(part, known[part.path])
            parts += [test] if test else []
    return Group(box.how, tuple(parts))


def _test(row: Row, askable: Askable) -> Question | None:
    operator = cast(Operator, row.operator)
    if not is_known(askable, operator):
        row.problem = say("Choose how to compare.")
        return None
    if operator in VALUELESS:
        return Question(askable, operator)
    texts = texts_of(row, askable)
    if not texts or len(texts) > MOST_VALUES:
        row.problem = (
            say("At most {count} values.", {"count": MOST_VALUES}) if texts else say("Enter a value.")
        )
        return None
    try:
        values = tuple(dict.fromkeys(read_value(askable, operator, text) for text in texts))
    except ValueRefused as refused:
        told = Message("“{label}”: {problem}", {"label": askable.label, "problem": refused.message})
        row.problem = told(language())
        return None
    return Question(askable, operator, values)


def texts_of(row: Row, askable: Askable) -> list[str]:
    """The values typed into a row: of a list each line is one, of others the first counts."""
    texts = [text.strip() for text in row.values if text.strip()]
    if row.operator not in LISTED:
        return texts[:1]
    if askable.kind == "choice":
        return texts
    return [line.strip() for text in texts for line in text.splitlines() if line.strip()]


def problems_in(box: Box) -> list[Problem]:
    """What is wrong with the rows, each at its input."""
    return [Problem(row.problem, f"v{row.key}") for row in rows_in(box) if row.problem]
