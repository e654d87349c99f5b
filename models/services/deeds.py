"""What a person taking a step of a lifecycle brings along: reason, file, ground with its evidence, review."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from models.documents.event import Subject
from models.documents.record import Record
from models.errors import StepIncomplete
from models.language import Language
from models.services.carrying import as_carried
from models.services.site import Site
from models.workflow.definition import Ground, Transition

REASON_LIMIT = 2000
"""Longest reason (characters)."""

BASES = 50
"""Most records of one type offered as evidence of a ground."""

FIELD = "field"
"""What stands before an answer of the record itself where the evidence of a ground is named."""


class Evidence(NamedTuple):
    """A file handed in with a step."""

    filename: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Deed:
    """What comes with a step. ``basis`` names the evidence of the ground: ``violation:V0001``, or
    ``field:eligibility_declaration`` for an answer of the record itself."""

    reason: str = ""
    evidence: Evidence | None = None
    ground: str = ""
    basis: str = ""
    review_on: date | None = None


class Basis(NamedTuple):
    """Something a ground may rest on: how it is named in a form, what it is called, and what it is."""

    key: str
    label: str
    subject: Subject


@dataclass(frozen=True, slots=True)
class Standing:
    """What a step leaves on the record and its version besides the state."""

    ground: str = ""
    rests_on: Subject | None = None
    review_at: datetime | None = None


def require_deed(transition: Transition, deed: Deed) -> None:
    """Raise StepIncomplete, naming the first thing the step asks for that is not there."""
    if "reason" in transition.needs and not deed.reason.strip():
        raise StepIncomplete("Write the reason.", field="reason")
    if len(deed.reason.strip()) > REASON_LIMIT:
        too_long = "The reason is longer than {limit} characters."
        raise StepIncomplete(too_long, field="reason", limit=REASON_LIMIT)
    if "evidence" in transition.needs and deed.evidence is None:
        raise StepIncomplete("Attach the evidence.", field="evidence")


async def standing_of(site: Site, record: Record, transition: Transition, deed: Deed) -> Standing:
    """The ground, its evidence and the day to look again, as the step keeps them. Raises StepIncomplete."""
    ground = _ground(transition, deed.ground)
    basis = await _basis(site, record, ground, deed.basis) if ground else None
    return Standing(ground.code if ground else "", basis, review_moment(site, transition, deed.review_on))


def _ground(transition: Transition, code: str) -> Ground | None:
    if not transition.grounds:
        return None
    found = next((ground for ground in transition.grounds if ground.code == code), None)
    if found is None:
        raise StepIncomplete("Choose the ground this rests on.", field="ground")
    return found


async def _basis(site: Site, record: Record, ground: Ground, key: str) -> Subject | None:
    if not key and not (ground.rests_on_something and ground.required):
        return None
    async for basis in bases(site, record, ground, "ja", key):
        if basis.key == key:
            return basis.subject
    raise StepIncomplete("Choose the evidence this ground rests on.", field="basis")


async def bases(
    site: Site, record: Record, ground: Ground, language: Language, key: str = ""
) -> AsyncIterator[Basis]:
    """What a ground may rest on: records about the same operator, newest first (or the one that `key`
    names), and answers of this record that were given."""
    for name in ground.records:
        if name in site.records:
            async for row in _registered(site, record, name, key):
                yield _of_row(site, name, row, language)
    record = as_carried(site, record)
    definition = site.registry.at(record.type, record.schema_version).definition
    for name in ground.fields:
        field = definition.by_name.get(name)
        if field is not None and record.data.get(name) is not None:
            subject = Subject(kind=f"{FIELD}:{name}", id=record.id, label=record.number)
            yield Basis(f"{FIELD}:{name}", field.label(language), subject)


async def _registered(site: Site, record: Record, name: str, key: str) -> AsyncIterator[Mapping[str, Any]]:
    where: dict[str, Any] = {"operator_id": record.operator_id}
    if key.startswith(f"{name}:"):
        where["number"] = key.removeprefix(f"{name}:")
    for row in await site.records[name].rows(where, {"number": 1, "title": 1}, [("_id", -1)], 0, BASES):
        yield row


def _of_row(site: Site, name: str, row: Mapping[str, Any], language: Language) -> Basis:
    kind, number = site.registry.current(name).definition, str(row.get("number", ""))
    label = f"{kind.label(language)} {number} {row.get('title', '')}".strip()
    return Basis(f"{name}:{number}", label, Subject(kind=name, id=row["_id"], label=number))


def review_moment(site: Site, transition: Transition, chosen: date | None) -> datetime | None:
    """The moment the day to look again is over; the last day allowed where none is chosen."""
    if transition.review is None:
        return None
    last = site.calendar.due(site.now(), transition.review.after)
    if chosen is None:
        return last
    last_day = site.calendar.due_day(last)
    if not site.today() <= chosen <= last_day:
        said = "Choose a day to look again from today until {day}."
        raise StepIncomplete(said, field="review_on", day=last_day.isoformat())
    return site.calendar.midnight(chosen + timedelta(days=1))
