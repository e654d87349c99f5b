"""Steps of a registered record's lifecycle, taken by the staff or by its operator, each with its ground."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from models.documents.application import Application
from models.documents.event import Subject
from models.documents.record import Record, RecordVersion
from models.documents.store import Session
from models.errors import (
    AlreadyDone,
    NotAllowed,
    NotFound,
    RecordChanged,
    TransitionRefused,
)
from models.language import Message, Text
from models.permissions import Actor
from models.schema.fields.file import KINDS, FileField
from models.services.deeds import REASON_LIMIT as REASON_LIMIT
from models.services.deeds import Deed, require_deed, standing_of
from models.services.deeds import Evidence as Evidence
from models.services.dependants import has_dependants
from models.services.foreseeing import does_of
from models.services.lifecycle_mails import Mailed as Mailed
from models.services.lifecycle_mails import facts_of as facts_of
from models.services.lifecycle_mails import flow_of as flow_of
from models.services.lifecycle_mails import mails_of
from models.services.moving import CHANGED_MEANWHILE, Move, Written, is_bound, is_gone, version_of
from models.services.moving import NOT_FROM_HERE as NOT_FROM_HERE
from models.services.moving import advance as advance
from models.services.moving import foreseen as foreseen
from models.services.moving import judged as judged
from models.services.moving import whole as whole
from models.services.positions import position_of
from models.services.records import scope
from models.services.scanning import require_clean
from models.services.sides import consent_missing, named, persons_for, require_reach, told_as, told_when
from models.services.site import Site
from models.services.switches import require_writing
from models.services.uploads import check_upload, clean_name, facts
from models.workflow.definition import Lifecycle, Transition
from models.workflow.engine import judge, steps

EVIDENCE = FileField(
    name="evidence",
    type="file",
    label=Text(ja="証拠書類", en="Evidence"),
    accept=("pdf", "png", "jpg", "docx", "xlsx", "csv", "txt"),
    max_mb=10,
)
"""What may be handed in as evidence of a step."""

ASKS = "This step asks for something. Fill that in first; the step is taken with it."


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
    does: tuple[Message, ...]
    """What its effects do besides, in words; why one would be refused."""
    mails: tuple[Mailed, ...]
    """To whom it is mailed; for the staff alone, as it names people of both sides."""


def possible_actions(site: Site, actor: Actor, record: Record) -> list[tuple[str, Transition]]:
    """The steps this actor may take now, as the lifecycle writes them; not those that wait for a consent."""
    flow = flow_of(site, record)
    if record.lifecycle not in flow.states:
        return []
    return list(steps(flow, position_of(site, record), persons_for(actor, record)))


async def find_record(site: Site, actor: Actor, type_name: str, identifier: Any) -> Record:
    """One record by id, for those who may see it: the staff, and people of its operator. Raises NotAllowed,
    NotFound, TransitionRefused (it is damaged)."""
    if type_name not in site.records:
        raise NotFound
    where = scope(site, actor, type_name)
    found = await site.records[type_name].row(identifier, where)
    if found is None:
        raise NotFound
    return whole(found)


async def outcome_of(site: Site, actor: Actor, record: Record, name: str) -> Outcome:
    """What step `name` would do. Raises as ``act`` does where it may not be taken at all."""
    flow = await _require_step(site, actor, record, name)
    transition = flow.transitions[name]
    gone, is_staff = is_gone(flow, record, transition), actor.kind == "staff"
    held = {"record_id": record.id, "open": True, **({} if is_staff else {"by_staff": {"$ne": True}})}
    found = await Application.raw().find_one(held, {"reference": 1})
    after = foreseen(site, actor, record, name)
    mails = [mail async for mail in mails_of(site, after, transition)] if is_staff else []
    return Outcome(
        name,
        transition,
        record.lifecycle,
        gone,
        is_bound(flow, record, transition) and await has_dependants(site, record),
        str(found["reference"]) if found else "",
        tuple(await does_of(site, actor, after, transition)),
        tuple(mails),
    )


Within = Callable[[Record, Session], Awaitable[None]]
"""What else is written in the transaction of a step, given the record as the step leaves it."""


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
    data: Mapping[str, Any] | None = None,
    application: Application | None = None,
    within: Within | None = None,
) -> Record:
    """Take step `name` of the record's lifecycle: state, version, effects, event and mails in one
    transaction. `ground`, `basis` and `review_on` are as in ``deeds.Deed``. With `data` the record has these
    answers from then on (all of them, validated, by the version of the form `application` is pinned to, else
    that of the record); `within` is done in the same transaction.

    Raises NotFound, NotAllowed, WritingStopped, AlreadyDone (somebody was faster), RecordChanged (it is no
    longer the `revision` the person looked at), ConsentMissing, StepIncomplete (a need is not met),
    TransitionRefused (others depend on it, or it asks for answers and came with none), UploadRefused,
    DuplicateValue."""
    await require_writing(site, actor)
    flow = await _require_step(site, actor, record, name)
    if data is None and name in site.registry.current(record.type).definition.steps:
        raise TransitionRefused(ASKS)
    if record.revision != revision:
        raise RecordChanged(CHANGED_MEANWHILE)
    made = await _made(site, actor, record, name, Deed(reason, evidence, ground, basis, review_on))
    move = Move(site, actor, record, made, Written(data, application) if data is not None else None)

    async def body(session: Session) -> Record:
        moved = await move.carry_out(session)
        if within is not None:
            await within(moved, session)
        return moved

    try:
        moved = await site.store.transaction(body)
    except RecordChanged as error:
        raise await _overtaken(site, actor, record, flow) from error
    if flow.transitions[name].effects:
        await site.switchboard.refresh()
    return moved


async def _made(site: Site, actor: Actor, record: Record, name: str, deed: Deed) -> RecordVersion:
    """The version a step makes of what came with it; the file handed in is stored. Raises StepIncomplete,
    UploadRefused."""
    transition = flow_of(site, record).transitions[name]
    require_deed(transition, deed)
    standing = await standing_of(site, record, transition, deed)
    handed = [await _stored(site, actor, record, deed.evidence)] if deed.evidence else []
    return version_of(site, actor, record, name, transition, deed.reason, handed, standing)


async def _require_step(site: Site, actor: Actor, record: Record, name: str) -> Lifecycle:
    await require_reach(site, actor, record)
    flow, who = flow_of(site, record), persons_for(actor, record)
    verdict = judge(flow, name, position_of(site, record), who)
    if verdict.refusal == "unknown":
        raise NotFound
    if verdict.refusal == "state" and who & set(flow.transitions[name].by):
        raise await _overtaken(site, actor, record, flow)
    if verdict.refusal == "consent":
        raise consent_missing(named(site, party, record) for party in verdict.missing)
    if not verdict.allowed:
        raise NotAllowed(rule=verdict.rule)
    return flow


async def _stored(site: Site, actor: Actor, record: Record, evidence: Evidence) -> dict[str, Any]:
    filename = clean_name(evidence.filename)
    kind = check_upload(EVIDENCE, filename, evidence.content)
    subject = Subject(kind=record.type, id=record.id, label=record.number)
    await require_clean(site, actor, evidence.content, subject)
    return facts(await site.store.attachments.put(filename, KINDS[kind][0], str(record.id), evidence.content))


async def _overtaken(site: Site, actor: Actor, record: Record, flow: Lifecycle) -> Exception:
    """Why it is too late: somebody moved the record (say who), or only its answers changed."""
    newest = await RecordVersion.find({"record_id": record.id}).sort("-revision").limit(1).to_list()
    if not newest or newest[0].consent or newest[0].transition not in flow.transitions:
        return RecordChanged(CHANGED_MEANWHILE)
    last = newest[0]
    moment = told_when(site, last.at)
    what = flow.transitions[last.transition].label
    return AlreadyDone(who=told_as(site, actor, last.by), what=what, when=moment)
