"""Steps of a registered record's lifecycle: suspended, resumed, ended, each with its ground."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from models.documents.application import Application
from models.documents.event import Subject
from models.documents.record import Record, RecordVersion
from models.documents.store import Session
from models.errors import AlreadyDone, NotAllowed, NotFound, RecordChanged, TransitionRefused
from models.language import Text
from models.permissions import Actor, require
from models.schema.fields.file import KINDS, FileField
from models.services.clocks import with_clock
from models.services.contracts import PERFORM, Passage
from models.services.deeds import REASON_LIMIT as REASON_LIMIT
from models.services.deeds import Deed, Standing, require_deed, standing_of
from models.services.deeds import Evidence as Evidence
from models.services.dependants import has_dependants
from models.services.events import record_event
from models.services.lifecycle_mails import Mailed as Mailed
from models.services.lifecycle_mails import facts_of as facts_of
from models.services.lifecycle_mails import flow_of as flow_of
from models.services.lifecycle_mails import letter_of, mails_of
from models.services.messages import queue_letter
from models.services.records import damage_of
from models.services.scanning import require_clean
from models.services.seeing import is_in_reach
from models.services.site import Site
from models.services.uploads import check_upload, clean_name, facts
from models.workflow.definition import Lifecycle, Transition
from models.workflow.engine import Position, holds, judge, steps

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
NOT_FROM_HERE = "The registration {number} is in a state from which this is not possible."


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
        _is_bound(flow, record, transition) and await has_dependants(site, record),
        str(found["reference"]) if found else "",
        tuple([mail async for mail in mails_of(site, record, transition)]),
    )


async def act(
    site: Site,
    actor: Actor,
    record: Record,
    name: str,
    *,
    reason: str = "",
    evidence: Evidence | None = None,
    ground: str = "",
    basis: str = "",
    review_on: date | None = None,
    revision: int,
) -> Record:
    """Take step `name` of the record's lifecycle: state, version, effects, event and mails in one
    transaction. `ground`, `basis` and `review_on` are as in ``deeds.Deed``.

    Raises NotFound, NotAllowed, AlreadyDone (somebody was faster), RecordChanged (it is no longer the
    `revision` the person looked at), StepIncomplete (a need is not met), TransitionRefused (others depend on
    it), UploadRefused."""
    flow = await _require_step(site, actor, record, name)
    transition = flow.transitions[name]
    if record.revision != revision:
        raise RecordChanged(CHANGED_MEANWHILE)
    version = await _made(site, actor, record, name, Deed(reason, evidence, ground, basis, review_on))

    async def body(session: Session) -> Record:
        return await _move(site, actor, record, version, transition, session)

    try:
        moved = await site.store.transaction(body)
    except RecordChanged as error:
        raise await _overtaken(site, record, flow) from error
    if transition.effects:
        await site.switchboard.refresh()
    return moved


async def _made(site: Site, actor: Actor, record: Record, name: str, deed: Deed) -> RecordVersion:
    """The version a step makes of what came with it; the file handed in is stored. Raises StepIncomplete,
    UploadRefused."""
    transition = flow_of(site, record).transitions[name]
    require_deed(transition, deed)
    standing = await standing_of(site, record, transition, deed)
    handed = [await _stored(site, actor, record, deed.evidence)] if deed.evidence else []
    return _version(site, actor, record, name, transition, deed.reason, handed, standing)


async def advance(
    site: Site,
    actor: Actor,
    record: Record,
    name: str,
    standing: Standing,
    reason: str,
    session: Session,
) -> Record:
    """Take a step on behalf of a workflow, in its transaction: the program is among those who may take it,
    and what was decided there is its reason. Raises TransitionRefused, RecordChanged."""
    transition, allowed = step_of(site, actor, record, name)
    if not allowed:
        raise TransitionRefused(NOT_FROM_HERE, number=record.number)
    version = _version(site, actor, record, name, transition, reason, [], standing)
    return await _move(site, actor, record, version, transition, session)


def step_of(site: Site, actor: Actor, record: Record, name: str) -> tuple[Transition, bool]:
    """A step a workflow takes on behalf of `actor`, and whether the record is in a state for it."""
    flow, who = flow_of(site, record), persons_for(actor) | {"system"}
    verdict = judge(flow, name, Position(record.lifecycle, facts_of(record)), who)
    return flow.transitions[name], verdict.allowed


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


def _is_gone(flow: Lifecycle, record: Record, transition: Transition) -> bool:
    return flow.states[record.lifecycle].live and not flow.states[transition.to].live


def _is_bound(flow: Lifecycle, record: Record, transition: Transition) -> bool:
    """Whether the step is only for a record nothing depends on."""
    return _is_gone(flow, record, transition) and not transition.despite_dependants


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
    standing: Standing,
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
        ground=standing.ground,
        rests_on=standing.rests_on,
        review_at=standing.review_at,
        by=actor.person,
        at=site.now(),
    )


async def _move(
    site: Site, actor: Actor, record: Record, version: RecordVersion, transition: Transition, session: Session
) -> Record:
    flow = flow_of(site, record)
    if _is_bound(flow, record, transition) and await has_dependants(site, record, session):
        raise TransitionRefused(STILL_NEEDED)
    moved = with_clock(site, record.model_copy(update=_moved(record, version)))
    values = {**_moved(record, version), "next_at": moved.next_at, "clock": moved.clock}
    await site.records[record.type].change(record.id, record.revision, values, session)
    await version.insert(session=session)
    mails = [mail async for mail in mails_of(site, moved, transition, version)]
    for call in transition.effects:
        if holds(call.when, facts_of(moved)):
            await PERFORM[call.effect](Passage(site, actor, moved, version, session), call.parameters)
    for mail in mails:
        await queue_letter(site, letter_of(site, moved, mail, transition), session)
    await _tell(site, actor, record, version, session)
    return moved


def _moved(record: Record, version: RecordVersion) -> dict[str, Any]:
    """What a step writes on the record; one that leads back to where it was begins its time there anew."""
    return {
        "lifecycle": version.lifecycle,
        "revision": version.revision,
        "review_at": version.review_at,
        "review_told_at": None,
        "since": version.at,
        "updated_at": version.at,
    }


async def _tell(site: Site, actor: Actor, record: Record, version: RecordVersion, session: Session) -> None:
    basis = version.rests_on
    await record_event(
        site,
        actor,
        f"record.{version.transition}",
        Subject(kind=record.type, id=record.id, label=record.number),
        session,
        operator_id=record.operator_id,
        origin=record.lifecycle,
        to=version.lifecycle,
        revision=version.revision,
        evidence=[upload["sha256"] for upload in version.evidence],
        ground=version.ground,
        rests_on=f"{basis.kind}:{basis.label}" if basis else "",
    )


async def _overtaken(site: Site, record: Record, flow: Lifecycle) -> Exception:
    """Why it is too late: somebody moved the record (say who), or only its answers changed."""
    newest = await RecordVersion.find({"record_id": record.id}).sort("-revision").limit(1).to_list()
    if not newest or newest[0].transition not in flow.transitions:
        return RecordChanged(CHANGED_MEANWHILE)
    last = newest[0]
    moment = last.at.astimezone(site.calendar.zone).strftime("%Y-%m-%d %H:%M")
    return AlreadyDone(who=last.by.shown, what=flow.transitions[last.transition].label, when=moment)
