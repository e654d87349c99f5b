"""Columns of a record list, worked out from a definition: how each answer reads, how it may be filtered and
sorted."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from admin.language import language
from admin.language import lazy_gettext as _
from admin.views.clock_columns import CLOCK_COLUMNS
from admin.views.columns import Choice, Column, Kind, Operator, Query, Tone
from admin.views.listing import starting
from models.schema.definition import RecordType, singles
from models.schema.fields import BaseField
from models.schema.fields.base import as_day
from models.schema.fields.choice import BooleanField, ListedField
from models.schema.fields.composed import AddressField, PersonNameField
from models.schema.fields.moment import DateField, DateTimeField, TimeField, YearMonthField
from models.schema.fields.number import NumberField
from models.schema.fields.structure import ComputedField
from models.workflow.definition import State

MOST_COLUMNS = 6
"""Answers shown in a list of records besides number and state."""

ORDERED = (NumberField, DateField, DateTimeField, YearMonthField, TimeField)
"""Fields filtered by from and to."""


def columns_of(definition: RecordType, states: Mapping[str, State]) -> tuple[Column, ...]:
    """Number, title, the answers marked ``list``, state, turn and due date where they are named, last change;
    answers only marked ``filter`` are there to be asked for. Where somebody has to act in a state, it comes
    before the answers."""
    choices = state_choices(states)
    state = (
        Column("lifecycle", _("State"), "state", sortable=True, filters=("eq",), choices=choices),
        *(CLOCK_COLUMNS[name] for name in definition.columns),
    )
    told = list(_answers(definition))
    return (
        Column("number", _("Number"), "code", sortable=True, alone=True, filters=("eq", "startswith")),
        _title(definition),
        *((*state, *told) if any(each.held_by for each in states.values()) else (*told, *state)),
        Column("updated_at", _("Updated"), "moment", sortable=True, filters=("gte", "lte")),
    )


def _title(definition: RecordType) -> Column:
    """Sorted by the answer it is made of, where it is one that lists are sorted by."""
    named = definition.by_name.get(definition.title.strip("{}"))
    sortable = named is not None and named.sortable
    order = named.order_path(f"data.{named.name}") if named is not None and sortable else ""
    return Column("title", _("Title"), wrap=True, sortable=sortable, order=order)


def state_choices(states: Mapping[str, State]) -> dict[str, Choice]:
    """The states of a lifecycle as badges."""
    return {name: Choice(state.label, tone_of(states, name)) for name, state in states.items()}


def tone_of(states: Mapping[str, State], name: str) -> Tone:
    """How a state looks: one somebody is to act in asks for attention; of the others the first live one is as
    it should be, another live one (suspended, say) asks for attention, those left are over."""
    state = states[name]
    if not state.live:
        return "done"
    if state.held_by:
        return "warn"
    if name == next(each for each, other in states.items() if other.live and not other.held_by):
        return "good"
    return "done" if state.final else "warn"


def _answers(definition: RecordType) -> Iterator[Column]:
    """The answers a list shows, filters or sorts by; secrets are none of them."""
    title, shown = definition.title.strip("{}"), 0
    for path, field in singles(definition.fields):
        if field.confidential or not (field.listed or field.filterable or field.sortable):
            continue
        drawn = field.listed and field.name != title and shown < MOST_COLUMNS
        shown += drawn
        yield answer_column(".".join(path), field, drawn)


def answer_column(path: str, field: BaseField, drawn: bool = True) -> Column:
    """The column of one answer, stored at `path` of the data."""
    place = f"data.{path}"
    ordered = field.order_path(place)
    return Column(
        place,
        field.label,
        _kind(field),
        sortable=field.sortable,
        filters=_filters(field) if field.filterable else (),
        choices=_choices(field),
        show=partial(_told, field),
        order=ordered,
        drawn=drawn,
        match=partial(_match, field, ordered),
    )


def _told(field: BaseField, value: Any) -> str:
    return field.show(value, language())


def _kind(field: BaseField) -> Kind:
    if isinstance(field, NumberField) or _is_figure(field):
        return "number"
    if isinstance(field, DateField | DateTimeField):
        return "day"
    return "yes" if isinstance(field, BooleanField) else "text"


def _is_figure(field: BaseField) -> bool:
    """Whether it is worked out and no code of a list."""
    return isinstance(field, ComputedField) and not field.options


def _choices(field: BaseField) -> dict[str, Choice]:
    """What can be picked in a filter: options, and of an address its prefecture."""
    listed = next((p for p in field.parts if p.name == "prefecture"), field)
    if isinstance(field, AddressField) or isinstance(listed, ListedField):
        return {option.code: Choice(option.label) for option in getattr(listed, "options", ())}
    return {}


def _filters(field: BaseField) -> tuple[Operator, ...]:
    asked: tuple[Operator, ...] = () if field.required and field.asked else ("given",)
    if isinstance(field, ORDERED) or _is_figure(field):
        return ("gte", "lte", *asked)
    if isinstance(field, BooleanField) or _choices(field):
        return ("eq", *asked)
    return ("startswith", *asked)


def _match(field: BaseField, path: str, operator: Operator, text: str) -> Query:
    """The query of one filter on the answer at `path`; raises ``ValueError`` when `text` is none for it."""
    if operator == "given":
        given = {"true": True, "false": False}[text] if text in ("true", "false") else _refuse(text)
        return {path: {"$nin": [None, "", []]}} if given else {path: {"$in": [None, "", []]}}
    if operator == "startswith":
        return _beginning(field, path, text)
    value = _value(field, text, operator)
    return {path: value if operator == "eq" else {f"${operator}": value}}


def _beginning(field: BaseField, path: str, text: str) -> Query:
    """What begins with `text` as it is written, or as the field writes it; names also by their characters."""
    written = field.parse(text)
    spellings = {text, *([written] if isinstance(written, str) else [])}
    paths = [path]
    if isinstance(field, PersonNameField):
        kana = next((part.parse(text) for part in field.parts if part.name == "family_kana"), text)
        spellings.add(str(kana or text))
        paths.append(f"{path.rpartition('.')[0]}.family")
    tests = [{place: starting(spelling)} for place in dict.fromkeys(paths) for spelling in sorted(spellings)]
    return tests[0] if len(tests) == 1 else {"$or": tests}


def _value(field: BaseField, text: str, operator: Operator) -> Any:
    """`text` as the answers are stored; raises ``ValueError``."""
    choices = _choices(field)
    if choices:
        return text if text in choices else _refuse(text)
    if isinstance(field, BooleanField):
        return text == "true" if text in ("true", "false") else _refuse(text)
    if isinstance(field, DateTimeField):
        return _day(text) + ("T00:00" if operator == "gte" else "T23:59")
    if isinstance(field, DateField):
        return _day(text)
    if isinstance(field, ComputedField):
        return _number(text)
    value = field.parse(text)
    whole = f"{value}-01" if isinstance(field, YearMonthField) else ""
    unread = isinstance(field, NumberField) and isinstance(value, str)
    return _refuse(text) if unread or (whole and as_day(whole) is None) else value


def _day(text: str) -> str:
    day = as_day(text)
    return day.isoformat() if day else str(_refuse(text))


def _number(text: str) -> int | Decimal | str:
    """A computed value is a number or a text: what reads as a number is meant as one."""
    try:
        number = Decimal(text)
    except ArithmeticError:
        return text
    return int(number) if number == number.to_integral_value() and number.is_finite() else number


def _refuse(text: str) -> Any:
    raise ValueError(text)
