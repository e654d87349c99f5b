"""What every operator owes by every duty, and by when: worked out of its records and of what it was asked.

Nothing here is a truth of its own. A row of ``owed`` is written anew whenever something it comes from is
recorded, in that transaction, and all of them are looked through again and again, for what no event tells (a
day that has come, an account that is new)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from models.documents.application import Application
from models.documents.base import Id
from models.documents.guarded import update_where
from models.documents.owed import Owed
from models.documents.record import Record
from models.documents.store import Session
from models.documents.sweep import Sweep, keep_place
from models.schema.days import months_later
from models.schema.definition import RecordType
from models.schema.duty import Duty
from models.services.applications import is_with_applicant
from models.services.asking import end_of
from models.services.duties import Period, duties_of, period_of, round_of, span_of
from models.services.owing_facts import Facts, facts_of
from models.services.site import Happened, Site
from models.services.terms_of_records import moment_before
from models.workflow.definition import Duration

BATCH = 200
"""Operators looked at before the worker writes down how far it is."""

REST = timedelta(minutes=10)
"""How long what operators owe rests before all of it is looked through again."""

NAME = "owed"

BRIEF = {"grams": 0, "attic": 0}


@dataclass(frozen=True, slots=True)
class Owing:
    """A duty of a record type, in force."""

    definition: RecordType
    duty: Duty

    @property
    def key(self) -> tuple[str, str]:
        return self.definition.name, self.duty.name


def owings(site: Site) -> list[Owing]:
    """Every duty in force."""
    return [Owing(definition, duty) for definition, duty in duties_of(site)]


def owing_of(site: Site, type_name: str, duty_name: str) -> Owing | None:
    """One duty in force, or None."""
    return next((each for each in owings(site) if each.key == (type_name, duty_name)), None)


# --- by when ----------------------------------------------------------------------------------------------


def rolling_due(site: Site, duty: Duty, since: date, last: date | None) -> date:
    """The last day for a duty of each operator's own: a period after the day of its last record; the first,
    and where that lies before it came under the duty, not before the time everybody has at first."""
    begin = datetime.combine(since, time.min, site.calendar.zone)
    first = site.calendar.due_day(site.calendar.due(begin, span_of(duty.first_within)))
    if last is None:
        return first
    due = months_later(last, duty.months)
    return max(due, first) if last < since else due


# --- working it out ---------------------------------------------------------------------------------------


def worked_out(site: Site, owing: Owing, row: Owed | None, facts: Facts) -> Owed | None:
    """How a duty stands with an operator now; None where it never owed it."""
    if not facts.owes:
        return None if row is None else _over(site, row, facts)
    row = _begun(site, owing, row, facts)
    row = _with(row, _told(site, facts))
    return _rolled(site, owing, row, facts) if owing.duty.rolls else _of_period(site, owing, row, facts)


def _over(site: Site, row: Owed, facts: Facts) -> Owed:
    """Nothing is owed any more; what was asked stays where it is."""
    ended = row.ended_at or site.now()
    return _with(row, {"ended_at": ended, "opens": None, "due": None, **_told(site, facts)})


def _begun(site: Site, owing: Owing, row: Owed | None, facts: Facts) -> Owed:
    """The row of an operator that owes; who comes under a duty again does so from today."""
    if row is not None and row.ended_at is None:
        return row
    since = site.today() if row is not None else facts.since
    since = max(since, owing.duty.effective_from or since)
    if row is not None:
        return _with(row, {"ended_at": None, "since": since.isoformat()})
    return Owed(
        type=owing.definition.name,
        duty=owing.duty.name,
        operator_id=facts.operator_id,
        number=facts.number,
        rolls=owing.duty.rolls,
        since=since.isoformat(),
    )


def _told(site: Site, facts: Facts) -> dict[str, Any]:
    """What the last record and the application asked for say."""
    last, asked = facts.last, facts.asked
    running = asked is not None and asked.open
    return {
        "number": facts.number,
        "last_on": last.on.isoformat() if last and last.on else None,
        "last_number": last.number if last else "",
        "last_record": last.record if last else None,
        "missing": facts.missing,
        "asked": asked.id if asked else None,
        "open": running,
        "reference": asked.reference if asked and running else "",
        "sent": bool(asked and running and not is_with_applicant(site, asked)),
    }


def _rolled(site: Site, owing: Owing, row: Owed, facts: Facts) -> Owed:
    """A due date of the operator's own; what staff took back is owed again a period later."""
    duty = owing.duty
    excused = row.excused_until
    if facts.excused and row.asked_for:
        excused = months_later(date.fromisoformat(row.asked_for), duty.months).isoformat()
    due = rolling_due(site, duty, date.fromisoformat(row.since), row.last_day)
    due = max(due, date.fromisoformat(excused)) if excused else due
    opens = moment_before(site, end_of(site, due), span_of(duty.opens_before))
    until = _until(site, facts.asked, end_of(site, due), duty.least)
    return _moved(row, {"excused_until": excused, "opens": opens, "due": until})


def _until(site: Site, asked: Application | None, due: datetime, least: int) -> datetime:
    """By when it is due at last: who was asked late has the days everybody has, who was asked for more the
    days for that."""
    if asked is None or not asked.open or asked.asked is None:
        return due
    if asked.submitted_at is not None:
        return asked.due or due
    due = max(due, asked.asked.extended or due)
    return max(due, site.calendar.due(asked.asked.at, Duration(count=least, unit="business_days")))


