"""An operator's records of one type as a list: searched, filtered, sorted, page by page.

Every question goes through the index of the operator's own records (``models.documents.own_rows``)."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from models.documents.keyset import beyond, turned
from models.documents.own_rows import OwnRows, own_rows
from models.documents.rows import Rows, storable
from models.permissions import Actor
from models.schema.clock_columns import ClockColumns, turn_words
from models.schema.definition import RecordType, singles
from models.schema.fields import BaseField
from models.schema.fields.base import as_day
from models.schema.fields.choice import BooleanField, ListedField
from models.schema.fields.moment import DateField, DateTimeField, YearMonthField
from models.schema.fields.number import NumberField
from models.schema.patterns import literally
from models.schema.search import fold, needles
from models.services.records import scope
from models.services.seeing import seen
from models.services.site import Site
from models.services.spanning import shown, spanned

Where = Mapping[str, Any]
Order = list[tuple[str, int]]
Test = Literal["choice", "yes", "range", "text"]

PAGE = 25
DUE = "_due"
"""The order by when a record is due, named as no field can be."""

COUNT_LIMIT = 1001
LONGEST = 100
MOST_COLUMNS = 5
"""Answers shown besides number, title and state."""

FACTS = ("number", "title", "lifecycle", "updated_at", "schema_version", "awaits", "due")
ORDERED = (NumberField, DateField, DateTimeField, YearMonthField)
HIGHEST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Column:
    """One answer of a list, at `path` of the data: whether it is shown, sorted by, and how it is filtered
    (None: not at all)."""

    path: str
    field: BaseField
    drawn: bool
    sortable: bool
    test: Test | None
    options: tuple[Any, ...] = ()

    @property
    def place(self) -> str:
        """Where it stands in a record."""
        return f"data.{self.path}"

    @property
    def order(self) -> str:
        """Where the value stands that it is sorted and filtered by."""
        return self.field.order_path(self.place)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a list: a text, a state, whose turn it is (``operator``, ``staff``, or ``late`` for
    what is overdue), tests by parameter name (``path``, ``path.from``, ``path.to``), an order by a column's
    path (with a minus: downwards; ``DUE``: what is due, soonest first), a row to go on after or to end
    before."""

    text: str = ""
    state: str = ""
    turn: str = ""
    tests: Mapping[str, str] = dataclasses.field(default_factory=dict)
    sort: str = ""
    after: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of raw records, how many there are as far as was counted, the ids to go on from ("" where
    nothing lies beyond), and the tests that could not be read."""

    rows: Sequence[Mapping[str, Any]]
    count: int
    previous: str
    following: str
    unread: tuple[str, ...] = ()


def columns_for(site: Site, actor: Actor, type_name: str) -> tuple[Column, ...]:
    """The columns of a list, of what `actor` may read: what is not among them is neither shown nor asked
    for."""
    return columns_of(seen(site, actor, type_name, site.registry.current(type_name).version))


@lru_cache(maxsize=256)
def columns_of(definition: RecordType) -> tuple[Column, ...]:
    """The answers marked ``list``, ``filter`` or ``sort``; secrets are none of them."""
    return tuple(_columns(definition))


def _columns(definition: RecordType) -> Iterator[Column]:
    shown, titled = 0, definition.title.strip("{}")
    for path, field in singles(definition.fields):
        if field.confidential or not (field.listed or field.filterable or field.sortable):
            continue
        drawn = field.listed and field.name != titled and shown < MOST_COLUMNS
        shown += drawn
        test = _test_of(field) if field.filterable else None
        yield Column(".".join(path), field, drawn, field.sortable, test, _options(field))


def _test_of(field: BaseField) -> Test:
    if isinstance(field, BooleanField):
        return "yes"
    if _options(field):
        return "choice"
    return "range" if isinstance(field, ORDERED) else "text"


def _options(field: BaseField) -> tuple[Any, ...]:
    """What can be picked: options, and of an address its prefecture."""
    listed = next((part for part in field.parts if part.name == "prefecture"), field)
    return tuple(listed.options) if isinstance(listed, ListedField) else ()


async def page(site: Site, actor: Actor, type_name: str, asked: Asked) -> Listed:
    """A page of the records `actor` may see, as asked. Raises NotFound, NotAllowed, SearchTooWide."""
    columns = columns_for(site, actor, type_name)
    where, unread = narrowed(site, actor, type_name, asked)
    source, order = _rows(site, type_name), order_for(site, actor, type_name, asked.sort)
    count = await source.count(where, COUNT_LIMIT)
    place = await _place(source, asked.after or asked.before, where, order)
    back = bool(asked.before) and place is not None
    way = turned(order) if back else order
    limits = beyond(way, place) if place is not None else {}
    paths = [*FACTS, *(column.place for column in columns if column.drawn)]
    rows = await source.first(together(where, limits), way, PAGE + 1, paths)
    more, kept = len(rows) > PAGE, list(rows[:PAGE])
    kept = kept[::-1] if back else kept
    earlier, later = (more, True) if back else (place is not None, more)
    return Listed(
        await shown(site, type_name, kept),
        count,
        str(kept[0]["_id"]) if kept and earlier else "",
        str(kept[-1]["_id"]) if kept and later else "",
        unread,
    )


def narrowed(
    site: Site, actor: Actor, type_name: str, asked: Asked
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What was asked as a query within what `actor` may see, and the names of the tests that could not be
    read: those select nothing. Raises NotFound, NotAllowed."""
    columns, unread = columns_for(site, actor, type_name), []
    parts: list[Where] = [scope(site, actor, type_name), _searched(asked.text)]
    if asked.state:
        parts.append({"lifecycle": asked.state})
    parts += _of_clock(site, type_name, asked)
    for column in columns:
        for name, text in _tests(column, asked.tests):
            try:
                test = storable({column.order: _wanted(column, name, text)})
                parts.append(spanned(site, type_name, test))
            except ValueError:
                unread.append(name)
    if unread:
        parts.append({"_id": {"$in": []}})
    return together(*parts), tuple(unread)


