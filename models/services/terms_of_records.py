"""By when a record has to leave the state it is in, and when anybody is reminded of that."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from models.documents.record import Record
from models.services.carrying import as_carried
from models.services.lifecycle_mails import flow_of
from models.services.moments import beginning_of
from models.services.site import Site
from models.workflow.definition import Duration, State


def state_of(site: Site, record: Record) -> State | None:
    """The state a record is in, as its lifecycle has it now; None for one it knows no more."""
    return flow_of(site, record).states.get(record.lifecycle)


def entered_at(record: Record) -> datetime:
    """When it came into its state."""
    return record.since or record.updated_at


def due_of(site: Site, record: Record) -> datetime | None:
    """By when a record has to leave its state (``State.due``): counted from the answer ``since`` names, or
    from when it came into the state where that has none. None where nothing is due; in a final
    state nothing is."""
    state = state_of(site, record)
    if state is None or state.final or state.due is None:
        return None
    answer = as_carried(site, record).data.get(state.since) if state.since else None
    begin = beginning_of(site, answer) or entered_at(record)
    return site.calendar.due(begin, state.due)


def moment_before(site: Site, due: datetime, before: Duration) -> datetime:
    """When to remind of something due: so many hours before it, or the beginning of the day so many days
    `before` its last one."""
    if before.unit == "hours":
        return due - timedelta(hours=before.count)
    day, left = site.calendar.due_day(due), before.count
    while left > 0:
        day -= timedelta(days=1)
        left -= before.unit == "days" or site.calendar.is_business_day(day)
    return site.calendar.midnight(day)


def bell_of(site: Site, record: Record) -> datetime | None:
    """When somebody is reminded of ``Record.due`` next, or told that it has passed; None where everybody was.
    A reminder that would have come before the record did is left out, that it is over never is."""
    state = state_of(site, record)
    if state is None or record.due is None:
        return None
    rung = record.rung_at if record.rung_at and record.rung_at >= entered_at(record) else None
    over = [record.due] if rung is None or record.due > rung else []
    return min([*over, *_reminders(site, record, state, rung or entered_at(record))], default=None)


def _reminders(site: Site, record: Record, state: State, after: datetime) -> Iterator[datetime]:
    if record.due is None or not record.awaits:
        return
    for before in state.remind:
        moment = moment_before(site, record.due, before)
        if after < moment < record.due:
            yield moment
