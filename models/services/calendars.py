"""The calendar in the hands of the staff: single days closed or opened, and what that changes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from models.configuration.calendar import Calendar, SingleDay
from models.documents.application import Application
from models.documents.calendar_day import CalendarDay, remove_day, stored_days
from models.documents.event import Subject
from models.documents.guarded import insert_or, update_where
from models.documents.store import Session
from models.errors import AnswersInvalid, NotFound, RecordChanged, TransitionRefused
from models.language import Message, Text
from models.permissions import Actor, allowed, require
from models.schema.reading import AnswerError
from models.services.events import record_event
from models.services.site import Site
from models.workflow.definition import Duration

REASON_LIMIT = 200
"""Longest reason (characters)."""

COUNT_LIMIT = 1001
"""Open applications are counted no further."""

YEARS = 3
"""How many years before and after today may be set."""

CHANGED = "Somebody else changed this day meanwhile. Look at it again."


async def refresh(site: Site) -> None:
    """Let the site's calendar count with the single days as they are stored now; what is damaged is left
    out."""
    site.calendar.take(dict(_read(row) for row in await stored_days() if _is_sound(row)))


def _is_sound(row: Mapping[str, Any]) -> bool:
    try:
        _read(row)
    except (KeyError, TypeError, ValueError):
        return False
    return True


def _read(row: Mapping[str, Any]) -> tuple[date, SingleDay]:
    begin, end = (time.fromisoformat(row[name]) if row.get(name) else None for name in ("begin", "end"))
    return date.fromisoformat(row["_id"]), SingleDay(bool(row["business"]), begin, end)


def read_day(site: Site, text: str) -> date:
    """A day that may be set. Raises NotFound for what is none, or lies too far away."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise NotFound from error
    if abs(day.year - site.today().year) > YEARS or day.isoformat() != text:
        raise NotFound
    return day


async def find_day(day: date) -> CalendarDay | None:
    """A single day as it is stored, or None."""
    return await CalendarDay.get(day.isoformat())


async def single_days(first: date, last: date) -> list[dict[str, Any]]:
    """What was set from `first` to `last`, as it is stored."""
    begin, end = first.isoformat(), last.isoformat()
    return [row for row in await stored_days() if begin <= str(row["_id"]) <= end]


