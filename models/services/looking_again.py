"""Days on which the state of a registration is looked at again (R43): told once when one has passed."""

from collections.abc import Iterator
from typing import Any

from models.documents.event import Subject
from models.documents.record import Record
from models.documents.store import Session
from models.errors import RecordChanged
from models.permissions import SYSTEM
from models.services.events import record_event
from models.services.lifecycle_mails import flow_of, operator_named, values_of
from models.services.messages import Letter, queue_letter
from models.services.recipients import people_of_role
from models.services.site import Site
from models.workflow.definition import Transition

BATCH = 20
"""Registrations told of at once."""

COUNTED = 1000
"""Registrations are counted no further than this."""


def reviewed_types(site: Site) -> Iterator[str]:
    """The record types whose lifecycle sets days to look again."""
    for name, published in site.registry.all_current().items():
        if site.lifecycles[published.definition.lifecycle].reviewed:
            yield name


def passed(site: Site) -> dict[str, Any]:
    """The registrations whose day to look again has passed, as a query; by their index."""
    return {"review_at": {"$lte": site.now(), "$type": "date"}}


async def overdue(site: Site) -> int:
    """How many registrations wait for somebody to look again, the day having passed (at most COUNTED)."""
    where = passed(site)
    return sum([await site.records[name].count(where, COUNTED) for name in reviewed_types(site)])


async def tell_passed(site: Site) -> int:
    """Tell of days that have passed, each once, up to BATCH of a type; how many."""
    told = 0
    for name in reviewed_types(site):
        where = {**passed(site), "review_told_at": None}
        for row in await site.records[name].rows(where, {"_id": 1}, [("review_at", 1)], 0, BATCH):
            record = await site.records[name].get(row["_id"])
            if record is not None:
                told += await _tell(site, record)
    return told


async def _tell(site: Site, record: Record) -> bool:
    """Mail and event in one transaction; False where somebody was faster."""
    step = _setting(site, record)

    async def body(session: Session) -> bool:
        values = {"review_told_at": site.now()}
        await site.records[record.type].change(record.id, record.revision, values, session)
        if step is not None and step.review is not None:
            await _mail(site, record, step, session)
        subject = Subject(kind=record.type, id=record.id, label=record.number)
        await record_event(
            site, SYSTEM, "record.review_passed", subject, session, operator_id=record.operator_id
        )
        return True

    try:
        return await site.store.transaction(body)
    except RecordChanged:
        return False


def _setting(site: Site, record: Record) -> Transition | None:
    """The step whose review the record waits for: one that leads to the state it is in."""
    steps = flow_of(site, record).transitions.values()
    return next((step for step in steps if step.review is not None and step.to == record.lifecycle), None)


async def _mail(site: Site, record: Record, step: Transition, session: Session) -> None:
    if step.review is None:
        return
    operator = await operator_named(site, record)
    for recipient in await people_of_role(step.review.to):
        letter = Letter(
            template=step.review.mail,
            recipient=recipient,
            cause=f"review:{record.id}:{record.revision}",
            to=step.review.to,
            values={
                **values_of(site, record, step, None, recipient.language, "staff"),
                "operator_name": operator,
            },
        )
        await queue_letter(site, letter, session)
