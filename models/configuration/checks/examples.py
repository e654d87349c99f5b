"""Examples: those of the whole record type, and the answers fields show or begin with."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.configuration.checks.place import Subject, unknown, written_parts
from models.language import Message
from models.schema.compiled import compile_type
from models.schema.definition import Example, RecordType
from models.schema.fields import BaseField
from models.schema.finding import Finding
from models.schema.reading import read_data

DAY = "2026-04-01"
"""``$$TODAY`` of an example that does not say."""


def check_examples(subject: Subject) -> Iterator[Finding]:
    """T-E022 for every example whose errors are not exactly the expected ones, T-E053 for one of a step that
    asks for nothing; T-E046 for answers a field shows, or begins with, and would refuse."""
    for index, example in enumerate(subject.kind.examples):
        if example.step:
            path = ("examples", index, "step")
            yield from unknown(subject.source, "T-E053", path, example.step, subject.kind.steps)
        found = _errors_of(subject.kind, example)
        expected = {} if example.expect == "valid" else dict(example.expect)
        if found != expected:
            values = {"expected": _spell(expected), "found": _spell(found)}
            yield subject.source.finding("T-E022", ("examples", index), **values)
    for key in ("example", "default"):
        yield from _check_answers(subject, key)


def _errors_of(kind: RecordType, example: Example) -> dict[str, str]:
    """The keys of the errors by their paths; in the form of a step, those at what it asks for."""
    form = compile_type(kind.form_of(example.step))
    reading = read_data(form, example.given, {"TODAY": DAY, **example.variables})
    asked = kind.steps[example.step].asks if example.step in kind.steps else None
    return {
        error.path: error.key
        for error in reading.errors
        if asked is None or error.path.split(".")[0] in asked
    }


def _spell(errors: Mapping[str, str]) -> str:
    return ", ".join(f"{path}: {key}" for path, key in errors.items()) or "valid"


def _check_answers(subject: Subject, key: str) -> Iterator[Finding]:
    bare = _without_conditions(subject.kind)
    given = _answers(bare.fields, key)
    problems = {
        error.path: error.message for error in read_data(compile_type(bare), given, {"TODAY": DAY}).errors
    }
    for place in subject.places:
        problem = problems.get(_row_path(subject.kind.fields, place.names))
        if problem is not None and _shown(place.field, key) is not None:
            values: dict[str, Any] = {
                "key": key,
                "name": place.field.name,
                "problem": _told(problem, place.field),
            }
            yield subject.source.finding("T-E046", (*place.path, key), **values)


def _told(problem: Message, field: BaseField) -> Message:
    return Message(problem.msgid, {"label": field.label, **problem.values})


def _without_conditions(kind: RecordType) -> RecordType:
    """The same fields, each shown and none required; built anew, so that nothing cached comes along."""
    values = {name: getattr(kind, name) for name in RecordType.model_fields}
    return RecordType.model_construct(**{**values, "fields": tuple(map(_bare, kind.fields)), "checks": ()})


def _bare(field: BaseField) -> BaseField:
    changed: dict[str, Any] = {"show_when": None, "required_when": None, "required": False, "unique": False}
    if "min_rows" in type(field).model_fields:
        changed["min_rows"] = 0
    bare = field.model_copy(update=changed)
    return bare.with_parts(tuple(map(_bare, written_parts(field)))) if written_parts(field) else bare


def _answers(fields: tuple[BaseField, ...], key: str) -> dict[str, Any]:
    """What the fields show under `key`, one row in each table."""
    found = {field.name: _answer(field, key) for field in fields if field.asked and field.stored}
    return {name: value for name, value in found.items() if value is not None}


def _answer(field: BaseField, key: str) -> Any:
    own = _shown(field, key)
    if own is not None or not written_parts(field):
        return own
    inner = _answers(written_parts(field), key)
    return None if not inner else [inner] if field.repeats else inner


def _shown(field: BaseField, key: str) -> Any:
    """The field's own example or default; of what cannot be typed (uploads, secrets), none."""
    if not field.asked or field.confidential or field.control in ("file", "files", "certificate"):
        return None
    return getattr(field, key)


def _row_path(fields: tuple[BaseField, ...], names: tuple[str, ...]) -> str:
    """The path of an answer in the first row of every table around it."""
    words: list[str] = []
    for name in names:
        field = next(field for field in fields if field.name == name)
        words.append(name)
        if field.repeats and len(words) and name != names[-1]:
            words.append("0")
        fields = field.parts
    return ".".join(words)
