"""The board of duties: how every operator stands with everything it owes, for both doors."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

from models.access import NOTHING
from models.documents.base import Id
from models.documents.owed import Owed
from models.documents.record import Record
from models.documents.windows import PATIENCE
from models.errors import NotFound
from models.language import Text
from models.permissions import Actor, allowed, may_use, require
from models.schema.patterns import literally
from models.schema.search import needles
from models.services.carrying import as_carried
from models.services.owing import Owing, owing_of, owings
from models.services.owing_facts import took_part
from models.services.rosters import accounts_of, left_out, rosters
from models.services.seeing import is_in_reach, rows, seen
from models.services.site import Site
from models.services.spanning import shown

Standing = Literal["overdue", "soon", "open", "sent", "never", "fulfilled"]

STANDINGS: tuple[Standing, ...] = ("overdue", "soon", "open", "sent", "never", "fulfilled")
"""How a duty stands, the most pressing first."""

SOON = timedelta(days=30)
"""How long before its end what is asked for is called due soon."""

PAGE = 25
"""Operators on one page."""

MOST = 20_000
"""Most operators in one file."""

MOST_FOUND = 1000
"""Most operators one search finds."""

PAST = 5
"""The records of one duty told on an operator's page."""


@dataclass(frozen=True, slots=True)
class Cell:
    """How one duty stands with one operator."""

    owing: Owing
    standing: Standing
    row: Owed
    opens: date | None
    due: date | None

    @property
    def label(self) -> Text:
        return self.owing.duty.label


@dataclass(frozen=True, slots=True)
class Line:
    """One operator: its number and name, and its cells by duty (type and name)."""

    operator_id: Id
    number: str
    name: str
    cells: Mapping[tuple[str, str], Cell]


@dataclass(frozen=True, slots=True)
class Board:
    """A page of operators, how many there are in all, and the duties of the columns."""

    duties: Sequence[Owing]
    lines: Sequence[Line]
    total: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the board is asked for: one duty (type and name), a standing, a text of the operator's, and
    whether only those with accounts that did not take part."""

    duty: tuple[str, str] | None = None
    standing: Standing | None = None
    text: str = ""
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """One record by which a duty was fulfilled, and the day it counts from (ISO 8601)."""

    record: Id
    number: str
    on: str


@dataclass(frozen=True, slots=True)
class Told:
    """One duty of one operator in full: the cell, who did not take part (login: name), earlier records."""

    cell: Cell
    missing: Mapping[str, str]
    past: Sequence[Past] = field(default_factory=tuple)


def columns(site: Site, actor: Actor) -> list[Owing]:
    """The duties whose records `actor` may know of."""
    return [each for each in owings(site) if _is_told(site, actor, each)]


def _is_told(site: Site, actor: Actor, owing: Owing) -> bool:
    """Whether somebody may see records of the duty's type, and in them the day it counts from."""
    name, day = owing.definition.name, owing.duty.counts_from
    if not may_use(actor, name) or rows(site, actor, name) == NOTHING:
        return False
    shown = seen(site, actor, name, site.registry.current(name).version)
    return bool(shown.fields) and (day is None or day in shown.by_name)


# --- all operators ----------------------------------------------------------------------------------------


async def board(site: Site, actor: Actor, asked: Asked, *, skip: int = 0, limit: int = PAGE) -> Board:
    """The operators that owe anything, by their numbers, in one question. Raises NotAllowed."""
    require(actor, "request.view")
    duties = columns(site, actor)
    match = await _match(site, actor, asked, duties)
    page, total = await _operators(site, match, asked, skip, limit)
    owed = {"$and": [match, {"operator_id": {"$in": list(page)}}]}
    names, cells = await _names(site, page), await _cells(site, duties, owed)
    lines = [Line(each, number, names.get(each, ""), cells.get(each, {})) for each, number in page.items()]
    return Board(duties, lines, total)


