"""What is known of operators about a duty: whether they owe it, what they did last, what they were asked."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from models.documents.application import Application
from models.documents.base import Id
from models.documents.owed import Owed
from models.documents.record import Record
from models.documents.store import Session
from models.schema.conditions import compile_condition
from models.schema.database_query import for_database
from models.schema.definition import RecordType
from models.schema.duty import Duty, Owning
from models.services.asking import may_be_asked
from models.services.rosters import accounts_of, left_out, rosters
from models.services.site import Site
from models.services.spanning import led_on, otherwise_called, spanned, untold
from models.workflow.engine import holds

ASKED = {"answers": 0, "data": 0, "submissions": 0, "grams": 0, "attic": 0}
"""What of an application asked for nothing is needed of."""


@dataclass(frozen=True, slots=True)
class Last:
    """The last record of a duty: the day it names, and the rows of who took part."""

    record: Id
    number: str
    on: date | None
    rows: Any = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one operator about one duty; `since` when it came under it."""

    operator_id: Id
    number: str
    owes: bool
    since: date
    last: Last | None
    asked: Application | None
    missing: int | None

    @property
    def excused(self) -> bool:
        """Whether staff took back what was asked before anything was handed in."""
        asked = self.asked
        if asked is None or asked.open or asked.record_id is not None or asked.submitted_at is not None:
            return False
        return bool(asked.history) and asked.history[-1].by.kind == "staff"


async def facts_of(
    site: Site,
    definition: RecordType,
    duty: Duty,
    operators: Sequence[Record],
    rows: Mapping[Id, Owed],
    session: Session = None,
    current: str = "",
) -> Mapping[Id, Facts]:
    """What is known of each of `operators`, in a few questions for all; `current` is the round in which
    everybody is asked now, where there is one."""
    ids = [operator.id for operator in operators]
    begun = await _owning(site, duty.owning, ids, session) if duty.owning is not None else None
    lasts = await _lasts(site, definition, duty, ids, session)
    asked = await _asked(ids, rows, session, current)
    missing = await _missing(site, definition, duty, lasts, session)
    return {
        operator.id: Facts(
            operator.id,
            operator.number,
            _owes(site, definition, duty, operator, begun),
            _day(site, begun.get(operator.id) if begun is not None else None, operator),
            lasts.get(operator.id),
            asked.get(operator.id),
            missing.get(operator.id),
        )
        for operator in operators
    }


def _day(site: Site, begun: datetime | None, operator: Record) -> date:
    """The day from which an operator was under a duty: of its first record of what it has to have, else of
    its own registration."""
    return (begun or operator.created_at).astimezone(site.calendar.zone).date()


def _owes(
    site: Site, definition: RecordType, duty: Duty, operator: Record, begun: Mapping[Id, datetime] | None
) -> bool:
    """Whether an operator is under a duty: registered and in force, as the type and the duty need it."""
    if duty.effective_from is not None and duty.rolls and site.today() < duty.effective_from:
        return False
    return may_be_asked(site, definition, operator, duty.whom) and (begun is None or operator.id in begun)


def live_states(site: Site, type_name: str) -> list[str]:
    """The states in which records of a type are in force."""
    return site.lifecycles[site.registry.current(type_name).definition.lifecycle].live_states


async def _owning(
    site: Site, owning: Owning, operators: Sequence[Id], session: Session
) -> Mapping[Id, datetime]:
    """Since when operators have a record they have to have, for those that have one."""
    given = {"TODAY": site.today().isoformat(), "NOW": site.now()}
    asked = for_database(owning.where, given, prefix="")
    live = {"operator_id": {"$in": list(operators)}, "lifecycle": {"$in": live_states(site, owning.type)}}
    match = {"$and": [live, spanned(site, owning.type, asked)]}
    group = {"_id": "$operator_id", "begun": {"$min": "$created_at"}}
    pipeline: list[dict[str, Any]] = [{"$match": match}, {"$group": group}]
    rows = await site.records[owning.type].collection.aggregate(pipeline, session=session)
    begun: dict[Id, datetime] = {row["_id"]: row["begun"] async for row in rows}
    holds = compile_condition(owning.where)
    async for row in _behind(site, owning.type, live, untold(site, owning.type, asked), session):
        if holds(row, given):
            since = row["created_at"]
            begun[row["operator_id"]] = min(begun.get(row["operator_id"], since), since)
    return begun


