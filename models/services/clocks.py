"""What the clock does with a record: when it takes the next step (``at``, ``after``, ``then`` of its
lifecycle), by when the record is due, whom it waits for and when they are reminded. Worked out whenever it is
written, from its answers as the version in force holds them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from models.documents.record import Record
from models.services.carrying import as_carried
from models.services.lifecycle_mails import facts_of, flow_of
from models.services.moments import beginning_of
from models.services.site import Site
from models.services.terms_of_records import bell_of, due_of, entered_at
from models.services.turns import awaits_of
from models.workflow.definition import Transition
from models.workflow.engine import holds

NONE = {"next_at": None, "clock": "", "due": None, "awaits": "", "bell_at": None}
"""The clock of a record whose lifecycle has nothing for it."""


def clocked_types(site: Site) -> Iterator[str]:
    """The record types whose records keep a clock."""
    for name, published in site.registry.all_current().items():
        if site.lifecycles[published.definition.lifecycle].clocked:
            yield name


def with_clock(site: Site, record: Record) -> Record:
    """`record` with what its clock says, as it is about to be written."""
    return record.model_copy(update=clock_of(site, record))


def clock_of(site: Site, record: Record) -> dict[str, Any]:
    """What a record's clock says, by the keys of ``Record``: written with everything that changes it."""
    if not flow_of(site, record).clocked:
        return dict(NONE)
    now = as_carried(site, record)
    timed = now.model_copy(update={"due": due_of(site, now), "awaits": awaits_of(site, now)})
    found = next_step(site, timed)
    return {
        "next_at": found[0] if found else None,
        "clock": rules_of(site, record.type),
        "due": timed.due,
        "awaits": timed.awaits,
        "bell_at": bell_of(site, timed),
    }


def next_step(site: Site, record: Record) -> tuple[datetime, str] | None:
    """When the clock takes the next step of a record, and which; of several at one moment the first written,
    and the one its state names for the end of its term (``then``) last. None where there is none."""
    carried = as_carried(site, record)
    found: tuple[datetime, str] | None = None
    for name, step in _timed(site, record).items():
        if record.lifecycle in step.origins and holds(step.when, facts_of(site, carried)):
            moment = record.due if not step.is_timed else _moment(site, carried, step)
            if moment is not None and (found is None or moment < found[0]):
                found = moment, name
    return found


def _timed(site: Site, record: Record) -> dict[str, Transition]:
    """The steps the clock takes from the state a record is in."""
    flow = flow_of(site, record)
    state = flow.states.get(record.lifecycle)
    last = state.then if state is not None and state.then in flow.transitions else None
    return {**flow.timed, **({last: flow.transitions[last]} if last else {})}


def _moment(site: Site, record: Record, step: Transition) -> datetime | None:
    """When a step is due; None where the field it waits for has no answer."""
    begin = beginning_of(site, record.data.get(step.at)) if step.at else entered_at(record)
    return site.calendar.due(begin, step.after) if begin is not None and step.after is not None else begin


def rules_of(site: Site, type_name: str) -> str:
    """By which rules the clocks of a type are set (``Record.clock``): its version, and its lifecycle."""
    published = site.registry.current(type_name)
    return f"{published.version}:{site.lifecycles[published.definition.lifecycle].clockwork}"