def _of_period(site: Site, owing: Owing, row: Owed, facts: Facts) -> Owed:
    """Everybody's due date: of the period under way, or of the next where nothing is owed in it any more."""
    period = first_period(owing.duty, site.today())
    asked = facts.asked
    if asked is not None and not asked.open and (asked.record_id is not None or facts.excused):
        period = period_of(owing.duty, period.ends)
    due = end_of(site, period.due)
    if asked is not None and asked.open and asked.due is not None:
        due = asked.due
    opens = datetime.combine(period.opens, time.min, site.calendar.zone)
    return _moved(row, {"opens": opens, "due": due})


def first_period(duty: Duty, today: date) -> Period:
    """The period under way, or the first there will be."""
    period = period_of(duty, max(today, duty.effective_from or today))
    if duty.effective_from is not None and period.opens < duty.effective_from:
        return period_of(duty, period.ends)
    return period


def _with(row: Owed, values: Mapping[str, Any]) -> Owed:
    changed: Owed = row.model_copy(update=dict(values))
    return changed


def _moved(row: Owed, values: Mapping[str, Any]) -> Owed:
    """The row with another due date; of what was not due then, nobody was told."""
    new = {"told": False, "staff_told": True} if row.due != values["due"] else {}
    return _with(row, {**values, **new})


# --- keeping it -------------------------------------------------------------------------------------------


async def refresh(site: Site, owing: Owing, operators: Sequence[Record], session: Session = None) -> None:
    """Write down anew what these operators owe by a duty."""
    where = {
        "type": owing.definition.name,
        "duty": owing.duty.name,
        "operator_id": {"$in": [operator.id for operator in operators]},
    }
    found = Owed.raw().find(where, session=session)
    rows = {row["operator_id"]: Owed.model_validate(row) async for row in found}
    facts = await facts_of(site, owing.definition, owing.duty, operators, rows, session, _round(site, owing))
    for operator in operators:
        row = rows.get(operator.id)
        new = worked_out(site, owing, row, facts[operator.id])
        if new is not None and (row is None or new != row):
            await _keep(row, new, session)
            await _move(facts[operator.id].asked, new, session)


def _round(site: Site, owing: Owing) -> str:
    """The round of the period everybody owes something in now; "" for a duty of each operator's own."""
    if owing.duty.rolls:
        return ""
    return round_of(owing.definition, owing.duty, first_period(owing.duty, site.today()))


async def _keep(row: Owed | None, new: Owed, session: Session) -> None:
    """Write a row; whoever wrote it meanwhile knew better."""
    values = new.model_dump(exclude={"id", "revision", "revision_id"})
    if row is None:
        key = {name: values[name] for name in ("type", "duty", "operator_id")}
        fresh = {**{k: v for k, v in values.items() if k not in key}, "revision": 0}
        await Owed.raw().update_one(key, {"$setOnInsert": fresh}, upsert=True, session=session)
        return
    guarded = {"_id": row.id, "revision": row.revision}
    await update_where(Owed, guarded, {"$set": values, "$inc": {"revision": 1}}, session)


async def _move(asked: Application | None, row: Owed, session: Session) -> None:
    """Let an application asked for and not sent yet be due when the duty is: its last record moved."""
    if asked is None or not row.rolls or not asked.open or asked.submitted_at is not None:
        return
    if row.due is not None and asked.due != row.due:
        seen = {"_id": asked.id, "open": True, "submitted_at": None}
        await update_where(Application, seen, {"$set": {"due": row.due, "asked.due": row.due}}, session)


# --- again and again --------------------------------------------------------------------------------------


async def look_around(site: Site) -> bool:
    """Look at what the next operators owe; False when the round is over."""
    duties = owings(site)
    going = await Sweep.get(NAME)
    if not duties or (going is not None and going.rests_until is not None and going.rests_until > site.now()):
        return False
    place = going.place if going is not None else None
    found = await _next(site, place)
    for owing in duties:
        await refresh(site, owing, found)
    over = len(found) < BATCH
    await keep_place(NAME, None if over else found[-1].id, site.now() + REST if over else None)
    return not over


async def _next(site: Site, place: Id | None) -> list[Record]:
    own = site.records[site.configuration.site.operator_type].collection
    where = {"_id": {"$gt": place}} if place else {}
    rows = own.find(where, BRIEF).sort("_id", 1).limit(BATCH)
    return [Record.model_validate(row) async for row in rows]


async def follow(site: Site, happened: Happened, session: Session) -> None:
    """Work out anew what follows from an event about an operator, its records, or what it was asked."""
    concerned = await _concerned(site, happened, session)
    if not concerned or happened.operator_id is None:
        return
    own = site.records[site.configuration.site.operator_type].collection
    row = await own.find_one({"_id": happened.operator_id}, BRIEF, session=session)
    if row is not None:
        for owing in concerned:
            await refresh(site, owing, [Record.model_validate(row)], session)


async def _concerned(site: Site, happened: Happened, session: Session) -> list[Owing]:
    """The duties an event may have changed something about."""
    duties, kind = owings(site), happened.subject.kind
    if not duties or happened.operator_id is None:
        return []
    if kind == "application":
        row = await Owed.raw().find_one({"asked": happened.subject.id}, session=session)
        return [each for each in duties if row is not None and each.key == (row["type"], row["duty"])]
    if kind == site.configuration.site.operator_type:
        return duties
    owned = {each.key: each.duty.owning.type if each.duty.owning else "" for each in duties}
    return [each for each in duties if kind in (each.definition.name, owned[each.key])]
