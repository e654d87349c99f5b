"""The state of a list, all of it in its address:
``?after=…&page=2&page_size=50&sort=code__desc&q=…&state__eq=draft``.

The grammar is starlette-admin's (``field__operator=value``), one condition per parameter, joined by AND.
``after`` and ``before`` name the row a page begins behind or ends before, by its key: no answer stands in an
address that was not typed there. ``page`` counts along, and leads there alone too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette_admin.i18n import get_tzinfo

from admin.language import say
from admin.refusals import Problem
from admin.views.columns import Column, Operator
from models.documents.rows import storable
from models.schema.patterns import literally

LONGEST = 200
LONGEST_KEY = 64
SIZES = (25, 50, 100)
FARTHEST = 10_000


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter as typed: its column, its operator, its text."""

    column: Column
    operator: Operator
    text: str

    @property
    def name(self) -> str:
        return f"{self.column.path}__{self.operator}"


@dataclass(frozen=True, slots=True)
class Listing:
    """A list's state: page (from 1), rows a page, order, search text and conditions; the row it goes on
    after or before, or that it is the last page; parameters of others that stay as they are (`kept`), and
    the names of those whose text is too long to be used."""

    page: int
    size: int
    order: tuple[tuple[str, int], ...]
    q: str
    conditions: tuple[Condition, ...]
    usual: tuple[tuple[str, int], ...] = ()
    after: str = ""
    before: str = ""
    end: bool = False
    kept: tuple[tuple[str, str], ...] = ()
    too_long: tuple[str, ...] = ()

    @property
    def is_first(self) -> bool:
        """Whether it begins with the first row."""
        return self.page == 1 and not (self.after or self.before or self.end)

    def typed(self, column: Column, operator: str) -> str:
        """What was typed for one filter; empty when it is not set."""
        return next((c.text for c in self.conditions if (c.column, c.operator) == (column, operator)), "")

    def query(self, **changed: Any) -> str:
        """The address's query with some of page, size, order, q, conditions changed; defaults left out. A
        place in the list (after, before, end) is kept only when it is said again."""
        state = {name: getattr(self, name) for name in ("page", "size", "order", "q", "conditions")} | changed
        pairs: list[tuple[str, Any]] = [*self.kept, *((c.name, c.text) for c in state["conditions"])]
        if state["q"]:
            pairs.append(("q", state["q"]))
        if state["order"] != self.usual:
            pairs += [("sort", f"{path}__{'asc' if way > 0 else 'desc'}") for path, way in state["order"]]
        if state["size"] != SIZES[1]:
            pairs.append(("page_size", state["size"]))
        pairs += [(name, changed[name]) for name in ("after", "before") if changed.get(name)]
        if changed.get("end"):
            pairs.append(("at", "end"))
        if state["page"] > 1:
            pairs.append(("page", state["page"]))
        return f"?{urlencode(pairs)}" if pairs else "?"


