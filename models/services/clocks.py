"""When the clock takes the next step of a record (``at``, ``after`` of its lifecycle): worked out whenever it
is written, from its answers as the version in force holds them."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from models.documents.record import Record
from models.services.carrying import carry
from models.services.lifecycle_mails import facts_of, flow_of
from models.services.moments import beginning_of
from models.services.site import Site
from models.workflow.definition import Transition
from models.workflow.engine import holds


def timed_types(site: Site) -> Iterator[str]:
    """The record types whose lifecycle has steps the clock takes."""
    for name, published in site.registry.all_current().items():
        if site.lifecycles[published.definition.lifecycle].timed:
            yield name


def with_clock(site: Site, record: Record) -> Record:
    """`record` with the moment of its next step, as it is about to be written."""
    if not flow_of(site, record).timed:
        return record.model_copy(update={"next_at": None, "clock": ""})
    found = next_step(site, record)
    return record.model_copy(
        update={"next_at": found[0] if found else None, "clock": rules_of(site, record.type)}
    )


def next_step(site: Site, record: Record) -> tuple[datetime, str] | None:
    """When the clock takes the next step of a record, and which; of several at one moment the first written.
    None where there is none."""
    carried = carry(site, record.type, record.data, record.schema_version).data
    as_carried = record.model_copy(update={"data": carried})
    found: tuple[datetime, str] | None = None
    for name, step in flow_of(site, record).timed.items():
        if record.lifecycle in step.origins and holds(step.when, facts_of(as_carried)):
            moment = _moment(site, as_carried, step)
            if moment is not None and (found is None or moment < found[0]):
                found = moment, name
    return found


def _moment(site: Site, record: Record, step: Transition) -> datetime | None:
    """When a step is due; None where the field it waits for has no answer."""
    begin = beginning_of(site, record.data.get(step.at)) if step.at else record.since or record.updated_at
    return site.calendar.due(begin, step.after) if begin is not None and step.after is not None else begin


def rules_of(site: Site, type_name: str) -> str:
    """By which rules the clocks of a type are set (``Record.clock``): its version, and the steps."""
    published = site.registry.current(type_name)
    steps = site.lifecycles[published.definition.lifecycle].timed
    told = {name: step.model_dump_json(by_alias=True) for name, step in steps.items()}
    return f"{published.version}:{hashlib.sha256(repr(told).encode()).hexdigest()[:16]}"