async def _behind(
    site: Site, type_name: str, where: Mapping[str, Any], versions: Sequence[int], session: Session
) -> AsyncIterator[dict[str, Any]]:
    """The records of earlier versions the database cannot be asked about, led on."""
    if versions:
        asked = {"$and": [where, {"schema_version": {"$in": list(versions)}}]}
        found = site.records[type_name].collection.find(asked, {"grams": 0, "attic": 0}, session=session)
        async for row in found:
            yield led_on(site, type_name, row)


async def _lasts(
    site: Site, definition: RecordType, duty: Duty, operators: Sequence[Id], session: Session
) -> Mapping[Id, Last]:
    """The last record of each operator: by the day it counts from, else by when it was registered."""
    table = duty.attendance.table if duty.attendance is not None else ""
    by = f"data.{duty.counts_from}" if duty.counts_from is not None else "created_at"
    live: dict[str, Any] = {"operator_id": {"$in": list(operators)}}
    live |= {"lifecycle": {"$in": live_states(site, definition.name)}}
    read = [name for name in (duty.counts_from, table) if name]
    behind = otherwise_called(site, definition.name, read)
    where = {**live, by: {"$ne": None}, **({"schema_version": {"$nin": behind}} if behind else {})}
    told = {"number": 1, "on": f"${by}", "operator_id": 1, **({"rows": f"$data.{table}"} if table else {})}
    group = {"_id": "$operator_id", "last": {"$first": "$$ROOT"}}
    order = {"$sort": {by: -1, "_id": -1}}
    pipeline: list[dict[str, Any]] = [{"$match": where}, order, {"$project": told}, {"$group": group}]
    rows = await site.records[definition.name].collection.aggregate(pipeline, session=session)
    found = {row["_id"]: row["last"] async for row in rows}
    async for row in _behind(site, definition.name, live, behind, session):
        on = row["data"].get(duty.counts_from) if duty.counts_from is not None else row["created_at"]
        last = {**row, "on": on, "rows": row["data"].get(table)}
        if on is not None and _is_later(last, found.get(row["operator_id"])):
            found[row["operator_id"]] = last
    return {operator: _last(site, last) for operator, last in found.items()}


def _is_later(one: Mapping[str, Any], other: Mapping[str, Any] | None) -> bool:
    return other is None or (one["on"], one["_id"]) > (other["on"], other["_id"])


def _last(site: Site, row: Mapping[str, Any]) -> Last:
    on = row.get("on")
    day = on.astimezone(site.calendar.zone).date() if isinstance(on, datetime) else _read(on)
    return Last(row["_id"], str(row["number"]), day, row.get("rows"))


def _read(text: object) -> date | None:
    """A day as records hold it; None for one of another time that is none."""
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


async def _asked(
    operators: Sequence[Id], rows: Mapping[Id, Owed], session: Session, current: str
) -> Mapping[Id, Application]:
    """The applications operators were asked for last, or in the current round."""
    where: dict[str, Any] = {"asked.round": current, "operator_id": {"$in": list(operators)}}
    if not current:
        asked = [row.asked for row in rows.values() if row.asked is not None]
        where = {"_id": {"$in": asked}}
    found = Application.raw().find(where, ASKED, session=session)
    return {row["operator_id"]: Application.model_validate(row) async for row in found}


async def _missing(
    site: Site, definition: RecordType, duty: Duty, lasts: Mapping[Id, Last], session: Session
) -> Mapping[Id, int]:
    """How many accounts in use the last record of each operator does not say took part."""
    columns = [(table, column) for table, column in rosters(definition)]
    wanted = duty.attendance
    column = next(
        (each for table, each in columns if wanted is not None and table.name == wanted.table), None
    )
    if column is None or wanted is None or not lasts:
        return {}
    people = await accounts_of(site, list(lasts), column, session)
    return {
        operator: len(left_out(people[operator], took_part(duty, last.rows), column))
        for operator, last in lasts.items()
    }


def took_part(duty: Duty, rows: Any) -> list[Mapping[str, Any]]:
    """The rows of a table that count as having taken part."""
    where = duty.attendance.where if duty.attendance is not None else {}
    return [row for row in rows or [] if isinstance(row, Mapping) and holds(where, row)]
