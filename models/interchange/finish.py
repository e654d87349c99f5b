"""A draft becomes a record type the linter accepts: what it refuses is taken out again, and said."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.configuration.candidate import FILE, read_candidate
from models.configuration.load import Configuration
from models.errors import ImportRefused
from models.interchange.draft import Draft, Field, Line, both, every, free_name, renamed
from models.interchange.logic import ANSWERED
from models.language import Message
from models.schema.finding import CODES, Finding
from models.schema.source import Source, parse
from models.schema.tree import Mark

ROUNDS = 200
"""Most things taken out, one after the other."""

BLAMED: Mapping[str, tuple[str, ...]] = {
    "T-E042": ("show_when",),
    "T-E043": ("show_when", "required_when", "read_only_when"),
    "T-E044": ("read_only",),
    "T-E045": ("min", "max", "min_length", "max_length", "min_rows", "max_rows"),
    "T-E046": ("default", "example"),
}
"""The keys behind findings that stand at a field as a whole."""

CONDITIONS = ("show_when", "required_when", "read_only_when")
TEXTS = ("text", "long_text", "markdown")
ANSWERS: Mapping[str, Any] = {
    "boolean": True,
    **{key: {"$nin": [None, ""]} for key in TEXTS},
    **{key: {"$nin": [None, 0]} for key in ("integer", "decimal")},
}
"""What it means that a field of a type has an answer that counts as true; others have one at all."""

TITLES = ("text", "email", "choice", "integer", "date", "url", "phone", "decimal", "year_month", "datetime")


@dataclass(frozen=True, slots=True)
class Imported:
    """A record type as plain values, ready to be written, and what became of each rule of the source."""

    definition: Mapping[str, Any]
    lines: tuple[Line, ...]

    @property
    def left(self) -> tuple[Line, ...]:
        """What did not come along."""
        return tuple(line for line in self.lines if line.reason is not None)


def finish(draft: Draft, configuration: Configuration, name: str = "") -> Imported:
    """The record type of `draft`, under `name` or its own, with the first workflow and lifecycle there are.

    Raises ImportRefused when no field is left, or what stands against it is not a field's."""
    for field in every(draft.fields):
        _settle(draft, field)
    definition = _definition(draft, configuration, free_name(name or draft.name or "imported"))
    for _ in range(ROUNDS):
        if not definition["fields"]:
            raise ImportRefused("No field of this form could be carried over.")
        definition["title"] = _title(draft)
        text = json.dumps(definition, ensure_ascii=False, indent=1)
        candidate = read_candidate(text, configuration)
        if not candidate.errors:
            return Imported(definition, tuple(draft.lines))
        for path, finding in _places(text, candidate.errors):
            _take_out(definition, path, finding, draft)
    raise ImportRefused("Too much of this form cannot be carried over.")


def _settle(draft: Draft, field: Field) -> None:
    """Names of ours in conditions, and values of the types their fields have."""
    kinds = {each["name"]: each["type"] for each in every(draft.fields)}
    for key in CONDITIONS:
        if key in field:
            field[key] = _typed(renamed(field[key], draft.names), kinds)
    for key in ("default", "example"):
        if key in field:
            field[key] = _value(field[key], field["type"])


def _typed(query: Any, kinds: Mapping[str, str], kind: str = "") -> Any:
    if isinstance(query, list):
        parts = [part for part in query if part != "" or kind in ("", *TEXTS)]
        return [_typed(part, kinds, kind) for part in parts]
    if query == ANSWERED:
        return ANSWERS.get(kind, {"$ne": None})
    if isinstance(query, Mapping):
        return {key: _typed(value, kinds, kinds.get(key, kind)) for key, value in query.items()}
    return _value(query, kind)


def _value(value: Any, kind: str) -> Any:
    if kind == "boolean" and value in (0, 1, "0", "1", "yes", "no", "Yes", "No"):
        return value in (1, "1", "yes", "Yes")
    if kind in ("integer", "decimal") and isinstance(value, str):
        try:
            return float(value) if "." in value else int(value)
        except ValueError:
            return value
    if kind in ("choice", "choices") and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def _definition(draft: Draft, configuration: Configuration, name: str) -> dict[str, Any]:
    names = {field["name"] for field in draft.fields}
    plural = name if name.endswith("s") else f"{name}s"
    others = {kind.collection for kind in configuration.record_types.values() if kind.name != name}
    return {
        "record_type": name,
        "label": draft.label if draft.label.get("ja") else both(name),
        **({"description": dict(draft.description)} if draft.description else {}),
        "collection": free_name(plural, others),
        "number": {"field": free_name(f"{name}_number", names)},
        "title": _title(draft),
        "lifecycle": next(iter(configuration.lifecycles)),
        "applications": {"workflow": next(iter(configuration.workflows)), "kinds": ["register", "change"]},
        "fields": draft.fields,
    }


def _title(draft: Draft) -> str:
    """What names a record: the field the source says, or the first that can; the form's name without any."""
    wanted = draft.names.get(draft.title, "")
    found = [field["name"] for field in draft.fields if field["type"] in TITLES]
    if wanted in found or found:
        return f"{{{wanted if wanted in found else found[0]}}}"
    return re.sub(r"[{}]", "", draft.label.get("ja", "")) or "–"


def _places(text: str, errors: Sequence[Finding]) -> list[tuple[list[str | int], Finding]]:
    """What each finding is about, the last in the file first and each field once: taking something out moves
    what comes after it."""
    source = parse(Path(FILE), text)
    mark = source.mark if isinstance(source, Source) else Mark(1)
    found: dict[tuple[str | int, ...], tuple[list[str | int], Finding]] = {}
    for finding in sorted(errors, key=lambda each: -each.line):
        path = _down(mark, finding.line)
        found.setdefault(tuple(path[: _field_at(path) + 1]), (path, finding))
    return list(found.values())


def _field_at(path: Sequence[str | int]) -> int:
    """Where in a path the position of the innermost field stands; 0 where there is none."""
    return max((i for i in range(1, len(path)) if path[i - 1] == "fields"), default=0)


def _take_out(definition: dict[str, Any], path: list[str | int], finding: Finding, draft: Draft) -> None:
    """Take out what a finding is about: a key of a field, or the whole field."""
    position = _field_at(path)
    if not position or len(path) <= position:
        raise ImportRefused("The form cannot become a record type: {problem}", problem=finding.problem("en"))
    holder: Any = definition
    for part in path[:position]:
        holder = holder[part]
    field: Field = holder[path[position]]
    key = str(path[position + 1]) if len(path) > position + 1 else ""
    blamed = [each for each in BLAMED.get(finding.code, (key,)) if each in field]
    reason = Message(CODES[finding.code].problem, finding.values)
    if not blamed or blamed[0] in ("name", "type", "fields", "options", "label"):
        holder.pop(path[position])
        draft.take_back(draft.paths[id(field)], f"type {field['type']}", reason)
        return
    for each in blamed:
        del field[each]
        draft.take_back(draft.paths[id(field)], each, reason)


def _down(mark: Mark, line: int) -> list[str | int]:
    """The way to the last value that begins on `line` or before it: values follow each other in the file."""
    path: list[str | int] = []
    while mark.inner:
        name, mark = max(
            ((name, inner) for name, inner in mark.inner.items() if inner.line <= line),
            key=lambda pair: pair[1].line,
            default=("", mark),
        )
        if not name:
            return path
        path.append(int(name) if name.isdigit() else name)
        if mark.line == line:
            return path
    return path
