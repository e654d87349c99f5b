"""A filter's tree as a condition of the language, and as the one text that stands for it."""

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from models.schema.filters.tree import Group, Operator, Part, Question
from models.schema.filters.values import relative

_KEYS: Final = {"all": "$and", "any": "$or", "none": "$nor"}


def condition_of(part: Part) -> dict[str, Any]:
    """`part` as a condition of the language."""
    if isinstance(part, Question):
        return {part.askable.path: _WRITERS[part.operator](part)}
    inner = [condition_of(each) for each in part.parts]
    if part.how != "all":
        return {_KEYS[part.how]: inner}
    return _merged(inner, [isinstance(each, Group) and each.how == "all" for each in part.parts])


def _merged(inner: list[dict[str, Any]], together: list[bool]) -> dict[str, Any]:
    """Conditions that all hold: one mapping where their keys differ, else a list."""
    keys = [key for each in inner for key in each]
    if len(set(keys)) == len(keys) and not any(together):
        return {key: value for each in inner for key, value in each.items()}
    return {"$and": inner}


def text_of(tree: Group) -> str:
    """The canonical JSON of a filter; "" where nothing is asked."""
    return _json(condition_of(tree)) if tree.parts else ""


def _json(value: Any) -> str:
    """As ``json.dumps`` without spaces, exact decimals as numbers."""
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{_json(key)}:{_json(part)}' for key, part in value.items())}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_json, value))}]"
    return f"{value:f}" if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


WIDE: Final = 72
"""Longest line of a filter written to be read."""


def pretty(value: Any, indent: int = 0) -> str:
    """A condition as JSON to be read by people: what fits stands on one line."""
    line = _spaced(value)
    if len(line) + indent <= WIDE or not isinstance(value, Mapping | list):
        return line
    pad, inner = " " * indent, " " * (indent + 2)
    if isinstance(value, list):
        parts = ",\n".join(inner + pretty(part, indent + 2) for part in value)
        return f"[\n{parts}\n{pad}]"
    parts = ",\n".join(f"{inner}{_json(key)}: {pretty(part, indent + 2)}" for key, part in value.items())
    return f"{{\n{parts}\n{pad}}}"


def _spaced(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_json(key)}: {_spaced(part)}' for key, part in value.items())}}}"
    return f"[{', '.join(map(_spaced, value))}]" if isinstance(value, list) else _json(value)


def _compared(test: Question) -> Any:
    return {f"${test.operator}": test.values[0]}


def _listed(test: Question) -> Any:
    return {f"${test.operator}": list(test.values)}


_WRITERS: Final[Mapping[Operator, Callable[[Question], Any]]] = {
    "eq": lambda test: test.values[0],
    "ne": _compared,
    "lt": _compared,
    "lte": _compared,
    "gt": _compared,
    "gte": _compared,
    "in": _listed,
    "nin": _listed,
    "begins": lambda test: {"$regex": f"^{re.escape(test.values[0])}"},
    "contains": lambda test: {"$regex": re.escape(test.values[0])},
    "past": lambda test: {"$gte": relative(-test.values[0]), "$lte": relative(0)},
    "coming": lambda test: {"$gte": relative(0), "$lte": relative(test.values[0])},
    "older": lambda test: {"$lt": relative(-test.values[0])},
    "beyond": lambda test: {"$gt": relative(test.values[0])},
    "given": lambda _: {"$ne": None},
    "missing": lambda _: None,
}
