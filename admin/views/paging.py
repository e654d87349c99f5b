"""Pages of a list that go on after a row, however deep: first, previous, next, last."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from admin.views.base import RecordSource, Row, Where, dig
from admin.views.listing import Listing, together
from models.documents.keyset import beyond, turned

Order = Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list, whether others come before and after them, and the state they are of: the one asked
    for, or the first page where its place is not known."""

    state: Listing
    rows: Sequence[Row]
    earlier: bool
    later: bool


class Turns(NamedTuple):
    """Where a page leads ("" for nowhere), and which rows it shows: `begin` counts from 1, 0 where that is
    not known; `total` is worded."""

    first: str
    previous: str
    next: str
    last: str
    begin: int
    shown: int
    total: str


async def read_page(
    source: RecordSource, state: Listing, where: Where, order: Order, paths: Sequence[str], **how: Any
) -> Page:
    """The page `state` asks for. A row that is gone, hidden or was never there is no place: the list begins
    anew. Raises SearchTooWide."""
    place = await _place(source, state, where, order)
    if place is None and (state.after or state.before):
        state = replace(state, after="", before="", page=1)
    back = state.end or bool(state.before)
    way = turned(order) if back else list(order)
    asked = together(where, beyond(way, place)) if place else where
    skip = 0 if place or back else (state.page - 1) * state.size
    rows = await source.page(asked, way, skip, state.size + 1, paths, **how)
    more, rows = len(rows) > state.size, rows[: state.size]
    if back:
        return Page(state, rows[::-1], more, not state.end)
    return Page(state, rows, bool(place) or skip > 0, more)


async def _place(source: RecordSource, state: Listing, where: Where, order: Order) -> list[Any] | None:
    """The values by which the row an address names is sorted; only of rows the reader may see, so that a
    forged name tells nothing of another's."""
    pk = state.after or state.before
    if not pk:
        return None
    if [path for path, _ in order] == ["_id"]:
        key = source.key(pk)
        return None if key is None else [key]
    row = await source.one(pk, where, [path for path, _ in order])
    return None if row is None else [_sorted_by(dig(row, path), way) for path, way in order]


def _sorted_by(value: Any, way: int) -> Any:
    """A list is sorted by its least or its greatest part."""
    if not isinstance(value, list):
        return value
    try:
        return (min if way > 0 else max)(value, default=None)
    except TypeError:
        return None


def turns(page: Page, key_of: Callable[[Row], str], total: str, counted: int | None) -> Turns:
    """How to leave `page`, `key_of` telling a row's key; `counted` is the exact total where it is known."""
    state, shown = page.state, len(page.rows)
    number = _number(page)
    back = {"page": max(number - 1, 1)} if number else {"page": 1}
    onward = {"page": number + 1} if number else {"page": 1}
    to_first = state.query(page=1)
    return Turns(
        first=to_first if page.earlier else "",
        previous=_previous(page, key_of, number, back) if page.earlier else "",
        next=state.query(after=key_of(page.rows[-1]), **onward) if page.later and page.rows else "",
        last=state.query(end=True, page=1) if page.later else "",
        begin=_begin(page, number, counted),
        shown=shown,
        total=total,
    )


def _previous(page: Page, key_of: Callable[[Row], str], number: int, back: dict[str, int]) -> str:
    if number == 2 or not page.rows:
        return page.state.query(page=max(number - 1, 1))
    return page.state.query(before=key_of(page.rows[0]), **back)


def _number(page: Page) -> int:
    """Which page it is, from 1; 0 where that is not known."""
    state = page.state
    if not page.earlier:
        return 1
    if state.end:
        return 0
    return state.page if state.page > 1 else 0


def _begin(page: Page, number: int, counted: int | None) -> int:
    if page.state.end and counted is not None:
        return max(counted - len(page.rows) + 1, 1)
    return (number - 1) * page.state.size + 1 if number and page.rows else 0