async def _operators(
    site: Site, match: Mapping[str, Any], asked: Asked, skip: int, limit: int
) -> tuple[Mapping[Id, str], int]:
    """The numbers of the operators of one page, and how many there are; what they owe is read of the page
    alone."""
    pipeline: list[dict[str, Any]] = [
        {"$match": match},
        *([{"$addFields": {"standing": _standing(site.now())}}] if asked.standing else []),
        {"$group": _grouped(asked)},
        *([{"$match": wanted}] if (wanted := _wanted(asked)) else []),
        {"$sort": {"number": 1, "_id": 1}},
        {"$facet": {"page": [{"$skip": skip}, {"$limit": limit}], "total": [{"$count": "count"}]}},
    ]
    cursor = await Owed.raw().aggregate(pipeline, maxTimeMS=PATIENCE)
    (found,) = await cursor.to_list(None)
    total = found["total"][0]["count"] if found["total"] else 0
    return {row["_id"]: row["number"] for row in found["page"]}, total


async def late(site: Site, actor: Actor, most: int = MOST_FOUND + 1) -> int:
    """How many duties of operators are overdue (at most `most`). Raises NotAllowed."""
    require(actor, "request.view")
    where = await _match(site, actor, Asked(), columns(site, actor))
    where |= {"sent": False, "due": {"$lte": site.now()}}
    return int(await Owed.raw().count_documents(where, limit=most))


async def _match(site: Site, actor: Actor, asked: Asked, duties: Sequence[Owing]) -> dict[str, Any]:
    """The rows that may be told: of duties in force, of operators in reach."""
    kept = [each for each in duties if asked.duty in (None, each.key)]
    keys = [{"type": each.definition.name, "duty": each.duty.name} for each in kept]
    where: dict[str, Any] = {"ended_at": None, "$or": keys or [{"type": None}]}
    own = site.configuration.site.operator_type
    reach = rows(site, actor, own)
    sought = _sought(asked.text)
    if reach or sought:
        found = site.records[own].collection.find(
            {"$and": [reach or {}, sought or {}]}, {"_id": 1}, max_time_ms=PATIENCE
        )
        limit = MOST_FOUND if sought else 0
        where["operator_id"] = {"$in": [row["_id"] async for row in found.limit(limit)]}
    return where


def _sought(text: str) -> dict[str, Any]:
    """The operators a text finds: by their numbers, or by what they are searched by."""
    plain = unicodedata.normalize("NFKC", text).strip()[:100]
    if not plain:
        return {}
    wanted = [{"grams": {"$all": grams}}] if (grams := needles(plain)) else []
    return {"$or": [{"number": {"$regex": f"^{literally(plain)}"}}, *wanted]}


def _standing(now: datetime) -> dict[str, Any]:
    """How a row stands, as an expression of the database."""
    late = {"$and": [{"$ne": ["$due", None]}, {"$lte": ["$due", now]}]}
    near = {"$and": ["$open", {"$ne": ["$due", None]}, {"$lte": ["$due", now + SOON]}]}
    branches = [
        {"case": "$sent", "then": "sent"},
        {"case": late, "then": "overdue"},
        {"case": near, "then": "soon"},
        {"case": "$open", "then": "open"},
        {"case": {"$ne": [{"$ifNull": ["$last_on", None]}, None]}, "then": "fulfilled"},
    ]
    return {"$switch": {"branches": branches, "default": "never"}}


def _grouped(asked: Asked) -> dict[str, Any]:
    standings = {"standings": {"$addToSet": "$standing"}} if asked.standing else {}
    missing = {"missing": {"$max": {"$ifNull": ["$missing", 0]}}} if asked.missing else {}
    return {"_id": "$operator_id", "number": {"$first": "$number"}, **standings, **missing}


def _wanted(asked: Asked) -> dict[str, Any]:
    standing = {"standings": asked.standing} if asked.standing else {}
    return {**standing, **({"missing": {"$gt": 0}} if asked.missing else {})}


async def _names(site: Site, operators: Iterable[Id]) -> Mapping[Id, str]:
    own = site.records[site.configuration.site.operator_type].collection
    found = own.find({"_id": {"$in": list(operators)}}, {"title": 1})
    return {row["_id"]: str(row.get("title", "")) async for row in found}


async def _cells(
    site: Site, duties: Sequence[Owing], where: Mapping[str, Any]
) -> Mapping[Id, Mapping[tuple[str, str], Cell]]:
    """How these duties stand with every operator of the rows, by operator and duty."""
    by_key = {each.key: each for each in duties}
    cells: defaultdict[Id, dict[tuple[str, str], Cell]] = defaultdict(dict)
    pipeline = [{"$match": where}, {"$addFields": {"standing": _standing(site.now())}}]
    async for row in await Owed.raw().aggregate(pipeline, maxTimeMS=PATIENCE):
        if (key := (row["type"], row["duty"])) in by_key:
            cells[row["operator_id"]][key] = _cell(site, row, by_key[key])
    return cells


