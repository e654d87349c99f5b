"""Reading answers: what a form, a file or a programme sent becomes valid data, or errors at their fields.

Every door writes through here. Order: convert, hide, validate, compute, require, check."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from models.language import Message
from models.schema.compiled import CompiledCheck, CompiledFields, CompiledType, Parsers
from models.schema.demands import altered, demanded, misfits, misshapen, missing
from models.schema.fault import AnswerError, first_of_each, say, translated
from models.schema.levels import Data, Variables, compute, hidden_paths, inside, show, without

__all__ = ["AnswerError", "Note", "Reading", "read_answers", "read_data"]


@dataclass(frozen=True, slots=True)
class Note:
    """What normalising changed in a field, to be told to the person who typed it."""

    path: str
    typed: str
    kept: str


@dataclass(frozen=True)
class Reading:
    """The outcome: ``data`` is complete and valid only when ``errors`` is empty. Paths are those of answers:
    ``field``, ``table.row.field``, ``group.part``."""

    data: Data
    errors: tuple[AnswerError, ...] = ()
    notes: tuple[Note, ...] = ()
    hidden: frozenset[str] = field(default_factory=frozenset)
    """What is not shown, at every depth."""
    required: frozenset[str] = field(default_factory=frozenset)
    """What must be answered now, at every depth."""

    def errors_on(self, fields: frozenset[str]) -> tuple[AnswerError, ...]:
        """The errors of some top-level fields, for one page of a form."""
        return tuple(error for error in self.errors if error.field in fields)


def read_answers(compiled: CompiledType, answers: Mapping[str, Any], variables: Variables) -> Reading:
    """Read what a form sent: texts by field name, rows as lists, groups and uploads as mappings."""
    typed = _parsed(compiled.level.parsers, answers)
    notes = tuple(_notes(compiled.level, answers, typed))
    return _read(compiled, typed, variables, notes, ())


def look_at(compiled: CompiledType, answers: Mapping[str, Any], variables: Variables) -> Reading:
    """``read_answers`` for a page that shows what is stored: what is asked and required, and of the answers
    those on which something else depends. What is wrong or was normalised is not looked for (``errors`` and
    ``notes`` are empty)."""
    level, outline, variables = compiled.level, compiled.outline, _with_now(variables)
    shown = _shown(compiled, _parsed(outline.parsers, answers), variables)
    data, _ = _validate(outline.validator, level, shown)
    compute(compiled.formulas, data, variables)
    required = frozenset([path for path, _, _ in demanded(level, data, {}, variables)])
    return Reading(data, hidden=frozenset(hidden_paths(level, shown, {}, variables)), required=required)


def read_data(compiled: CompiledType, data: Mapping[str, Any], variables: Variables) -> Reading:
    """Read typed values (from an import, an example, a correction); unknown names are errors, and what is
    left out altogether takes its default."""
    level = compiled.level
    unknown = [AnswerError(path, "unknown", say("Unknown field.")) for path in _unknown(level, data)]
    given = _with_defaults(level, data) if level.has_defaults else data
    return _read(compiled, _parsed(level.parsers, given), variables, (), unknown)


def _parsed(parsers: Parsers, answers: Mapping[str, Any]) -> Data:
    """Every answer as its field reads it; nothing where there is none."""
    sent = answers.get
    return {name: None if (raw := sent(name)) is None else parse(raw) for name, parse in parsers}


def _with_now(variables: Variables) -> Variables:
    return variables if "NOW" in variables else {"NOW": datetime.now(UTC), **variables}


def _read(
    compiled: CompiledType,
    typed: Data,
    variables: Variables,
    notes: tuple[Note, ...],
    unknown: Iterable[AnswerError],
) -> Reading:
    level, variables = compiled.level, _with_now(variables)
    shown = _shown(compiled, typed, variables)
    data, errors = _validate(compiled.validator, level, shown)
    compute(compiled.formulas, data, variables)
    demands = list(demanded(level, data, {}, variables))
    found = [
        *unknown,
        *errors,
        *missing(demands),
        *misfits(level, data),
        *misshapen(level, data),
        *altered(level, data, variables.get("BEFORE")),
    ]
    if compiled.checks:
        found += _check(compiled.checks, data, variables, {error.field for error in found})
    hidden = frozenset(hidden_paths(level, shown, {}, variables))
    required = frozenset([path for path, _, _ in demands])
    return Reading(data, tuple(first_of_each(found)), notes, hidden, required)


def _shown(compiled: CompiledType, typed: Data, variables: Variables) -> Data:
    """What remains when everything hidden is gone; where a computed value decides, they are worked out first,
    and again whenever something was hidden."""
    kept = typed
    for _ in range(len(compiled.level.fields) + 1 if compiled.shows_computed else 1):
        if compiled.shows_computed:
            compute(compiled.formulas, kept, variables)
        fresh = show(compiled.level, kept, {}, variables)
        if fresh == kept:
            return fresh
        kept = fresh
    return kept


def _validate(
    validator: TypeAdapter[Data], level: CompiledFields, typed: Data
) -> tuple[Data, list[AnswerError]]:
    try:
        return validator.validate_python(typed), []
    except ValidationError as error:
        errors = [translated(level, problem) for problem in error.errors(include_url=False)]
        return without(typed, [problem.path for problem in errors]), errors


def _unknown(level: CompiledFields, data: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    if not level.fields.keys() >= data.keys():
        yield from (f"{prefix}{name}" for name in data if name not in level.fields)
    for name, inner in level.inner.items():
        for begun, here in inside(name, data.get(name)):
            yield from _unknown(inner, here, prefix + begun)


def _with_defaults(level: CompiledFields, data: Mapping[str, Any]) -> Data:
    """`data` with the defaults of what was left out, in the rows and groups that are there too."""
    filled = {**{name: value for name, value in level.defaults.items() if name not in data}, **data}
    for name, inner in level.inner.items():
        value = filled.get(name)
        if isinstance(value, list):
            filled[name] = [_with_defaults(inner, row) if isinstance(row, dict) else row for row in value]
        elif isinstance(value, dict):
            filled[name] = _with_defaults(inner, value)
    return filled


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


_PICKED = frozenset({"choice", "picker", "secret"})


def _notes(level: CompiledFields, answers: Any, typed: Data, prefix: str = "") -> Iterator[Note]:
    """What normalising changed; never of secrets, and not of codes, which nobody typed."""
    if not isinstance(answers, Mapping):
        return
    for name, target in level.fields.items():
        raw, kept = answers.get(name), typed.get(name)
        if name not in level.inner:
            if raw is not None and target.control not in _PICKED and (told := target.retold(raw, kept)):
                yield Note(prefix + name, _as_typed(raw), told)
        else:
            for (begun, here), sent in zip(inside(name, kept), _sent(raw), strict=False):
                yield from _notes(level.inner[name], sent, here, prefix + begun)


def _as_typed(raw: Any) -> str:
    """What was typed, as one text: a date's boxes are put beside each other."""
    texts = [str(part) for part in raw.values() if part] if isinstance(raw, Mapping) else [str(raw)]
    return " ".join(texts).strip()


def _sent(raw: Any) -> list[Any]:
    """The rows that were filled in, or the one object of a group."""
    rows = raw if isinstance(raw, list) else [raw]
    return [row for row in rows if isinstance(row, Mapping) and any(row.values())]