def clock_columns(site: Site, type_name: str) -> ClockColumns:
    """Which of turn and due date the lists of a type show."""
    return site.registry.current(type_name).definition.columns


def _of_clock(site: Site, type_name: str, asked: Asked) -> Iterator[Where]:
    """What is asked of turn and due date. An operator is told of a due date only while a record waits for
    somebody, as on its page."""
    told = clock_columns(site, type_name)
    if asked.turn in turn_words("operator") and "awaits" in told:
        yield {"awaits": {"$in": [asked.turn, "both"]}}
    late = asked.turn == "late"
    if (late or asked.sort == DUE) and "due" in told:
        yield {"awaits": {"$gt": ""}, "due": {"$type": "date", **({"$lte": site.now()} if late else {})}}


def _tests(column: Column, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The tests given for a column, by their names."""
    names = (f"{column.path}.from", f"{column.path}.to") if column.test == "range" else (column.path,)
    for name in names if column.test else ():
        if text := given.get(name, "").strip():
            yield name, text[:LONGEST]


def _wanted(column: Column, name: str, text: str) -> Any:
    """What the stored value has to be. Raises ValueError for what cannot be read."""
    if column.test == "choice":
        return text if any(option.code == text for option in column.options) else _refuse(text)
    if column.test == "yes":
        return text == "yes" if text in ("yes", "no") else _refuse(text)
    if column.test == "text":
        written = column.field.parse(text)
        return {"$regex": f"^{literally(written if isinstance(written, str) else text)}"}
    begins = name.endswith(".from")
    return {"$gte" if begins else "$lte": _limit(column.field, text, begins)}


def _limit(field: BaseField, text: str, begins: bool) -> Any:
    """The beginning or end of a range as the answers are stored. Raises ValueError."""
    if isinstance(field, DateField | DateTimeField):
        day = as_day(field.parse(text) if isinstance(field, DateField) else text)
        if day is None:
            return _refuse(text)
        clock = ("T00:00" if begins else "T23:59") if isinstance(field, DateTimeField) else ""
        return f"{day.isoformat()}{clock}"
    value = field.parse(text)
    if isinstance(field, YearMonthField):
        return value if as_day(f"{value}-01") else _refuse(text)
    return _refuse(text) if isinstance(value, str) or value is None else value


def _refuse(text: str) -> Any:
    raise ValueError(text)


def _searched(text: str) -> dict[str, Any]:
    """Records that hold `text`, by their search entries; what is typed is taken literally."""
    folded = fold(text[:LONGEST])
    if not folded:
        return {}
    if len(folded) == 1:
        return {"grams": {"$elemMatch": {"$gte": folded, "$lt": f"{folded}{HIGHEST}"}}}
    return {"grams": {"$all": needles(text[:LONGEST])}}


def order_for(site: Site, actor: Actor, type_name: str, sort: str) -> Order:
    """The order asked for, of what `actor` may read; by number where there is none of that name."""
    if sort == DUE and "due" in clock_columns(site, type_name):
        return [("due", 1), ("_id", 1)]
    return order_of(columns_for(site, actor, type_name), sort)


def order_of(columns: Sequence[Column], sort: str) -> Order:
    """The order asked for; by number where there is none of that name."""
    way, path = (-1, sort[1:]) if sort.startswith("-") else (1, sort)
    known = {column.path: column.order for column in columns if column.sortable}
    known |= {"number": "number", "updated": "updated_at"}
    return [(known.get(path, "number"), way if path in known else 1), ("_id", way if path in known else 1)]


def together(*parts: Where) -> dict[str, Any]:
    """Queries joined by AND; empty ones add nothing."""
    needed = [dict(part) for part in parts if part]
    return {"$and": needed} if len(needed) > 1 else (needed[0] if needed else {})


async def _place(source: Rows, pk: str, where: Where, order: Order) -> list[Any] | None:
    """The values the row an address names is sorted by; only of rows the reader may see, so that a forged
    name tells nothing."""
    paths = [path for path, _ in order]
    row = await source.one(pk, where, paths) if pk else None
    return None if row is None else [_value(row, path) for path in paths]


def _value(row: Any, path: str) -> Any:
    for name in path.split("."):
        row = row.get(name) if isinstance(row, Mapping) else None
    return None if isinstance(row, list) else row


def _rows(site: Site, type_name: str) -> OwnRows:
    return own_rows(site.registry.current(type_name).definition.collection)
