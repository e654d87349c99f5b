"""The queue: which applications wait for whom, read as plain projected rows."""

import asyncio
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from models import access
from models.documents.application import Application
from models.documents.base import Id
from models.documents.windows import Order, Place, Row, count_rows, place_of, read_place, read_rows
from models.permissions import Actor, require
from models.services.offers import Offers, awaits, offered
from models.services.seeing import rows as row_rules
from models.services.site import Site
from models.services.waiting import states_for, states_of, waiting_states
from models.workflow.answering import ANSWERING

Where = Mapping[str, Any]

COLUMNS: Mapping[str, Any] = {
    "reference": 1,
    "type": 1,
    "kind": 1,
    "schema_version": 1,
    "title": 1,
    "asked.title": 1,
    "operator_name": 1,
    "operator_id": 1,
    "applicant.account_id": 1,
    "by_staff": 1,
    "state": 1,
    "open": 1,
    "assignee": 1,
    "due": 1,
    "submitted_at": 1,
    "submissions.at": 1,
    "record_id": 1,
    "base_revision": 1,
    "revision": 1,
    "signs": 1,
    "keys": 1,
    "handovers": {"$slice": -1},
}
"""What the queue reads of each application."""

COUNT_LIMIT = 1001
"""Counts go no further than this: nobody needs to know more than “1,000+”."""

NOTHING: Where = access.NOTHING
"""A condition no application fulfils."""

PAGE_SIZE = 50
ROUNDS = 10
"""Most pages read to fill one, where row rules leave some out."""

ORDERS: Mapping[str, Order] = {
    "received": Order("submitted_at", "moment"),
    "-received": Order("submitted_at", "moment", down=True),
    "due": Order("due", "moment"),
    "-due": Order("due", "moment", down=True),
    "reference": Order("reference", "text"),
    "-reference": Order("reference", "text", down=True),
}
"""Every order of the queue by its name; with a minus it goes down."""


@dataclass(frozen=True, slots=True)
class View:
    """One view of the queue: its condition, and the orders an index serves for it, its own first."""

    where: Where
    sorts: tuple[str, ...] = ("received", "due", "reference")


def views(site: Site, actor: Actor) -> dict[str, View]:
    """The queue's views by name: all that waits, mine, nobody's, overdue, one per state, and what is in no
    state there is.

    Raises NotAllowed for those who may see no applications."""
    require(actor, "application.view")
    states, waiting = states_of(site), {"$in": list(waiting_states(site))}
    own = ("received", "due")
    return {
        "waiting": View({"state": waiting}),
        "mine": View({"assignee.id": actor.account_id, "state": waiting}, own),
        "unassigned": View({"assignee.id": None, "state": waiting}, own[:1]),
        "overdue": View({"state": waiting, "due": {"$lte": site.now()}}, ("due",)),
        **{f"state-{name}": View({"state": name}) for name, state in states.items() if not state.initial},
        "other": View({"state": {"$nin": [*states, *ANSWERING.states]}}, ("received",)),
    }


