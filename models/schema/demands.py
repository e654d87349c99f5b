"""What answers must fulfil beyond their types: what is required, rows that differ, what cannot change."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.language import Message
from models.schema.compiled import CompiledFields
from models.schema.fault import AnswerError, say
from models.schema.fields import BaseField, TableField
from models.schema.fields.choice import ListedField
from models.schema.formats import FORMATS
from models.schema.levels import Data, Variables, inside, scope

Demand = tuple[str, BaseField, Any]
"""One answer that must be there: its path, its field, and what is there."""


def demanded(
    level: CompiledFields, data: Data, around: Data, variables: Variables, prefix: str = ""
) -> Iterator[Demand]:
    """Every answer required now: of rows and groups that are filled in, and of groups required themselves."""
    seen = scope(around, data)
    names: Sequence[str] = level.always
    if level.shown or level.sometimes:
        now = (*level.always, *(n for n, rule in level.sometimes.items() if rule(seen, variables)))
        names = [n for n in now if n not in level.shown or level.shown[n](seen, variables)]
    for name in names:
        yield prefix + name, level.fields[name], data.get(name)
    for name, inner in level.inner.items():
        value = data.get(name)
        if value is None and name in names and not level.fields[name].repeats:
            value = {}
        for begun, here in inside(name, value):
            yield from demanded(inner, here, seen, variables, prefix + begun)


def missing(demands: Sequence[Demand]) -> Iterator[AnswerError]:
    """What is required and not there; of an empty group its parts, where any of them is required."""
    for path, target, value in demands:
        if (not value or target.parts) and target.is_empty(value):
            begun = f"{path}."
            if not target.parts or not any(other.startswith(begun) for other, _, _ in demands):
                yield AnswerError(path, *_absent(target))


_ABSENT = {
    "choice": ("required", "Choose {label}."),
    "choices": ("required", "Choose {label}."),
    "reference": ("required", "Choose {label}."),
    "account": ("required", "Choose {label}."),
    "boolean": ("required", "{label} Answer yes or no."),
    "declaration": ("declaration", "{label}: read the statement and affirm it."),
    "file": ("required", "{label}: choose a file."),
    "files": ("required", "{label}: choose a file."),
    "certificate": ("required", "{label}: present a client certificate."),
    "table": ("min_rows", "{label}: add at least one row."),
}


def _absent(target: BaseField) -> tuple[str, Message]:
    key, msgid = _ABSENT.get(target.type, ("required", "Enter {label}."))
    return key, say(msgid, target)


def misfits(level: CompiledFields, data: Data, prefix: str = "") -> Iterator[AnswerError]:
    """Tables with too few rows, and rows that are alike where a column is unique."""
    for name, inner in level.inner.items():
        target, value = level.fields[name], data.get(name)
        if isinstance(target, TableField) and isinstance(value, list):
            if 0 < len(value) < target.min_rows:
                message = say("{label} needs at least {min_rows} rows.", target, min_rows=target.min_rows)
                yield AnswerError(prefix + name, "min_rows", message)
            yield from _alike(inner, value, f"{prefix}{name}.")
        for begun, here in inside(name, value):
            yield from misfits(inner, here, prefix + begun)


def _alike(level: CompiledFields, rows: Sequence[Any], prefix: str) -> Iterator[AnswerError]:
    for names in level.distinct:
        seen: set[str] = set()
        for index, row in enumerate(rows):
            if not isinstance(row, Mapping) or level.fields[names[0]].is_empty(row.get(names[0])):
                continue
            values = repr([row.get(name) for name in names])
            if values in seen:
                message = say("{label}: another row has the same value.", level.fields[names[0]])
                yield AnswerError(f"{prefix}{index}.{names[0]}", "duplicate", message)
            seen.add(values)


def altered(level: CompiledFields, data: Data, before: Any, prefix: str = "") -> Iterator[AnswerError]:
    """Fields that are ``set_once``, were set in the version in force, and are something else now. Rows of
    tables have no identity, so what is inside them is not looked at."""
    if not isinstance(before, Mapping):
        return
    for name in level.kept:
        target, old = level.fields[name], before.get(name)
        if name in data and not target.is_empty(old) and target.compare(old, data[name]):
            yield AnswerError(
                prefix + name, "set_once", say("{label} cannot be changed once it is registered.", target)
            )
    for name, inner in level.groups.items():
        for begun, here in inside(name, data.get(name)):
            yield from altered(inner, here, before.get(name), prefix + begun)


Around = Sequence[tuple[CompiledFields, Data]]


def misshapen(
    level: CompiledFields, data: Data, around: Around = (), prefix: str = ""
) -> Iterator[AnswerError]:
    """Formats that look at another answer (a supply point must lie in the area chosen)."""
    here = ((level, data), *around)
    for target in level.shaped:
        value = data.get(target.name)
        if not isinstance(value, str):
            continue
        shape, given = FORMATS[target.format_name or ""], target.format_parameters
        parameters = {
            known.resolved: _attribute(here, given[known.name], known.attribute)
            for known in shape.parameters
            if known.name in given
        }
        if problem := shape.check_with(value, parameters):
            yield AnswerError(prefix + target.name, "format", say(problem, target))
    for name, inner in level.shaping.items():
        for begun, row in inside(name, data.get(name)):
            yield from misshapen(inner, row, here, prefix + begun)


def _attribute(around: Around, name: str, attribute: str) -> Any:
    """The attribute of the option chosen in the field `name`, looked for beside and then around."""
    level, data = next(((lv, d) for lv, d in around if name in lv.fields), around[0])
    target = level.fields.get(name)
    option = target.option(data.get(name)) if isinstance(target, ListedField) else None
    return option.attributes.get(attribute) if option else None
