"""Reading answers: what a form, a file or a programme sent becomes valid data, or errors at their fields.

Every door writes through here. Order: convert, hide, validate, compute, require, check."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from models.language import Message, Text
from models.schema.compiled import CompiledCheck, CompiledFields, CompiledType
from models.schema.fields import BaseField, TableField
from models.schema.fields.choice import ListedField
from models.schema.fields.text import TextField
from models.schema.formats import FORMATS
from models.schema.values import MISSING

Variables = Mapping[str, Any]
Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AnswerError:
    """One error: ``path`` is ``field`` or ``table.row.field`` (rows from 0), ``key`` is stable."""

    path: str
    key: str
    message: Message
    reads: frozenset[str] = frozenset()
    """For a check: every field it looks at, so that a form can wait until all were answered."""

    @property
    def field(self) -> str:
        """The top-level field."""
        return self.path.split(".")[0]


@dataclass(frozen=True, slots=True)
class Note:
    """What normalising changed in a field, to be told to the person who typed it."""

    path: str
    typed: str
    kept: str


@dataclass(frozen=True)
class Reading:
    """The outcome: ``data`` is complete and valid only when ``errors`` is empty."""

    data: Data
    errors: tuple[AnswerError, ...] = ()
    notes: tuple[Note, ...] = ()
    hidden: frozenset[str] = field(default_factory=frozenset)
    required: frozenset[str] = field(default_factory=frozenset)

    def errors_on(self, fields: frozenset[str]) -> tuple[AnswerError, ...]:
        """The errors of some top-level fields, for one page of a form."""
        return tuple(error for error in self.errors if error.field in fields)


def read_answers(compiled: CompiledType, answers: Mapping[str, Any], variables: Variables) -> Reading:
    """Read what a form sent: texts by field name, rows as lists of mappings, uploads as mappings."""
    typed = {name: f.parse(answers.get(name)) for name, f in compiled.level.fields.items() if f.asked}
    notes = tuple(_notes(compiled.level, answers, typed, ""))
    return _read(compiled, typed, variables, notes)


def read_data(compiled: CompiledType, data: Mapping[str, Any], variables: Variables) -> Reading:
    """Read typed values (from an import, an example, a correction); unknown names are errors."""
    unknown = [
        AnswerError(n, "unknown", _say("Unknown field.")) for n in data if n not in compiled.level.fields
    ]
    typed = {name: f.parse(data.get(name)) for name, f in compiled.level.fields.items() if f.asked}
    reading = _read(compiled, typed, variables, ())
    return Reading(reading.data, (*unknown, *reading.errors), (), reading.hidden, reading.required)


def _read(compiled: CompiledType, typed: Data, variables: Variables, notes: tuple[Note, ...]) -> Reading:
    variables = {"NOW": datetime.now(UTC), **variables} if "NOW" not in variables else variables
    shown = _show(compiled.level, typed, {}, variables)
    data, errors = _validate(compiled.validator, compiled.level, shown)
    _compute(compiled.level, data, {}, variables)
    required = list(_required(compiled.level, data, {}, variables))
    found = [
        *errors,
        *_missing(compiled.level, data, required, variables, ""),
        *_shapes(compiled.level, data, None, ""),
    ]
    found += _check(compiled.checks, data, variables, {error.field for error in found})
    hidden = frozenset(name for name in compiled.level.fields if name not in shown and name not in data)
    return Reading(data, tuple(_once(found)), notes, hidden, frozenset(required))


def visible(compiled: CompiledType, typed: Mapping[str, Any], variables: Variables) -> frozenset[str]:
    """The names of the fields shown for these (converted) answers, those that only speak included."""
    kept = _show(compiled.level, dict(typed), {}, variables)
    silent = {n for n, f in compiled.level.fields.items() if not f.asked and n not in compiled.level.shown}
    told = {n for n, rule in compiled.level.shown.items() if rule(kept, variables)}
    return frozenset(silent | told | {n for n in kept if n not in compiled.level.shown})


def _show(level: CompiledFields, typed: Data, around: Data, variables: Variables) -> Data:
    """`typed` without the fields whose ``show_when`` does not hold; a hidden answer counts as missing."""
    kept = dict(typed)
    for _ in range(len(level.shown) + 1):
        scope = _scope(around, kept)
        hidden = [name for name, rule in level.shown.items() if name in kept and not rule(scope, variables)]
        if not hidden:
            break
        for name in hidden:
            del kept[name]
    for name, inner in level.tables.items():
        if isinstance(kept.get(name), list):
            kept[name] = [_show(inner, row, kept, variables) for row in kept[name]]
    return kept


def _scope(around: Data, here: Data) -> Data:
    """What a condition sees: its own level, and in a row the answers around the table."""
    return {**around, **here} if around else here


def _validate(
    validator: TypeAdapter[Data], level: CompiledFields, typed: Data
) -> tuple[Data, list[AnswerError]]:
    try:
        return validator.validate_python(typed), []
    except ValidationError as error:
        errors = [_translate(level, problem) for problem in error.errors(include_url=False)]
        bad = {problem.path for problem in errors}
        return {name: value for name, value in typed.items() if name not in bad}, errors


def _translate(level: CompiledFields, problem: Any) -> AnswerError:
    location = [part for part in problem["loc"] if not (isinstance(part, str) and "[" in part)]
    target, path = _locate(level, [str(part) for part in location])
    key, msgid = _PYDANTIC.get(problem["type"], (problem["type"], ""))
    if not msgid:
        msgid = problem["msg"] if key in _OURS or " " in problem["msg"] else "{label} cannot be used."
    context = {k: v for k, v in (problem.get("ctx") or {}).items() if k != "error"}
    return AnswerError(path, key, Message(msgid, {**context, "label": _label(target)}))


_OURS = frozenset({"format", "choice", "pattern", "declaration", "control_character"})

_PYDANTIC = {
    "string_too_long": ("too_long", "{label} must be at most {max_length} characters."),
    "string_too_short": ("too_short", "{label} must be at least {min_length} characters."),
    "too_long": ("max_rows", "{label} may have at most {max_length} rows."),
    "too_short": ("min_items", "{label}: choose at least {min_length}."),
    "greater_than_equal": ("too_small", "{label} must be {ge} or more."),
    "less_than_equal": ("too_large", "{label} must be {le} or less."),
    "string_type": ("not_a_text", "{label} must be a text."),
    "dict_type": ("not_a_text", "{label} cannot be used."),
    "list_type": ("not_a_list", "{label} cannot be used."),
    "model_type": ("not_a_list", "{label} cannot be used."),
    "literal_error": ("choice", "Choose {label} from the list."),
    "extra_forbidden": ("unknown", "Unknown field."),
}


def _locate(level: CompiledFields, location: list[str]) -> tuple[BaseField | None, str]:
    """The field a pydantic location names, and its path in our form."""
    name = location[0] if location else ""
    target = level.fields.get(name)
    if isinstance(target, TableField) and len(location) >= 3:
        inner, rest = _locate(level.tables[name], location[2:])
        return inner, f"{name}.{location[1]}.{rest}"
    return target, name


def _label(target: BaseField | None) -> Text:
    return target.label if target else Text(ja="この項目", en="This field")


def _say(msgid: str, target: BaseField | None = None, **values: Any) -> Message:
    return Message(msgid, {**values, "label": _label(target)})


def _compute(level: CompiledFields, data: Data, around: Data, variables: Variables) -> None:
    for name, inner in level.tables.items():
        for row in data.get(name) or []:
            if isinstance(row, dict):
                _compute(inner, row, data, variables)
    for name, formula in level.formulas.items():
        scope = _scope(around, data)
        if name in level.shown and not level.shown[name](scope, variables):
            continue
        value = formula(scope, variables)
        if value is not MISSING and value is not None:
            data[name] = value


def _required(level: CompiledFields, data: Data, around: Data, variables: Variables) -> Iterator[str]:
    scope = _scope(around, data)
    for name, target in level.fields.items():
        if not target.asked or (name in level.shown and not level.shown[name](scope, variables)):
            continue
        if target.required or (name in level.required and level.required[name](scope, variables)):
            yield name


def _missing(
    level: CompiledFields, data: Data, required: Iterable[str], variables: Variables, prefix: str
) -> Iterator[AnswerError]:
    """What is required and not there, at this level and in the rows of its tables."""
    for name in required:
        target = level.fields[name]
        if target.is_empty(data.get(name)):
            yield AnswerError(prefix + name, *_absent(target))
    for name, inner in level.tables.items():
        table, rows = level.fields[name], data.get(name) or []
        if isinstance(table, TableField) and 0 < len(rows) < table.min_rows:
            message = _say("{label} needs at least {min_rows} rows.", table, min_rows=table.min_rows)
            yield AnswerError(prefix + name, "min_rows", message)
        for index, row in enumerate(rows):
            if isinstance(row, dict):
                asked = _required(inner, row, data, variables)
                yield from _missing(inner, row, asked, variables, f"{prefix}{name}.{index}.")


_ABSENT = {
    "choice": ("required", "Choose {label}."),
    "choices": ("required", "Choose {label}."),
    "boolean": ("required", "{label} Answer yes or no."),
    "declaration": ("declaration", "{label}: read the statement and affirm it."),
    "file": ("required", "{label}: choose a file."),
    "certificate": ("required", "{label}: present a client certificate."),
    "table": ("min_rows", "{label}: add at least one row."),
}


def _absent(target: BaseField) -> tuple[str, Message]:
    key, msgid = _ABSENT.get(target.type, ("required", "Enter {label}."))
    return key, _say(msgid, target)


def _shapes(
    level: CompiledFields, data: Data, outer: tuple[CompiledFields, Data] | None, prefix: str
) -> Iterator[AnswerError]:
    """Formats that look at another answer (a supply point must lie in the area chosen)."""
    for name, target in level.fields.items():
        value = data.get(name)
        if not isinstance(target, TextField) or not target.format_parameters or not isinstance(value, str):
            continue
        shape = FORMATS[target.format_name or ""]
        parameters = {
            known.resolved: _attribute(
                level, data, outer, target.format_parameters[known.name], known.attribute
            )
            for known in shape.parameters
            if known.name in target.format_parameters
        }
        if problem := shape.check_with(value, parameters):
            yield AnswerError(prefix + name, "format", _say(problem, target))
    for name, inner in level.tables.items():
        for index, row in enumerate(data.get(name) or []):
            if isinstance(row, dict):
                yield from _shapes(inner, row, (level, data), f"{prefix}{name}.{index}.")


def _attribute(
    level: CompiledFields, data: Data, outer: tuple[CompiledFields, Data] | None, name: str, attribute: str
) -> Any:
    """The attribute of the option chosen in the field `name`, looked for beside and then around."""
    if name not in level.fields and outer is not None:
        level, data = outer
    target = level.fields.get(name)
    option = target.option(data.get(name)) if isinstance(target, ListedField) else None
    return option.attributes.get(attribute) if option else None


def _check(
    checks: tuple[CompiledCheck, ...], data: Data, variables: Variables, broken: set[str]
) -> Iterator[AnswerError]:
    """Rules across fields; one that reads a field already in error is left for the next round."""
    today = variables.get("TODAY")
    day = date.fromisoformat(today) if isinstance(today, str) else datetime.now(UTC).date()
    for compiled in checks:
        if not compiled.check.holds_on(day) or compiled.reads & broken:
            continue
        if compiled.when is not None and not compiled.when(data, variables):
            continue
        if not compiled.must(data, variables):
            message = Message("{text}", {"text": compiled.check.message})
            yield AnswerError(compiled.check.at, compiled.check.name, message, compiled.reads)


def _notes(level: CompiledFields, answers: Mapping[str, Any], typed: Data, prefix: str) -> Iterator[Note]:
    for name, target in level.fields.items():
        raw, kept = answers.get(name), typed.get(name)
        if (
            isinstance(raw, str)
            and isinstance(kept, str)
            and raw.strip() != kept
            and target.control != "choice"
        ):
            yield Note(prefix + name, raw.strip(), kept)


def _once(errors: list[AnswerError]) -> Iterator[AnswerError]:
    """The first error of each path: one thing to correct at a time."""
    seen: set[str] = set()
    for error in errors:
        if error.path not in seen:
            seen.add(error.path)
            yield error
