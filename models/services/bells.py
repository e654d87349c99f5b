"""Reminding of records that are due, and telling that they are overdue: each once, whoever looks.

When the next word is due stands on the record (``Record.bell_at``), so that a worker reads nothing but what
it tells of."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from models.configuration.mail import RECORD_DUE_SOON, RECORD_OVERDUE
from models.documents.event import Subject
from models.documents.record import Record
from models.documents.store import Session
from models.errors import RecordChanged, TransitionRefused
from models.permissions import SYSTEM
from models.services.clocks import clock_of, clocked_types
from models.services.day_words import until_words
from models.services.events import record_event
from models.services.holders import people_of
from models.services.lifecycle_mails import (
    facts_of,
    flow_of,
    operator_named,
    page_for,
    recipients_of,
    side_mailed,
)
from models.services.lifecycles import whole
from models.services.measures import elapsed_words
from models.services.messages import Letter, Recipient, is_written, queue_letter
from models.services.site import Site
from models.services.terms_of_records import entered_at, state_of
from models.workflow.engine import holds


async def ring_due(site: Site) -> bool:
    """Tell of the record whose word is due longest; False when none is."""
    for name in clocked_types(site):
        where = {"bell_at": {"$lte": site.now(), "$type": "date"}}
        for row in await site.records[name].rows(where, {"grams": 0}, [("bell_at", 1)], 0, 1):
            await _look(site, name, row)
            return True
    return False


async def _look(site: Site, name: str, row: Mapping[str, Any]) -> None:
    """A damaged record is told of by nothing; nothing is told where somebody has written it meanwhile."""
    with suppress(RecordChanged):
        try:
            await ring(site, whole(row))
        except TransitionRefused:
            await site.records[name].change(row["_id"], row.get("revision"), {"bell_at": None}, None)


async def ring(site: Site, record: Record) -> bool:
    """Tell what is due to be told of a record, in one transaction with its event and its mails; False where
    nothing is, its clock being set anew. Raises RecordChanged where somebody was faster."""
    now = site.now()
    fresh = record.model_copy(update=clock_of(site, record))
    told = record.model_copy(update={"rung_at": now})
    rings = fresh.bell_at is not None and fresh.bell_at <= now
    seen, values = {"bell_at": record.bell_at}, clock_of(site, told if rings else record)

    async def body(session: Session) -> None:
        change = {**values, **({"rung_at": now} if rings else {})}
        await site.records[record.type].change(record.id, record.revision, change, session, seen=seen)
        if rings:
            await _tell(site, fresh, session)

    await site.store.transaction(body)
    return rings


async def _tell(site: Site, record: Record, session: Session) -> None:
    if record.due is None:
        return
    over, operator = record.due <= site.now(), await operator_named(site, record)
    for mail in await (_overdue(site, record) if over else _due_soon(site, record)):
        letter = Letter(
            template=mail.template,
            recipient=mail.recipient,
            cause=f"{record.id}:{entered_at(record)}:{record.bell_at}",
            to=mail.to,
            values={**values_of(site, record, mail), "operator_name": operator},
            operator_id=record.operator_id,
        )
        await queue_letter(site, letter, session)
    action = "record.overdue" if over else "record.due_soon"
    subject = Subject(kind=record.type, id=record.id, label=record.number)
    due, owner = record.due.isoformat(), record.operator_id
    await record_event(site, SYSTEM, action, subject, session, operator_id=owner, due=due)


@dataclass(frozen=True, slots=True)
class Word:
    """One mail about the term of a record; ``to`` is a role or a side."""

    template: str
    to: str
    recipient: Recipient


async def _due_soon(site: Site, record: Record) -> list[Word]:
    return await _to_holders(site, record, RECORD_DUE_SOON)


async def _overdue(site: Site, record: Record) -> list[Word]:
    """The mails its state names; where it names none, the program's to whoever it waits for."""
    state = state_of(site, record)
    if state is None or not state.overdue:
        return await _to_holders(site, record, RECORD_OVERDUE)
    calls = [call for call in state.overdue if holds(call.when, facts_of(site, record))]
    return [
        Word(call.template, call.to, each)
        for call in calls
        for each in await recipients_of(site, record, call.to)
    ]


async def _to_holders(site: Site, record: Record, template: str) -> list[Word]:
    if not is_written(site, template):
        return []
    return [Word(template, each.side, each.recipient) for each in await people_of(site, record)]


def values_of(site: Site, record: Record, mail: Word) -> dict[str, str]:
    """What the placeholders of these mails stand for."""
    definition, side = site.registry.current(record.type).definition, side_mailed(site, mail.to, record)
    state = flow_of(site, record).shown_to(side).states.get(record.lifecycle)
    due, language = record.due or site.now(), mail.recipient.language
    return {
        "record_type": definition.label(language),
        "record_number": record.number,
        "title": record.title,
        "state": state.label(language) if state else "",
        "due_date": until_words(site, due, language),
        "left": elapsed_words(abs(due - site.now()), language),
        "page": page_for(site, record, side),
    }
