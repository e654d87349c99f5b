"""Steps of a registered record's lifecycle: suspended, resumed, ended, each with its ground."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import ValidationError

from models.documents.application import Application
from models.documents.event import Subject
from models.documents.message import Stamp
from models.documents.record import Record, RecordVersion
from models.documents.store import Session
from models.errors import AlreadyDone, NotAllowed, NotFound, RecordChanged, TransitionRefused
from models.language import Language, Text
from models.permissions import Actor, require
from models.schema.definition import RecordType
from models.schema.fields.file import KINDS, FileField
from models.services.dependants import has_dependants
from models.services.events import record_event
from models.services.messages import Letter, Recipient, queue_letter
from models.services.recipients import people_of_operator, people_of_role
from models.services.records import damage_of
from models.services.scanning import require_clean
from models.services.seeing import is_in_reach
from models.services.site import Site
from models.services.uploads import check_upload, clean_name, facts
from models.workflow.definition import Lifecycle, MailCall, Transition
from models.workflow.engine import Position, holds, judge, steps

REASON_LIMIT = 2000
"""Longest reason (characters)."""

EVIDENCE = FileField(
    name="evidence",
    type="file",
    label=Text(ja="証拠書類", en="Evidence"),
    accept=("pdf", "png", "jpg", "docx", "xlsx", "csv", "txt"),
    max_mb=10,
)
"""What may be handed in as evidence of a step."""

CHANGED_MEANWHILE = "This record was changed meanwhile. Look at it again before you go on."
DAMAGED = "This record is damaged, so nothing can be done with it here."
STILL_NEEDED = "Other registered records still depend on this one."


class Evidence(NamedTuple):
    """A file handed in with a step."""

    filename: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mailed:
    """One mail a step sends, as it would go out now."""

    template: str
    recipient: Recipient
    values: Mapping[str, str]
    to: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step will do, before it is taken."""

    name: str
    transition: Transition
    origin: str
    gone: bool
    """Whether the record counts as gone afterwards."""
    blocked: bool
    """Whether other live records depend on it, so that it cannot be gone."""
    open_application: str
    """The reference of the open application about this record; "" for none."""
    mails: tuple[Mailed, ...]


def flow_of(site: Site, record: Record) -> Lifecycle:
    """The lifecycle of a record, as its type has it now."""
    return site.lifecycles[site.registry.current(record.type).definition.lifecycle]


def facts_of(record: Record) -> dict[str, Any]:
    """What ``when`` may ask of a record."""
    kind = {"type": record.type, "record_type": record.type}
    return {**kind, "number": record.number, "lifecycle": record.lifecycle, "data": record.data}


def persons_for(actor: Actor) -> frozenset[str]:
    """Who `actor` is to any record, in the words of a lifecycle's ``by`` and ``not_by``."""
    if actor.kind == "staff":
        return actor.roles | {"staff"}
    return frozenset({"system"}) if actor.kind == "system" else frozenset()


def possible_actions(site: Site, actor: Actor, record: Record) -> list[tuple[str, Transition]]:
    """The steps this actor may take now, as the lifecycle writes them."""
    flow = flow_of(site, record)
    if record.lifecycle not in flow.states:
        return []
    return list(steps(flow, Position(record.lifecycle, facts_of(record)), persons_for(actor)))


async def find_record(site: Site, actor: Actor, type_name: str, identifier: Any) -> Record:
    """One record by id, for those who may see any. Raises NotAllowed, NotFound, TransitionRefused (it is
    damaged)."""
    require(actor, "record.view")
    if type_name not in site.records or not await is_in_reach(site, actor, type_name, identifier):
        raise NotFound
    found = await site.records[type_name].row(identifier)
    if found is None:
        raise NotFound
    return whole(found)


def whole(row: Mapping[str, Any]) -> Record:
    """The record a stored row holds. Raises TransitionRefused where it is damaged."""
    if damage_of(row):
        raise TransitionRefused(DAMAGED)
    try:
        return Record.model_validate(row)
    except ValidationError as error:
        raise TransitionRefused(DAMAGED) from error


async def outcome_of(site: Site, actor: Actor, record: Record, name: str) -> Outcome:
    """What step `name` would do. Raises as ``act`` does where it may not be taken at all."""
    flow = await _require_step(site, actor, record, name)
    transition = flow.transitions[name]
    gone = _is_gone(flow, record, transition)
    held = {"record_id": record.id, "open": True}
    found = await Application.raw().find_one(held, {"reference": 1})
    return Outcome(
        name,
        transition,
        record.lifecycle,
        gone,
        gone and await has_dependants(site, record),
        str(found["reference"]) if found else "",
        tuple([mail async for mail in _mails(site, record, transition, "")]),
    )


async def act(
    site: Site,
    actor: Actor,
    record: Record,
    name: str,
    *,
    reason: str = "",
    evidence: Evidence | None = None,
    revision: int,
) -> Record:
    """Take step `name` of the record's lifecycle: state, version, event and mails in one transaction.

    Raises NotFound, NotAllowed, AlreadyDone (somebody was faster), RecordChanged (it is no longer the
    `revision` the person looked at), TransitionRefused (a need is not met, others depend on it),
    UploadRefused."""
    flow = await _require_step(site, actor, record, name)
    transition = flow.transitions[name]
    if record.revision != revision:
        raise RecordChanged(CHANGED_MEANWHILE)
    _require_needs(transition, reason, evidence)
    handed = [await _stored(site, actor, record, evidence)] if evidence else []
    version = _version(site, actor, record, name, transition, reason, handed)

    async def body(session: Session) -> Record:
        if _is_gone(flow, record, transition) and await has_dependants(site, record, session):
            raise TransitionRefused(STILL_NEEDED)
        return await _move(site, actor, record, version, transition, session)

    try:
        return await site.store.transaction(body)
    except RecordChanged as error:
        raise await _overtaken(site, record, flow) from error


