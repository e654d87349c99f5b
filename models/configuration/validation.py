"""Holding a parsed file against its meta-schema: every problem becomes a finding at its line."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from models.language import Message, Text
from models.schema.definition import Part
from models.schema.duty import EVERY
from models.schema.fields import FIELD_TYPES, TYPE_NAMES, type_name
from models.schema.finding import Finding
from models.schema.part import MONTH_DAY, SO_LONG
from models.schema.source import Source
from models.workflow.definition import NEEDS


def build_part(model: type[Part], source: Source) -> tuple[Part | None, list[Finding]]:
    """Validate a parsed file against its meta-schema; every problem becomes a finding at its line."""
    try:
        return model.model_validate(source.value), []
    except ValidationError as error:
        problems = _worth_telling(model, error.errors(include_url=False, include_input=False))
        findings = [_finding(model, source, problem) for problem in problems[:MOST_FINDINGS]]
        if len(problems) > MOST_FINDINGS:
            findings.append(source.finding("T-W008", ()))
        return None, findings


MOST_FINDINGS = 100
"""Findings of one file that are listed; a file of another kind altogether would fill the screen."""

_TYPES = set(TYPE_NAMES)

PATTERNS = {SO_LONG: "7 days, 3 business_days", MONTH_DAY: "04-01", EVERY: "12 months"}
"""What is written by a pattern, by an example."""

LISTS = ("tuple_type", "list_type", "set_type", "frozen_set_type")


def _worth_telling(model: type[Part], problems: Sequence[Any]) -> list[Any]:
    """`problems` without the missing keys that are there, spelt wrongly."""
    wrong = [each["loc"] for each in problems if each["type"] == "extra_forbidden"]
    meant = {(*loc[:-1], _close(str(loc[-1]), _known_keys(model, loc))) for loc in wrong}
    return [each for each in problems if each["type"] != "missing" or each["loc"] not in meant]


def _finding(model: type[Part], source: Source, problem: Any) -> Finding:
    path = _real(source.value, list(problem["loc"]))
    key = str(path[-1]) if path else ""
    kind = problem["type"]
    if kind == "extra_forbidden":
        known = _known_keys(model, problem["loc"])
        return source.finding(
            "T-E003", path, key=key, suggestion=_nearest(key, known), known=", ".join(known)
        )
    if kind == "missing":
        return source.finding("T-E004", path[:-1], key=key)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        written = str((problem.get("ctx") or {}).get("tag", ""))
        return source.finding("T-E008", [*path, "type"], key=written, known=", ".join(TYPE_NAMES))
    if kind == "literal_error" and "needs" in problem["loc"]:
        written = _at(source.value, path)
        return source.finding("T-E027", path, name=written, known=", ".join(NEEDS))
    if kind == "model_type" and not path:
        return source.finding("T-E006", path, known=", ".join(list(model.model_fields)[:1]))
    return source.finding("T-E005", path, key=key, problem=_told(problem))


def _told(problem: Any) -> Message | str:
    """What is wrong with a value; where it has a shape of its own, how that is written."""
    facts = problem.get("ctx") or {}
    example = PATTERNS.get(facts.get("pattern", ""), "")
    if problem["type"] == "model_type":
        example = "{ja: …, en: …}" if facts.get("class_name") == Text.__name__ else "{key: value}"
    if problem["type"] in LISTS:
        example = "[a, b]"
    return Message("it is written like {example}", {"example": example}) if example else problem["msg"]


def _at(value: Any, path: Sequence[Any]) -> Any:
    """What stands at `path` in the file; the one value where a list is meant and none was written."""
    for part in path:
        value = value[part] if isinstance(value, Mapping | list) else value
    return value


def _real(value: Any, location: list[Any]) -> list[Any]:
    """The part of a pydantic location that is in the file: tags of unions are left out."""
    path: list[Any] = []
    node = value
    for position, part in enumerate(location):
        if (isinstance(node, Mapping) and part in node) or (
            isinstance(node, list) and isinstance(part, int) and part < len(node)
        ):
            node = node[part]
        elif (
            position < len(location) - 1
            or not isinstance(part, str)
            or re.fullmatch(r"[a-z_]+", part) is None
        ):
            continue
        path.append(part)
    return path


def _known_keys(model: type[BaseModel], location: Sequence[Any]) -> list[str]:
    """The keys the steward could have meant at `location`."""
    for part in location:
        if isinstance(part, str) and part in _TYPES:
            model = next(kind for kind in FIELD_TYPES if type_name(kind) == part)
        elif isinstance(part, str) and part in model.model_fields:
            model = _inner(model.model_fields[part].annotation) or model
    return sorted(info.alias or name for name, info in model.model_fields.items())


def _inner(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if found := _inner(argument):
            return found
    return None


def _nearest(key: str, known: list[str]) -> str:
    return _close(key, known) or (known[0] if known else "")


def _close(key: str, known: list[str]) -> str:
    """The known key `key` is a slip of; "" where it is none."""
    return next(iter(difflib.get_close_matches(key, known, 1, 0.5)), "")
