"""The questions about the records of a type: what an index serves, of what a person may see."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from models.language import Text
from models.schema.clock_columns import CLOCK_LABELS, ClockColumn, turn_words
from models.schema.definition import RecordType, singles
from models.schema.fields import BaseField
from models.schema.fields.choice import BooleanField, ListedField
from models.schema.fields.moment import DateField, DateTimeField, TimeField, YearMonthField
from models.schema.fields.number import NumberField
from models.schema.fields.structure import ComputedField
from models.schema.filters.tree import Askable, Kind

_KINDS: tuple[tuple[type[BaseField], Kind], ...] = (
    (NumberField, "number"),
    (DateField, "day"),
    (DateTimeField, "moment"),
    (YearMonthField, "month"),
    (TimeField, "time"),
    (BooleanField, "yes"),
)


def record_askable(seen: RecordType, states: Mapping[str, Text]) -> tuple[Askable, ...]:
    """The questions about records of a type; `seen` is the definition as the reader may see it
    (``models.access.seen_by``). Secrets are never asked for."""
    lifecycle = tuple(states.items())
    return (
        Askable("number", Text(ja="番号", en="Number"), "text", indexed=True, required=True),
        Askable(
            "lifecycle", Text(ja="状態", en="State"), "choice", options=lifecycle, indexed=True, required=True
        ),
        *(_of_clock(name) for name in seen.columns),
        *_answers(seen),
        Askable("updated_at", Text(ja="更新日時", en="Updated"), "moment", indexed=True, required=True),
    )


def _of_clock(name: ClockColumn) -> Askable:
    """The question about whose turn a record is, as the staff ask it, or by when it is due."""
    if name == "due":
        return Askable("due", CLOCK_LABELS["due"], "moment", indexed=True, ends=True)
    options = tuple(turn_words("staff").items())
    return Askable("awaits", CLOCK_LABELS["awaits"], "choice", options=options, indexed=True)


_TEXTUAL = frozenset({"$concat", "$toLower", "$substrCP"})
"""Operators whose results are texts; other formulas are asked for numbers."""


@lru_cache(maxsize=256)
def _answers(seen: RecordType) -> tuple[Askable, ...]:
    return tuple(_asked(seen))


def _asked(seen: RecordType) -> Iterator[Askable]:
    for path, field in singles(seen.fields):
        if field.confidential or not (field.filterable or field.index or field.sortable):
            continue
        place = ".".join(path)
        yield answer_askable(f"data.{place}", field, restricted=_is_restricted(seen, path))


def _is_restricted(seen: RecordType, path: tuple[str, ...]) -> bool:
    fields = dict(singles(seen.fields))
    around = (fields[path[:end]] for end in range(1, len(path) + 1))
    return any(field.access is not None and field.access.read is not None for field in around)


def answer_askable(path: str, field: BaseField, *, restricted: bool = False) -> Askable:
    """The question about the answers of `field`, stored at `path`."""
    place, label = field.order_path(path), field.label
    part = next((part for part in field.parts if place == f"{path}.{part.name}"), None)
    if part is not None:
        label = Text(ja=f"{label.ja}（{part.label.ja}）", en=f"{label('en')} ({part.label('en')})")
    asked = part or field
    options = asked.options if isinstance(asked, ListedField) else ()
    return Askable(
        place,
        label,
        "choice" if options else _kind(asked),
        options=tuple((option.code, option.label) for option in options),
        indexed=True,
        required=field.required and field.asked and field.show_when is None,
        restricted=restricted,
        field=asked,
    )


def _kind(field: BaseField) -> Kind:
    if isinstance(field, ComputedField):
        textual = isinstance(field.value, Mapping) and bool(_TEXTUAL & field.value.keys())
        return "text" if textual else "number"
    return next((kind for of, kind in _KINDS if isinstance(field, of)), "text")
