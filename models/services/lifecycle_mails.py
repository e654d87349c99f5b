"""The mails of a step of a lifecycle: to whom, and with what in them."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from models.documents.message import Stamp
from models.documents.record import Record, RecordVersion
from models.language import Language
from models.services.day_words import due_words
from models.services.messages import Letter, Recipient
from models.services.recipients import people_of_operator, people_of_role
from models.services.site import Site
from models.workflow.definition import Lifecycle, MailCall, Transition
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


def facts_of(record: Record) -> dict[str, Any]:
    """What ``when`` may ask of a record."""
    kind = {"type": record.type, "record_type": record.type}
    return {**kind, "number": record.number, "lifecycle": record.lifecycle, "data": record.data}


async def mails_of(
    site: Site, record: Record, transition: Transition, version: RecordVersion | None = None
) -> AsyncIterator[Mailed]:
    """The mails of a step whose ``when`` holds, to everybody they go to; with the reason and the ground of
    the `version` it made, where it was taken."""
    for call in transition.mail:
        if holds(call.when, facts_of(record)):
            for recipient in await _recipients(site, record, call):
                values = values_of(site, record, transition, version, recipient.language)
                yield Mailed(call.template, recipient, values, call.to)


async def _recipients(site: Site, record: Record, call: MailCall) -> list[Recipient]:
    """A role, an address among the answers, or the operator (``applicant`` means it too)."""
    definition = site.registry.at(record.type, record.schema_version).definition
    if call.to in ("applicant", "operator"):
        return await people_of_operator(site, record.operator_id)
    if call.to in definition.by_name:
        address = str(record.data.get(call.to) or "")
        return [Recipient(address, record.title)] if address else []
    return await people_of_role(call.to)


def values_of(
    site: Site, record: Record, transition: Transition, version: RecordVersion | None, language: Language
) -> dict[str, str]:
    """What the placeholders of a lifecycle's mails stand for."""
    definition = site.registry.current(record.type).definition
    due = version.review_at if version is not None else record.review_at
    return {
        "record_type": definition.label(language),
        "kind": transition.label(language),
        "title": record.title,
        "operator_name": record.title,
        "state": flow_of(site, record).states[transition.to].label(language),
        "record_number": record.number,
        "reason": _reason(transition, version, language) if version is not None else "",
        "due_date": due_words(site, due, language),
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
