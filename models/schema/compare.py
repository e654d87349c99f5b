"""What changed between two sets of answers, field by field, tables row by row, groups part by part."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from models.language import Language, Text
from models.schema.definition import RecordType
from models.schema.fields import BaseField


@dataclass(frozen=True, slots=True)
class Difference:
    """One answer that changed; ``before`` or ``after`` is "" where there was none. Secrets are dots."""

    path: str
    label: Text
    before: str
    after: str


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
        if field.stored and not _same(field, left, right):
            yield from _differ(field, prefix + field.name, left, right, language, around)


def _same(field: BaseField, left: Any, right: Any) -> bool:
    if field.is_empty(left) and field.is_empty(right):
        return True
    return left == right if field.parts else field.compare(left, right) == 0


def _differ(
    field: BaseField, path: str, before: Any, after: Any, language: Language, around: tuple[Text, ...]
) -> Iterator[Difference]:
    if not field.parts:
        label = _label((*around, field.label))
        yield Difference(path, label, field.show(before, language), field.show(after, language))
    elif not field.repeats:
        yield from _differ_all(field.parts, before, after, language, f"{path}.", (*around, field.label))
    else:
        old, new = (rows if isinstance(rows, list) else [] for rows in (before, after))
        for row in range(max(len(old), len(new))):
            left, right = (rows[row] if row < len(rows) else {} for rows in (old, new))
            place = (*around, _row(field.label, row + 1))
            yield from _differ_all(field.parts, left, right, language, f"{path}.{row}.", place)


def _row(label: Text, number: int) -> Text:
    return Text(ja=f"{label.ja} {number} 行目", en=f"{label('en')} row {number}")


def _label(names: tuple[Text, ...]) -> Text:
    """The field's label after those of what it stands in."""
    if len(names) == 1:
        return names[0]
    return Text(ja="：".join(name.ja for name in names), en=": ".join(name("en") for name in names))
