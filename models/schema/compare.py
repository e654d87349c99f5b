"""What changed between two sets of answers, field by field, tables row by row."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from models.language import Language, Text
from models.schema.definition import RecordType
from models.schema.fields import BaseField, TableField


@dataclass(frozen=True, slots=True)
class Difference:
    """One answer that changed; ``before`` or ``after`` is "" where there was none."""

    path: str
    label: Text
    before: str
    after: str


def differences(
    definition: RecordType, before: Mapping[str, Any], after: Mapping[str, Any], language: Language
) -> Iterator[Difference]:
    """The answers that differ, as a person would read them, in the order of the form."""
    for field in definition.fields:
        if field.stored and before.get(field.name) != after.get(field.name):
            yield from _differ(field, field.name, before.get(field.name), after.get(field.name), language)


def _differ(field: BaseField, path: str, before: Any, after: Any, language: Language) -> Iterator[Difference]:
    if not isinstance(field, TableField):
        yield Difference(path, field.label, field.show(before, language), field.show(after, language))
        return
    old, new = before or [], after or []
    for row in range(max(len(old), len(new))):
        left = old[row] if row < len(old) else {}
        right = new[row] if row < len(new) else {}
        for part in field.fields:
            if left.get(part.name) != right.get(part.name):
                label = Text(
                    ja=f"{field.label.ja} {row + 1} 行目：{part.label.ja}",
                    en=f"{field.label('en')} row {row + 1}: {part.label('en')}",
                )
                place = f"{path}.{row}.{part.name}"
                yield Difference(
                    place,
                    label,
                    part.show(left.get(part.name), language),
                    part.show(right.get(part.name), language),
                )
