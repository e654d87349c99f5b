"""The mails of a step of a lifecycle: to whom, and with what in them."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from models.documents.message import Stamp
from models.documents.record import Record, RecordVersion
from models.language import Language
from models.services.around import around_record
from models.services.carrying import as_carried
from models.services.day_words import until_words
from models.services.messages import Letter, Recipient
from models.services.routing import addressed
from models.services.sides import RESERVED, side_named
from models.services.site import Site
from models.workflow.definition import Lifecycle, Transition
from models.workflow.engine import holds


@dataclass(frozen=True, slots=True)
class Mailed:
    """One mail a step sends, as it would go out now."""

    template: str
    recipient: Recipient
    values: Mapping[str, str]
    to: str = ""


def flow_of(site: Site, record: Record) -> Lifecycle:
    """The lifecycle of a record, as its type has it now."""
    return site.lifecycles[site.registry.current(record.type).definition.lifecycle]


def facts_of(site: Site, record: Record) -> dict[str, Any]:
    """What ``when`` may ask of a record, its answers by the names they have now."""
    kind = {"type": record.type, "record_type": record.type}
    named = {"number": record.number, "lifecycle": record.lifecycle, "origin": record.origin}
    return {**kind, **named, "data": as_carried(site, record).data}


async def mails_of(
    site: Site, record: Record, transition: Transition, version: RecordVersion | None = None
) -> AsyncIterator[Mailed]:
    """The mails of a step whose ``when`` holds, to everybody they go to; with the reason and the ground of
    the `version` it made, where it was taken."""
    for call in transition.mail:
        if holds(call.when, facts_of(site, record)):
            side, operator = side_mailed(site, call.to, record), await operator_named(site, record)
            for recipient in await recipients_of(site, record, call.to):
                values = values_of(site, record, transition, version, recipient.language, side)
                yield Mailed(call.template, recipient, {**values, "operator_name": operator}, call.to)


def side_mailed(site: Site, to: str, record: Record | None) -> str:
    """The side a mail to `to` is read on: a route is of the side that stands in for it, an address among the
    answers the operator's."""
    route = site.configuration.site.routes.get(to)
    word = route.otherwise if route is not None else to
    known = word in RESERVED or word in site.configuration.site.roles
    return side_named(word, record) if known else "operator"


def page_for(site: Site, record: Record, side: str) -> str:
    """The address of a record's page on one side."""
    ours = f"/admin/{record.type}/detail?pk={record.id}"
    return f"{site.base_url}{ours if side == 'staff' else f'/portal/{record.type}/{record.number}'}"


async def operator_named(site: Site, record: Record) -> str:
    """What the operator of a record is called; of one of the organisation itself, what the record is."""
    own = site.configuration.site.operator_type
    if record.operator_id is None or record.type == own:
        return record.title
    rows = await site.records[own].rows({"_id": record.operator_id}, {"title": 1}, [("_id", 1)], 0, 1)
    return str(rows[0].get("title", "")) if rows else ""


async def recipients_of(site: Site, record: Record, to: str) -> list[Recipient]:
    """Whom `to` means in a mail about a record: a route, a role, an address among the answers, or the
    operator (``applicant`` means it too)."""
    record = as_carried(site, record)
    definition = site.registry.at(record.type, record.schema_version).definition
    if to in definition.by_name and to not in site.configuration.site.routes:
        address = str(record.data.get(to) or "")
        return [Recipient(address, record.title)] if address else []
    return await addressed(site, "operator" if to == "applicant" else to, around_record(site, record))


def values_of(
    site: Site,
    record: Record,
    transition: Transition,
    version: RecordVersion | None,
    language: Language,
    side: str,
) -> dict[str, str]:
    """What the placeholders of a lifecycle's mails stand for, in the words of the `side` that is told."""
    definition = site.registry.current(record.type).definition
    due = (version.review_at if version is not None else record.review_at) or record.due
    return {
        "record_type": definition.label(language),
        "kind": transition.label(language),
        "title": record.title,
        "state": flow_of(site, record).shown_to(side).states[transition.to].label(language),
        "record_number": record.number,
        "reason": _reason(transition, version, language) if version is not None else "",
        "due_date": until_words(site, due, language),
        "page": page_for(site, record, side),
    }


def _reason(transition: Transition, version: RecordVersion, language: Language) -> str:
    """The ground in words, and what was written about it."""
    grounds = [g.label(language) for g in transition.grounds if g.code == version.ground]
    return "\n".join(part for part in (*grounds, version.reason) if part)


def letter_of(site: Site, record: Record, mail: Mailed, transition: Transition) -> Letter:
    """A mail as it goes into the outbox: once for each version of the record."""
    definition = site.registry.current(record.type).definition
    stamps = next((call.stamps for call in transition.mail if call.template == mail.template), None)
    return Letter(
        template=mail.template,
        recipient=mail.recipient,
        cause=f"{record.id}:{record.revision}",
        to=mail.to,
        values=mail.values,
        operator_id=record.operator_id,
        stamp=Stamp(collection=definition.collection, record_id=record.id, name=stamps) if stamps else None,
    )
