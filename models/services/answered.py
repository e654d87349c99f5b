"""Who has answered a request: counted for each, and operator by operator."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from models.documents.application import Application
from models.documents.base import Id
from models.documents.request import Request
from models.permissions import Actor, require
from models.services.site import Site

Show = Literal["all", "open", "overdue", "done"]

SHOWS: tuple[Show, ...] = ("all", "overdue", "open", "done")

LISTED = 200
"""Most requests listed, the newest first."""

PAGE = 100
"""Operators on one page."""

FEW = 10
"""Operators named in a mail."""

MOST = 20_000
"""Most operators in one file."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many operators were asked, have sent an answer, have one accepted, and are late with theirs."""

    asked: int = 0
    sent: int = 0
    done: int = 0
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One operator asked: its number and name, the application and how it stands."""

    number: str
    operator: str
    reference: str
    state: str
    due: datetime | None
    sent_at: datetime | None
    standing: Show


async def requests(site: Site, actor: Actor) -> list[tuple[Request, Counts]]:
    """The requests made, newest first (at most LISTED), with their counts. Raises NotAllowed."""
    require(actor, "request.view")
    known = list(site.registry.all_current())
    rows = Request.raw().find({"type": {"$in": known}}).sort([("at", -1), ("_id", -1)]).limit(LISTED)
    found = [Request.model_validate(row) async for row in rows]
    counted = await count(site, [request.id for request in found])
    return [(request, counted.get(request.id, Counts())) for request in found]


async def count(site: Site, requests: Sequence[Id | None]) -> Mapping[Id | None, Counts]:
    """The counts of some requests, by their ids."""
    now = site.now()
    group = {
        "_id": "$asked.request",
        "asked": {"$sum": 1},
        "sent": _times({"$ne": [{"$ifNull": ["$submitted_at", None]}, None]}),
        "done": _times(_is_done()),
        "overdue": _times(_is_late(now)),
    }
    match = {"asked.request": {"$in": list(requests)}}
    rows = await Application.raw().aggregate([{"$match": match}, {"$group": group}])
    return {row["_id"]: Counts(row["asked"], row["sent"], row["done"], row["overdue"]) async for row in rows}


def _times(condition: Mapping[str, Any]) -> dict[str, Any]:
    return {"$sum": {"$cond": [condition, 1, 0]}}


def _is_done() -> dict[str, Any]:
    return {"$and": [{"$eq": ["$open", False]}, {"$gt": ["$record_id", None]}]}


def _is_late(now: datetime) -> dict[str, Any]:
    unsent = {"$eq": [{"$ifNull": ["$submitted_at", None]}, None]}
    over = {"$and": [{"$gt": ["$asked.due", None]}, {"$lte": ["$asked.due", now]}]}
    return {"$and": ["$open", unsent, over]}


def _shown(site: Site, show: Show) -> dict[str, Any]:
    """What of a request's applications is shown, as a query."""
    found: dict[Show, dict[str, Any]] = {
        "all": {},
        "open": {"open": True},
        "overdue": {"open": True, "submitted_at": None, "asked.due": {"$lte": site.now()}},
        "done": {"open": False},
    }
    return found[show]


async def total(site: Site, request: Request, show: Show) -> int:
    """How many operators ``lines`` has."""
    return int(await Application.raw().count_documents({"asked.request": request.id, **_shown(site, show)}))


async def lines(
    site: Site, actor: Actor, request: Request, show: Show = "all", *, skip: int = 0, limit: int = PAGE
) -> list[Line]:
    """The operators a request asked, by name, from `skip` on. Raises NotAllowed."""
    require(actor, "request.view")
    where = {"asked.request": request.id, **_shown(site, show)}
    order = [("operator_name", 1), ("_id", 1)]
    rows = await Application.raw().find(where).sort(order).skip(skip).limit(limit).to_list(None)
    numbers = await _numbers(site, [row["operator_id"] for row in rows])
    return [_line(site, Application.model_validate(row), numbers) for row in rows]


async def unanswered(site: Site, request: Request) -> list[tuple[str, str]]:
    """The operators that have not answered a request in time, by name: name and number of the first FEW."""
    where = {"asked.request": request.id, "open": True, "submitted_at": None}
    found = Application.raw().find(where, {"operator_id": 1, "operator_name": 1})
    rows = await found.sort([("operator_name", 1), ("_id", 1)]).limit(FEW).to_list(None)
    numbers = await _numbers(site, [row["operator_id"] for row in rows])
    return [(row["operator_name"], numbers.get(row["operator_id"], "")) for row in rows]


async def _numbers(site: Site, operators: Sequence[Id]) -> Mapping[Id, str]:
    own = site.records[site.configuration.site.operator_type].collection
    rows = own.find({"_id": {"$in": list(operators)}}, {"number": 1})
    return {row["_id"]: row["number"] async for row in rows}


def _line(site: Site, application: Application, numbers: Mapping[Id, str]) -> Line:
    due = application.asked.due if application.asked else None
    late = application.open and application.submitted_at is None and due is not None and due <= site.now()
    standing: Show = "overdue" if late else "open" if application.open else "done"
    return Line(
        numbers.get(application.operator_id, "") if application.operator_id else "",
        application.operator_name,
        application.reference,
        application.state,
        due,
        application.submitted_at,
        standing,
    )


def pages_of(total: int) -> Iterator[int]:
    """The pages a request's operators fill, from 1."""
    yield from range(1, max(1, -(-total // PAGE)) + 1)