async def _require_step(site: Site, actor: Actor, record: Record, name: str) -> Lifecycle:
    flow, who = flow_of(site, record), persons_for(actor)
    if not await is_in_reach(site, actor, record.type, record.id):
        raise NotFound
    verdict = judge(flow, name, Position(record.lifecycle, facts_of(record)), who)
    if verdict.refusal == "unknown":
        raise NotFound
    if verdict.refusal == "state" and who & set(flow.transitions[name].by):
        raise await _overtaken(site, record, flow)
    if not verdict.allowed:
        raise NotAllowed(rule=verdict.rule)
    return flow


def _require_needs(transition: Transition, reason: str, evidence: Evidence | None) -> None:
    if "reason" in transition.needs and not reason.strip():
        raise TransitionRefused("Write the reason.")
    if len(reason.strip()) > REASON_LIMIT:
        raise TransitionRefused("The reason is longer than {limit} characters.", limit=REASON_LIMIT)
    if "evidence" in transition.needs and evidence is None:
        raise TransitionRefused("Attach the evidence.")


def _is_gone(flow: Lifecycle, record: Record, transition: Transition) -> bool:
    return flow.states[record.lifecycle].live and not flow.states[transition.to].live


async def _stored(site: Site, actor: Actor, record: Record, evidence: Evidence) -> dict[str, Any]:
    filename = clean_name(evidence.filename)
    kind = check_upload(EVIDENCE, filename, evidence.content)
    subject = Subject(kind=record.type, id=record.id, label=record.number)
    await require_clean(site, actor, evidence.content, subject)
    return facts(await site.store.attachments.put(filename, KINDS[kind][0], str(record.id), evidence.content))


def _version(
    site: Site,
    actor: Actor,
    record: Record,
    name: str,
    transition: Transition,
    reason: str,
    evidence: list[dict[str, Any]],
) -> RecordVersion:
    return RecordVersion(
        type=record.type,
        record_id=record.id,
        revision=record.revision + 1,
        schema_version=record.schema_version,
        lifecycle=transition.to,
        data=record.data,
        transition=name,
        reason=reason.strip(),
        evidence=evidence,
        by=actor.person,
        at=site.now(),
    )


async def _move(
    site: Site, actor: Actor, record: Record, version: RecordVersion, transition: Transition, session: Session
) -> Record:
    values = {"lifecycle": version.lifecycle, "revision": version.revision, "updated_at": version.at}
    await site.records[record.type].change(record.id, record.revision, values, session)
    moved = record.model_copy(update=values)
    await version.insert(session=session)
    async for mail in _mails(site, moved, transition, version.reason):
        await queue_letter(site, _letter(site, moved, mail, transition), session)
    await record_event(
        site,
        actor,
        f"record.{version.transition}",
        Subject(kind=record.type, id=record.id, label=record.number),
        session,
        operator_id=record.operator_id,
        origin=record.lifecycle,
        to=moved.lifecycle,
        revision=moved.revision,
        evidence=[upload["sha256"] for upload in version.evidence],
    )
    return moved


def _letter(site: Site, record: Record, mail: Mailed, transition: Transition) -> Letter:
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


async def _mails(site: Site, record: Record, transition: Transition, reason: str) -> AsyncIterator[Mailed]:
    """The mails of a step, whose ``when`` holds, to everybody they go to."""
    for call in transition.mail:
        if holds(call.when, facts_of(record)):
            for recipient in await _recipients(site, record, call):
                values = _values(site, record, transition, recipient.language)
                yield Mailed(call.template, recipient, {**values, "reason": reason}, call.to)


async def _recipients(site: Site, record: Record, call: MailCall) -> list[Recipient]:
    """A role, an address among the answers, or the operator (``applicant`` means it too)."""
    definition = site.registry.at(record.type, record.schema_version).definition
    if call.to in ("applicant", "operator"):
        return await people_of_operator(site, record.operator_id)
    if call.to in definition.by_name:
        address = str(record.data.get(call.to) or "")
        return [Recipient(address, record.title)] if address else []
    return await people_of_role(call.to)


def _values(site: Site, record: Record, transition: Transition, language: Language) -> dict[str, str]:
    definition: RecordType = site.registry.current(record.type).definition
    return {
        "record_type": definition.label(language),
        "kind": transition.label(language),
        "title": record.title,
        "operator_name": record.title,
        "state": flow_of(site, record).states[transition.to].label(language),
        "record_number": record.number,
    }


async def _overtaken(site: Site, record: Record, flow: Lifecycle) -> Exception:
    """Why it is too late: somebody moved the record (say who), or only its answers changed."""
    newest = await RecordVersion.find({"record_id": record.id}).sort("-revision").limit(1).to_list()
    if not newest or newest[0].transition not in flow.transitions:
        return RecordChanged(CHANGED_MEANWHILE)
    last = newest[0]
    moment = last.at.astimezone(site.calendar.zone).strftime("%Y-%m-%d %H:%M")
    return AlreadyDone(who=last.by.name, what=flow.transitions[last.transition].label, when=moment)