def month(day: date) -> list[list[date]]:
    """The weeks of a month from Sunday to Saturday, with the days of its neighbours that fill them."""
    first = day.replace(day=1)
    start = first - timedelta(days=(first.weekday() + 1) % 7)
    weeks = []
    while start.month == first.month or start <= first:
        weeks.append([start + timedelta(days=n) for n in range(7)])
        start += timedelta(days=7)
    return weeks


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants of a day, as typed: hours are ``HH:MM`` or empty."""

    business: bool
    begin: str = ""
    end: str = ""
    reason: str = ""


async def set_day(site: Site, actor: Actor, day: date, wanted: Wanted, *, revision: int) -> None:
    """Open or close one day, effective in every process within a second. `revision` is what was seen (0:
    not set yet).

    Raises NotAllowed, TransitionRefused (the day is over), AnswersInvalid (paths ``begin``, ``end``,
    ``reason``), RecordChanged."""
    _require_ahead(site, actor, day)
    single = checked(wanted)
    values: dict[str, Any] = {
        "business": single.business,
        "begin": _written(single.begin),
        "end": _written(single.end),
        "reason": wanted.reason.strip(),
        "by": actor.person.model_dump(),
        "at": site.now(),
    }

    async def body(session: Session) -> None:
        if revision == 0:
            await insert_or(RecordChanged(CHANGED), CalendarDay(_id=day.isoformat(), **values), session)
        else:
            seen = {"_id": day.isoformat(), "revision": revision}
            update = {"$set": values, "$inc": {"revision": 1}}
            if await update_where(CalendarDay, seen, update, session) is None:
                raise RecordChanged(CHANGED)
        told = {name: values[name] for name in ("business", "begin", "end", "reason")}
        await record_event(site, actor, "calendar.day_set", _subject(day), session, **told)

    await site.store.transaction(body)
    await refresh(site)


async def clear_day(site: Site, actor: Actor, day: date, *, revision: int) -> None:
    """Let a day be again what the configuration says. Raises NotAllowed, TransitionRefused, RecordChanged."""
    _require_ahead(site, actor, day)

    async def body(session: Session) -> None:
        if not await remove_day(day.isoformat(), revision, session):
            raise RecordChanged(CHANGED)
        await record_event(site, actor, "calendar.day_cleared", _subject(day), session)

    await site.store.transaction(body)
    await refresh(site)


def may_set(site: Site, actor: Actor, day: date) -> bool:
    """Whether `actor` may set this day: what is over was counted already."""
    return allowed(actor, "calendar.edit") and day >= site.today()


def _require_ahead(site: Site, actor: Actor, day: date) -> None:
    require(actor, "calendar.edit")
    if not may_set(site, actor, day):
        raise TransitionRefused("A day that is over cannot be set any more.")


def _subject(day: date) -> Subject:
    return Subject(kind="calendar_day", label=day.isoformat())


def _written(moment: time | None) -> str:
    return "" if moment is None else f"{moment:%H:%M}"


def checked(wanted: Wanted) -> SingleDay:
    """A day as typed, as the calendar counts it. Raises AnswersInvalid."""
    errors: list[AnswerError] = []
    hours = {name: _time(name, getattr(wanted, name), errors) for name in ("begin", "end")}
    begin, end = hours["begin"], hours["end"]
    if not errors and wanted.business and (begin is None) != (end is None):
        missing = "begin" if begin is None else "end"
        errors.append(AnswerError(missing, "hours", Message("Enter both times, or neither.")))
    if begin is not None and end is not None and begin >= end:
        said = Message("The closing time must be after the opening time.")
        errors.append(AnswerError("end", "hours", said))
    reason = wanted.reason.strip()
    if not reason or len(reason) > REASON_LIMIT:
        said = Message("Say why, in at most {limit} characters.", {"limit": REASON_LIMIT})
        errors.append(AnswerError("reason", "required", said))
    if errors:
        raise AnswersInvalid(tuple(errors))
    return SingleDay(wanted.business, begin, end) if wanted.business else SingleDay(False)


def _time(name: str, typed: str, errors: list[AnswerError]) -> time | None:
    if not typed.strip():
        return None
    try:
        return time.fromisoformat(typed.strip()).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        errors.append(AnswerError(name, "format", Message("Enter a time like 09:00.")))
        return None


@dataclass(frozen=True, slots=True)
class Shift:
    """A deadline of a workflow that would fall on another day if it began `begins`."""

    workflow: Text
    state: Text
    duration: Duration
    begins: date
    before: date
    after: date


def shifts(site: Site, day: date, single: SingleDay | None) -> list[Shift]:
    """What changes for deadlines that begin today, or on the eve of `day`, once it is set so."""
    now, then = site.calendar, site.calendar.with_day(day, single)
    begins = [site.today()] if day <= site.today() else [site.today(), day - timedelta(days=1)]
    return [
        found
        for begin in dict.fromkeys(begins)
        for found in _shifts(site, begin, now, then)
        if found.before != found.after
    ]


def _shifts(site: Site, begins: date, now: Calendar, then: Calendar) -> Iterator[Shift]:
    moment = now.midnight(begins)
    for name, flow in (*site.workflows.items(), *site.lifecycles.items()):
        for state in flow.states.values():
            for duration in (state.due, state.expires):
                if duration is None or duration.unit != "business_days":
                    continue
                before, after = (each.due_day(each.due(moment, duration)) for each in (now, then))
                label = flow.label or Text(ja=name, en=name)
                yield Shift(label, state.label, duration, begins, before, after)


async def promised(site: Site, day: date) -> int:
    """How many open applications keep a deadline on `day` or later, whatever the calendar says from now on;
    counted up to ``COUNT_LIMIT``."""
    where = {"open": True, "due": {"$gt": site.calendar.midnight(day)}}
    return int(await Application.raw().count_documents(where, limit=COUNT_LIMIT, maxTimeMS=2000))


def upcoming(site: Site, count: int = 5) -> Sequence[tuple[date, SingleDay]]:
    """The next single days from today on."""
    ahead = sorted(item for item in site.calendar.single_days.items() if item[0] >= site.today())
    return ahead[:count]
