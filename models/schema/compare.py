"""What changed between two sets of answers, field by field, tables row by row, groups part by part."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from models.language import Language, Text
from models.schema.alignment import Pair, align
from models.schema.definition import RecordType
from models.schema.fields import BaseField
from models.schema.fields.secret import DOTS


@dataclass(frozen=True, slots=True)
class Difference:
    """One answer that changed; ``before`` or ``after`` is "" where there was none. Secrets are dots.

    In tables ``path`` and ``label`` name the row as it is numbered now, of a row that was ``removed`` as it
    was numbered before. A row that stands elsewhere is told once as ``moved``, with its places."""

    path: str
    label: Text
    before: str
    after: str
    kind: Literal["changed", "added", "removed", "moved"] = "changed"


def differences(
    definition: RecordType, before: Mapping[str, Any], after: Mapping[str, Any], language: Language
) -> Iterator[Difference]:
    """The answers that differ, as a person would read them, in the order of the form."""
    yield from _differ_all(definition.fields, before, after, language)


def _differ_all(
    fields: tuple[BaseField, ...],
    before: Any,
    after: Any,
    language: Language,
    prefix: str = "",
    around: tuple[Text, ...] = (),
) -> Iterator[Difference]:
    old = before if isinstance(before, Mapping) else {}
    new = after if isinstance(after, Mapping) else {}
    for field in fields:
        left, right = old.get(field.name), new.get(field.name)
        if field.stored and not same(field, left, right):
            yield from _differ(field, prefix + field.name, left, right, language, around)


def same(field: BaseField, left: Any, right: Any) -> bool:
    """Whether two answers to `field` are the same to a person; damaged ones are compared as they are."""
    if left == right or (field.is_empty(left) and field.is_empty(right)):
        return True
    if field.parts or type(left) is not type(right):
        return False
    return field.compare(left, right) == 0


def _differ(
    field: BaseField, path: str, before: Any, after: Any, language: Language, around: tuple[Text, ...]
) -> Iterator[Difference]:
    if not field.parts:
        label = _label((*around, field.label))
        yield Difference(path, label, told(field, before, language), told(field, after, language))
    elif not field.repeats:
        yield from _differ_all(field.parts, before, after, language, f"{path}.", (*around, field.label))
    else:
        yield from _differ_rows(field, path, rows_of(before), rows_of(after), language, around)


def _differ_rows(
    field: BaseField,
    path: str,
    before: list[Mapping[str, Any]],
    after: list[Mapping[str, Any]],
    language: Language,
    around: tuple[Text, ...],
) -> Iterator[Difference]:
    for pair in align_rows(field, before, after):
        number = pair.before if pair.after is None else pair.after
        left = before[pair.before] if pair.before is not None else {}
        right = after[pair.after] if pair.after is not None else {}
        place = (*around, _row(field.label, (number or 0) + 1))
        if pair.moved and pair.before is not None and pair.after is not None:
            was, now = (_place(index + 1)(language) for index in (pair.before, pair.after))
            yield Difference(f"{path}.{number}", _label(place), was, now, "moved")
        for found in _differ_all(field.parts, left, right, language, f"{path}.{number}.", place):
            kind = "added" if pair.before is None else "removed" if pair.after is None else found.kind
            yield found if kind == found.kind else replace(found, kind=kind)


def align_rows(
    field: BaseField, before: list[Mapping[str, Any]], after: list[Mapping[str, Any]]
) -> list[Pair]:
    """The rows of a table before and after, those that belong together in pairs."""
    if before == after:
        return [Pair(index, index) for index in range(len(after))]
    return align(before, after, _naming(field))


def _naming(field: BaseField) -> tuple[str, ...]:
    """The columns whose values name a row: those that are unique in the table, else its first."""
    single = [part for part in field.parts if part.stored and part.asked and not part.parts]
    return tuple([part.name for part in single if part.unique] or [part.name for part in single[:1]])


def rows_of(value: Any) -> list[Mapping[str, Any]]:
    """The rows of a table's answer; what is no row is left out."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def told(field: BaseField, value: Any, language: Language) -> str:
    """An answer as a person reads it; one that is not of its field's shape as it is stored, and what is
    confidential never."""
    try:
        return field.show(value, language)
    except (TypeError, ValueError, KeyError, AttributeError, ArithmeticError):
        return DOTS if field.confidential else str(value)


def _row(label: Text, number: int) -> Text:
    return Text(ja=f"{label.ja} {number} 行目", en=f"{label('en')} row {number}")


def _place(number: int) -> Text:
    return Text(ja=f"{number} 行目", en=f"row {number}")


def _label(names: tuple[Text, ...]) -> Text:
    """The field's label after those of what it stands in."""
    if len(names) == 1:
        return names[0]
    return Text(ja="：".join(name.ja for name in names), en=": ".join(name("en") for name in names))
