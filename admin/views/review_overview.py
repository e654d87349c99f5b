"""Every change of an application in one list: one line an answer, one line a row that came or went."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from models.language import Language, Text
from models.schema.compare import Difference, differences
from models.schema.definition import RecordType

MOST_LINES = 40
"""Most lines shown; all changes are marked in their place."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what changed, before and after; `kind` is "" where it is no row, `name` the answer."""

    label: str
    before: str
    after: str
    kind: str
    name: str


def overview_of(
    definition: RecordType, before: Mapping[str, Any], after: Mapping[str, Any], spoken: Language
) -> list[Line]:
    """The changes in the order of the form, one line more than MOST_LINES where there are more."""
    found = differences(definition, before, after, spoken)
    return list(islice(_lines(definition, found, spoken), MOST_LINES + 1))


def _lines(definition: RecordType, found: Iterable[Difference], spoken: Language) -> Iterator[Line]:
    for (row, kind), each in groupby(found, key=_whole_row):
        changes = list(each)
        if not row:
            yield from (_line(change, spoken) for change in changes)
            continue
        name, number = row.split(".")
        label = definition.by_name[name].label
        told = Text(ja=f"{label.ja} {int(number) + 1} 行目", en=f"{label('en')} row {int(number) + 1}")
        before = _joined(change.before for change in changes)
        yield Line(told(spoken), before, _joined(change.after for change in changes), kind, name)


def _whole_row(change: Difference) -> tuple[str, str]:
    """The row of a table that came or went as a whole ("" for any other change), and which of the two."""
    if change.kind not in ("added", "removed"):
        return "", ""
    return ".".join(change.path.split(".")[:2]), change.kind


def _joined(values: Iterable[str]) -> str:
    return " / ".join(value for value in values if value)


def _line(change: Difference, spoken: Language) -> Line:
    kind = change.kind if change.kind == "moved" else ""
    return Line(change.label(spoken), change.before, change.after, kind, change.path.split(".")[0])