def _cell(site: Site, row: Mapping[str, Any], owing: Owing) -> Cell:
    owed = Owed.model_validate(row)
    opens = owed.opens.astimezone(site.calendar.zone).date() if owed.opens else None
    due = site.calendar.due_day(owed.due) if owed.due else None
    return Cell(owing, row["standing"], owed, opens, due)


# --- one operator -----------------------------------------------------------------------------------------


async def operator_by(site: Site, actor: Actor, number: str) -> Record:
    """The operator with this number, for staff. Raises NotAllowed, NotFound."""
    require(actor, "request.view")
    own = site.configuration.site.operator_type
    return await site.records[own].by_number(number[:64], rows(site, actor, own))


async def of_operator(site: Site, actor: Actor, operator_id: Id | None) -> list[Told]:
    """Every duty of one operator, the most pressing first; of one's own for operators. Raises NotAllowed,
    NotFound."""
    if actor.kind == "staff":
        require(actor, "request.view")
    else:
        require(actor, "application.view_own")
    if operator_id is None or (actor.kind != "staff" and actor.operator_id != operator_id):
        raise NotFound
    if not await is_in_reach(site, actor, site.configuration.site.operator_type, operator_id):
        raise NotFound
    cells = await cells_of(site, columns(site, actor), operator_id)
    return [await _told(site, actor, cell) for cell in cells]


async def cells_of(site: Site, duties: Sequence[Owing], operator_id: Id) -> list[Cell]:
    """How these duties stand with an operator, the most pressing first."""
    found = await _cells(site, duties, {"operator_id": operator_id, "ended_at": None})
    cells = found.get(operator_id, {}).values()
    return sorted(cells, key=lambda cell: (STANDINGS.index(cell.standing), cell.due or date.max))


async def _told(site: Site, actor: Actor, cell: Cell) -> Told:
    return Told(cell, await _missing(site, actor, cell), await _past(site, actor, cell))


async def _missing(site: Site, actor: Actor, cell: Cell) -> Mapping[str, str]:
    """The accounts in use the last record does not say took part; nobody where there is none, and to those
    who may not know who uses the system or who took part."""
    duty, row = cell.owing.duty, cell.row
    if duty.attendance is None or row.last_record is None or not row.missing:
        return {}
    table, version = duty.attendance.table, site.registry.current(row.type).version
    if table not in seen(site, actor, row.type, version).by_name:
        return {}
    if actor.kind != "staff" and not allowed(actor, "account.view_own"):
        return {}
    column = next((each for own, each in rosters(cell.owing.definition) if own.name == table), None)
    record = await site.records[row.type].get(row.last_record)
    if column is None or record is None:
        return {}
    people = (await accounts_of(site, [row.operator_id], column))[row.operator_id]
    return left_out(people, took_part(duty, as_carried(site, record).data.get(table)), column)


async def _past(site: Site, actor: Actor, cell: Cell) -> list[Past]:
    """The records the duty was fulfilled by, newest first."""
    kind, by = cell.row.type, cell.owing.duty.counts_from
    sort = f"data.{by}" if by else "created_at"
    where = {"$and": [{"operator_id": cell.row.operator_id}, rows(site, actor, kind)]}
    read = {"number": 1, sort: 1, "created_at": 1, "schema_version": 1}
    found = site.records[kind].collection.find(where, read).sort([(sort, -1), ("_id", -1)]).limit(PAST)
    there = await shown(site, kind, await found.to_list(None))
    past = [Past(row["_id"], row["number"], _on(site, row, by)) for row in there]
    return sorted(past, key=lambda each: each.on, reverse=True)


def _on(site: Site, row: Mapping[str, Any], by: str | None) -> str:
    if by:
        return str(row.get("data", {}).get(by, ""))
    day: str = row["created_at"].astimezone(site.calendar.zone).date().isoformat()
    return day


def find(site: Site, actor: Actor, type_name: str, duty_name: str) -> Owing:
    """One duty `actor` may know of. Raises NotFound."""
    found = owing_of(site, type_name, duty_name)
    if found is None or not _is_told(site, actor, found):
        raise NotFound
    return found