def read(
    asked: QueryParams,
    columns: Sequence[Column],
    usual: Sequence[tuple[str, int]],
    *,
    sorts: int = 3,
    keeps: Sequence[str] = (),
) -> Listing:
    """The state in an address; what is malformed falls back to the default, so that no link is an error. At
    most `sorts` columns order it; the parameters named by `keeps` go along."""
    size = _number(asked.get("page_size"), SIZES[1])
    size = size if size in SIZES else SIZES[1]
    page = max(_number(asked.get("page"), 1), 1)
    after, before, end = _place(asked.get("after")), _place(asked.get("before")), asked.get("at") == "end"
    return Listing(
        page=page if after or before else min(page, FARTHEST // size),
        size=size,
        order=tuple(_order(asked.getlist("sort")[:sorts], columns)) or tuple(usual),
        q=readable(asked.get("q") or ""),
        conditions=tuple(_conditions(asked, columns)),
        usual=tuple(usual),
        after=after,
        before="" if after else before,
        end=end and not (after or before),
        kept=tuple((name, asked[name]) for name in keeps if asked.get(name)),
        too_long=tuple(_too_long(asked, columns)),
    )


def _place(text: str | None) -> str:
    """A row's key as addresses write it: short, without blanks."""
    return text if text and len(text) <= LONGEST_KEY and text.isprintable() and " " not in text else ""


def _too_long(asked: QueryParams, columns: Sequence[Column]) -> Iterable[str]:
    names = ["q", *(f"{column.path}__{operator}" for column in columns for operator in column.filters)]
    return (name for name in names if len((asked.get(name) or "").strip()) > LONGEST)


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 8 else otherwise


def readable(text: str) -> str:
    """Text typed into a search box or a filter: without control characters, at most 200 characters."""
    return "".join(letter for letter in text if letter.isprintable()).strip()[:LONGEST]


def _order(sorts: Iterable[str], columns: Sequence[Column]) -> Iterable[tuple[str, int]]:
    sortable = {column.path for column in columns if column.sortable}
    for sort in sorts:
        path, _, way = sort.rpartition("__")
        if path in sortable:
            yield path, -1 if way == "desc" else 1


def _conditions(asked: QueryParams, columns: Sequence[Column]) -> Iterable[Condition]:
    for column in columns:
        for operator in column.filters:
            text = readable(asked.get(f"{column.path}__{operator}") or "")
            if text:
                yield Condition(column, operator, text)


# --- conditions as MongoDB queries --------------------------------------------------------------------------


def together(*parts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Queries joined by AND; empty ones add nothing."""
    needed = [part for part in parts if part]
    return {"$and": needed} if len(needed) > 1 else (needed[0] if needed else {})


def starting(text: str) -> dict[str, str]:
    """Values that begin with `text`, taken literally; anchored, so an index can serve it."""
    return {"$regex": f"^{literally(text)}"}


def containing(text: str) -> dict[str, str]:
    """Values that contain `text`, taken literally."""
    return {"$regex": literally(text)}


def queries(conditions: Iterable[Condition]) -> tuple[list[Mapping[str, Any]], list[Problem]]:
    """The conditions as queries, and those whose text cannot be read as their column's kind."""
    good: list[Mapping[str, Any]] = []
    bad: list[Problem] = []
    for condition in conditions:
        try:
            good.append(storable(_query(condition)))
        except ValueError:
            message = say("“{text}” cannot be used to filter {column}.")
            bad.append(
                Problem(message.format(text=condition.text, column=condition.column.title), condition.name)
            )
    return good, bad


def too_long(state: Listing, columns: Iterable[Column]) -> list[Problem]:
    """A line for each text that is too long to be asked for; none is cut without saying so."""
    titles = {f"{column.path}__{operator}": column.title for column in columns for operator in column.filters}
    message = say("“{field}” may have 200 characters at most; nothing was searched for.")
    return [
        Problem(message.format(field=titles.get(name, say("Search in list"))), name)
        for name in state.too_long
    ]


def _query(condition: Condition) -> Mapping[str, Any]:
    column = condition.column
    if column.match:
        return column.match(condition.operator, condition.text)
    return {column.path: _test(condition)}


def _test(condition: Condition) -> Any:
    if condition.operator == "startswith":
        return starting(condition.text)
    if condition.column.kind == "moment":
        return _whole_day(condition.operator, date.fromisoformat(condition.text))
    value = _value(condition.column, condition.text)
    return value if condition.operator == "eq" else {f"${condition.operator}": value}


def _value(column: Column, text: str) -> Any:
    """`text` as `column` stores it; raises ``ValueError``."""
    if column.kind == "number":
        return float(text) if "." in text else int(text)
    if column.kind == "day":
        return date.fromisoformat(text).isoformat()
    if column.kind == "yes":
        return {"true": True, "false": False}.get(text) if text in ("true", "false") else int("")
    if column.choices and text not in column.choices:
        raise ValueError(text)
    return text


def _whole_day(operator: Operator, day: date) -> Mapping[str, datetime]:
    """The moments of `day` in the admin's zone, as UTC bounds."""
    begin = datetime.combine(day, time(), get_tzinfo()).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), get_tzinfo()).astimezone(UTC)
    return {"eq": {"$gte": begin, "$lt": end}, "gte": {"$gte": begin}, "lte": {"$lt": end}}[operator]