class At(NamedTuple):
    """Which page of a view: the one ``after`` a place, the one that ends ``until`` it, or the ``last``. A
    place that cannot be read is the beginning."""

    way: Literal["after", "until", "last"] = "after"
    place: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a view: its rows, the places before and after it ("" where there is nothing), and how many
    rows lie before the first as far as was counted."""

    rows: Sequence[Row]
    previous: str
    following: str
    before: int


async def page(site: Site, actor: Actor, where: Where, order: Order, at: At | None = None) -> Page:
    """One page of the applications `actor` may open. Raises SearchTooWide."""
    at = at or At()
    place = read_place(at.place, order)
    back = at.way == "last" or (at.way == "until" and place is not None)
    rows = await _visible(site, actor, where, order, place, back, PAGE_SIZE + 1)
    more = len(rows) > PAGE_SIZE
    if at.way == "until" and back and not more:
        return await page(site, actor, where, order)
    kept = (rows[1:] if back else rows[:PAGE_SIZE]) if more else rows
    return _page(kept, order, place, back, more)


def _page(rows: Sequence[Row], order: Order, place: Place | None, back: bool, more: bool) -> Page:
    counted = place.before if place else 0
    before = max(counted - len(rows), 0) if back else counted
    if not rows:
        return Page((), "", "", before)
    earlier = more if back else place is not None
    later = place is not None if back else more
    return Page(
        rows,
        place_of(rows[0], order, before).token if earlier else "",
        place_of(rows[-1], order, before + len(rows)).token if later else "",
        before,
    )


async def _visible(
    site: Site, actor: Actor, where: Where, order: Order, place: Place | None, back: bool, limit: int
) -> list[Row]:
    """Rows `actor` may open, in order; where row rules leave some out, further ones take their place."""
    found: list[Row] = []
    for _round in range(ROUNDS):
        read = await read_rows(Application.raw(), where, order, COLUMNS, limit, place, back=back)
        seen = await in_reach(site, actor, read)
        found = [*seen, *found] if back else [*found, *seen]
        if len(read) < limit or len(found) >= limit:
            break
        place = place_of(read[0 if back else -1], order)
    return found[-limit:] if back else found[:limit]


def ruled(site: Site, actor: Actor) -> dict[str, Where]:
    """The types of which the row rules leave `actor` only some records, with the query for those."""
    found = {name: row_rules(site, actor, name) for name in site.registry.all_current()}
    return {name: where for name, where in found.items() if where}


async def in_reach(site: Site, actor: Actor, rows: Sequence[Row]) -> list[Row]:
    """Those of `rows` about a record the row rules leave to `actor`, or about none yet."""
    rules = ruled(site, actor)
    if not rules:
        return list(rows)
    asked = {name: {row["record_id"] for row in rows if _names_record(row, name)} for name in rules}
    reached = await asyncio.gather(*(_reached(site, name, ids, rules[name]) for name, ids in asked.items()))
    within = dict(zip(asked, reached, strict=True))
    return [row for row in rows if _is_free(row, rules) or _is_within(row, within)]


def _is_free(row: Row, rules: Mapping[str, Where]) -> bool:
    """Whether no row rule can keep it back: its type has none, or there is no record yet."""
    return row.get("record_id") is None or row.get("type") not in list(rules)


def _names_record(row: Row, name: str) -> bool:
    return row.get("type") == name and isinstance(row.get("record_id"), Id)


def _is_within(row: Row, within: Mapping[str, set[Id]]) -> bool:
    return any(_names_record(row, name) and row["record_id"] in ids for name, ids in within.items())


async def _reached(site: Site, name: str, ids: set[Id], rule: Where) -> set[Id]:
    if not ids:
        return set()
    where = {"$and": [{"_id": {"$in": list(ids)}}, rule]}
    found = await site.records[name].rows(where, {"_id": 1}, [("_id", 1)], 0, len(ids))
    return {row["_id"] for row in found}


async def counts(site: Site, actor: Actor, wanted: Mapping[str, Where]) -> dict[str, int]:
    """How many applications of each query `actor` may open, counted no further than COUNT_LIMIT. Raises
    SearchTooWide."""
    if not wanted:
        return {}
    rules = ruled(site, actor)
    free = {"$or": [{"type": {"$nin": list(rules)}}, {"record_id": None}]} if rules else {}
    asked = [{"$and": [where, free]} if free else where for where in wanted.values()]
    found = dict(zip(wanted, await _counted(site, asked), strict=True))
    for name, where in wanted.items() if rules else ():
        found[name] = min(found[name] + await _count_ruled(site, actor, where, rules), COUNT_LIMIT)
    return found


async def _counted(site: Site, asked: Sequence[Where]) -> list[int]:
    collection = Application.raw()
    if site.store.transactional:
        return await count_rows(collection, asked, COUNT_LIMIT)
    counting = (collection.count_documents(where, limit=COUNT_LIMIT) for where in asked)
    found: list[int] = await asyncio.gather(*counting)  # memory:// has no $unionWith
    return found


async def _count_ruled(site: Site, actor: Actor, where: Where, rules: Iterable[str]) -> int:
    about = {"$and": [where, {"type": {"$in": list(rules)}, "record_id": {"$ne": None}}]}
    columns = {"type": 1, "record_id": 1}
    rows = await read_rows(Application.raw(), about, ORDERS["received"], columns, COUNT_LIMIT)
    return len(await in_reach(site, actor, rows))


async def next_row(
    site: Site, actor: Actor, where: Where, order: Order, passing: Container[str] = ()
) -> Row | None:
    """The first application of a view that waits for `actor`: to be taken on, or decided on without being in
    charge. Never one whose reference is in `passing`."""
    require(actor, "application.view")
    offers = Offers(site, actor)
    wanted = {"$and": [where, {"state": {"$in": states_for(site, actor)}}]}
    place: Place | None = None
    for _round in range(ROUNDS):
        rows = await _visible(site, actor, wanted, order, place, False, PAGE_SIZE)
        for row in rows:
            if row.get("reference") not in passing and awaits(actor, row, offers.of(row)):
                return row
        if len(rows) < PAGE_SIZE:
            break
        place = place_of(rows[-1], order)
    return None


async def next_reference(
    site: Site,
    actor: Actor,
    where: Where | None = None,
    order: str = "received",
    passing: Container[str] = (),
) -> str | None:
    """What `actor` is to take up next: the first application in their charge they can go on with, else the
    first that waits for somebody like them; of a view's condition where one is given. None when nothing
    waits."""
    waiting = {"state": {"$in": list(waiting_states(site))}}
    asked = {"$and": [where, waiting]} if where else waiting
    mine = {"$and": [{"assignee.id": actor.account_id}, asked]}
    for row in await _visible(site, actor, mine, ORDERS[order], None, False, PAGE_SIZE):
        if row.get("reference") not in passing and offered(site, actor, row):
            return str(row["reference"])
    found = await next_row(site, actor, asked, ORDERS[order], passing)
    return str(found["reference"]) if found else None
