"""What falls due: everything whose class of ``site.yaml`` says it is anonymised or erased, once its years are
over. Read in ranges, so that a million registrations take no memory."""

from calendar import monthrange
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from models.configuration.site import Retention, Table
from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import Id
from models.documents.certificate import Certificate
from models.documents.message import Message
from models.documents.record import RecordVersion
from models.documents.retention import Action, Kind, RetentionItem
from models.documents.store import Session
from models.services.site import Site

RANGE = 200
"""Things looked at at once."""

OPERATORS = 100_000
"""Most operators that have ended looked through."""


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is due: since when it has been over, and by which class."""

    kind: Kind
    thing_id: Id
    label: str
    type: str
    operator_id: Id | None
    retention: str
    action: Action
    ended_at: datetime
    due_on: date


def due_day(ended: date, years: int) -> date:
    """The first day on which something is due: the day after the corresponding day so many years later, or
    after the last day of that month where there is none (Civil Code, articles 140 and 143)."""
    year = ended.year + years
    last = monthrange(year, ended.month)[1]
    return date(year, ended.month, min(ended.day, last)) + timedelta(days=1)


async def due_things(site: Site) -> AsyncIterator[Due]:
    """Everything that is due today and was not done yet; what is held is among it."""
    over = await ended_operators(site)
    for name, retention in _acting(site):
        for kind in _types(site, name):
            async for due in _records(site, kind, name, retention, over):
                yield due
            async for due in _applications(site, kind, name, retention):
                yield due
        for table in retention.covers:
            async for due in _of_operators(site, table, name, retention, over):
                yield due


def _acting(site: Site) -> Iterator[tuple[str, Retention]]:
    """The classes that do not keep for ever."""
    for name, retention in site.configuration.site.retention.items():
        if retention.then != "keep":
            yield name, retention


def _types(site: Site, name: str) -> Iterator[str]:
    for kind, published in site.registry.all_current().items():
        if published.definition.retention == name:
            yield kind


def states_over(site: Site, kind: str) -> list[str]:
    """The states in which a record of a type is no longer in force."""
    lifecycle = site.lifecycles[site.registry.current(kind).definition.lifecycle]
    return [name for name, state in lifecycle.states.items() if not state.live]


async def ended_operators(site: Site) -> dict[Id, datetime]:
    """When the contract of each operator that has none any more ended: the notice's time, else the step's."""
    own = site.configuration.site.operator_type
    where = {"lifecycle": {"$in": states_over(site, own)}}
    shown = {"stamps": 1, "updated_at": 1}
    rows = await site.records[own].rows(where, shown, [("_id", 1)], 0, OPERATORS)
    ends = await _ends(site, own, rows)
    return {
        row["_id"]: (row.get("stamps") or {}).get("contract_ended_at") or ends[row["_id"]] for row in rows
    }


async def _ends(site: Site, kind: str, rows: list[dict[str, Any]]) -> dict[Id, datetime]:
    """When each of these records was last brought out of force, by its versions."""
    over = states_over(site, kind)
    found: dict[Id, datetime] = {row["_id"]: row["updated_at"] for row in rows}
    where = {"record_id": {"$in": list(found)}, "lifecycle": {"$in": over}}
    async for version in RecordVersion.raw().find(where, {"record_id": 1, "at": 1}):
        found[version["record_id"]] = min(found[version["record_id"]], version["at"])
    return found


async def _records(
    site: Site, kind: str, name: str, retention: Retention, over: Mapping[Id, datetime]
) -> AsyncIterator[Due]:
    last: Id | None = None
    gone = set(states_over(site, kind))
    while rows := await site.records[kind].ahead(last, RECORD, RANGE):
        last = rows[-1]["_id"]
        wanted = [row for row in rows if _may_be_due(row, gone, over)]
        ends = await _ends(site, kind, [row for row in wanted if row["lifecycle"] in gone])
        for row in wanted:
            moments = [ends.get(row["_id"]), over.get(row["operator_id"])]
            ended = min(moment for moment in moments if moment is not None)
            if due := _due(site, "record", row, ended, name, retention, type_name=kind, label="number"):
                yield due


RECORD = {"number": 1, "lifecycle": 1, "operator_id": 1, "updated_at": 1, "disposed": 1}


def _may_be_due(row: Mapping[str, Any], gone: set[str], over: Mapping[Id, datetime]) -> bool:
    is_over = row["lifecycle"] in gone or row["operator_id"] in over
    return is_over and not row.get("disposed")


async def _applications(site: Site, kind: str, name: str, retention: Retention) -> AsyncIterator[Due]:
    """Applications that came to nothing; the others go with their record."""
    nothing = {"record_id": None, "about": None, "submitted_at": {"$ne": None}, "erased": None}
    where = {"type": kind, "open": False, **nothing}
    shown = {"reference": 1, "operator_id": 1, "decided_at": 1}
    async for row in Application.raw().find(where, shown).sort("_id", 1):
        if row.get("decided_at") is not None:
            ended = row["decided_at"]
            if due := _due(
                site, "application", row, ended, name, retention, type_name=kind, label="reference"
            ):
                yield due


async def _of_operators(
    site: Site, table: Table, name: str, retention: Retention, over: Mapping[Id, datetime]
) -> AsyncIterator[Due]:
    """The accounts, certificates and mails of operators whose contract is over long enough."""
    if table == "events":
        return
    model, kind, label, fresh = TABLES[table]
    today = site.today()
    for operator, ended in over.items():
        if due_day(ended.astimezone(site.calendar.zone).date(), retention.years) > today:
            continue
        async for row in model.raw().find({"operator_id": operator, **fresh}, {label: 1, "operator_id": 1}):
            if due := _due(site, kind, row, ended, name, retention, label=label):
                yield due


async def is_over(site: Site, item: RetentionItem, session: Session) -> bool:
    """Whether what a report listed is still out of force: a registration or a contract may have been taken up
    again since. Applications say so themselves."""
    own = site.configuration.site.operator_type
    about = [(own, item.operator_id)] if item.operator_id else []
    about += [(item.type, item.thing_id)] if item.kind == "record" else []
    if item.kind == "application" or not about:
        return True
    found = [(kind, await site.records[kind].get(identifier, session)) for kind, identifier in about]
    return any(record is None or record.lifecycle in states_over(site, kind) for kind, record in found)


Covered = tuple[Any, Kind, str, Mapping[str, Any]]

TABLES: Mapping[str, Covered] = {
    "accounts": (Account, "account", "login", {"status": {"$ne": "deleted"}}),
    "certificates": (Certificate, "certificate", "serial", {"subject": {"$ne": ""}}),
    "messages": (Message, "message", "template", {"to_address": {"$ne": ""}}),
}
"""The tables of an operator besides its records: how one is called, and which are not done yet."""


def _due(
    site: Site,
    kind: Kind,
    row: Mapping[str, Any],
    ended: datetime,
    name: str,
    retention: Retention,
    *,
    label: str,
    type_name: str = "",
) -> Due | None:
    day = due_day(ended.astimezone(site.calendar.zone).date(), retention.years)
    if day > site.today():
        return None
    action: Action = "anonymise" if retention.then == "anonymise" else "erase"
    told = str(row.get(label, ""))
    return Due(kind, row["_id"], told, type_name, row.get("operator_id"), name, action, ended, day)


async def kept_anyway(site: Site) -> dict[str, int]:
    """How many registrations are past their years in classes that keep for ever."""
    over, found = await ended_operators(site), {}
    for name, retention in site.configuration.site.retention.items():
        if retention.then == "keep":
            counts = [await _count_past(site, kind, retention, over) for kind in _types(site, name)]
            found[name] = sum(counts)
    return found


async def _count_past(site: Site, kind: str, retention: Retention, over: Mapping[Id, datetime]) -> int:
    today, zone = site.today(), site.calendar.zone
    past = [
        operator
        for operator, ended in over.items()
        if due_day(ended.astimezone(zone).date(), retention.years) <= today
    ]
    before = site.calendar.midnight(_years_before(today, retention.years))
    own = {"lifecycle": {"$in": states_over(site, kind)}, "updated_at": {"$lt": before}}
    where = {"$or": [own, {"operator_id": {"$in": past}}]} if past else own
    return await site.records[kind].count(where, OPERATORS)


def _years_before(day: date, years: int) -> date:
    year = day.year - years
    return date(year, day.month, min(day.day, monthrange(year, day.month)[1]))
