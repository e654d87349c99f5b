"""Taking a step of a record's lifecycle in a transaction: what is written, and what follows.

Who may take it is asked at the doors (``models.services.lifecycles``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from models.documents.application import Application
from models.documents.event import Subject
from models.documents.record import Consent, Record, RecordVersion
from models.documents.store import Session
from models.errors import TransitionRefused
from models.language import Text
from models.permissions import Actor
from models.schema.fields.structure import ReferenceField
from models.services import announcing, contracts
from models.services.another import register_another
from models.services.carrying import as_carried
from models.services.clocks import with_clock
from models.services.contracts import Effect, Parameters, Passage
from models.services.deeds import Standing, review_moment
from models.services.dependants import has_dependants
from models.services.events import record_event
from models.services.lifecycle_mails import facts_of, flow_of, letter_of, mails_of
from models.services.messages import queue_letter
from models.services.positions import position_of
from models.services.records import damage_of
from models.services.revising import DERIVED, revised
from models.services.sides import consent_missing, named, persons_for
from models.services.site import Site
from models.workflow.definition import Lifecycle, Transition
from models.workflow.engine import Verdict, holds, judge

CHANGED_MEANWHILE = "This record was changed meanwhile. Look at it again before you go on."
STILL_NEEDED = "Other registered records still depend on this one."
NOT_NAMED = "This step also concerns the record in “{label}”, which is not there."
NOT_FROM_HERE = "The registration {number} is in a state from which this is not possible."

ANOTHER = "register_another"
"""The effect that is performed before the record is written, which may keep the number it brings."""

DEPTH = 5
"""How many steps one may bring about, each the next."""


DAMAGED = "This record is damaged, so nothing can be done with it here."


def whole(row: Mapping[str, Any]) -> Record:
    """The record a stored row holds. Raises TransitionRefused where it is damaged."""
    if damage_of(row):
        raise TransitionRefused(DAMAGED)
    try:
        return Record.model_validate(row)
    except ValidationError as error:
        raise TransitionRefused(DAMAGED) from error


async def advance(
    site: Site,
    actor: Actor,
    record: Record,
    name: str,
    standing: Standing,
    reason: str,
    session: Session,
    *,
    data: Mapping[str, Any] | None = None,
    application: Application | None = None,
    depth: int = 0,
) -> Record:
    """Take a step on behalf of a workflow or another record, in its transaction: the program is among those
    who may take it, and what was decided there is its reason. `data` and `application` as for ``act``;
    `depth` counts the steps that brought each other about. Raises TransitionRefused, ConsentMissing,
    RecordChanged."""
    transition, verdict = judged(site, actor, record, name)
    if verdict.refusal == "consent":
        raise consent_missing(named(site, party, record) for party in verdict.missing)
    if not verdict.allowed:
        raise TransitionRefused(NOT_FROM_HERE, number=record.number)
    version = version_of(site, actor, record, name, transition, reason, [], standing)
    written = Written(data, application) if data is not None else None
    return await Move(site, actor, record, version, written, depth).carry_out(session)


def judged(site: Site, actor: Actor, record: Record, name: str) -> tuple[Transition, Verdict]:
    """A step taken on behalf of `actor` by a workflow or another record, and whether it is possible now."""
    flow, who = flow_of(site, record), persons_for(actor, record) | {"system"}
    return flow.transitions[name], judge(flow, name, position_of(site, record), who)


@dataclass(frozen=True, slots=True)
class Written:
    """Answers a step writes: all those of the record, as the version they were read by holds them, and the
    application that brought them."""

    data: Mapping[str, Any]
    application: Application | None = None


def version_of(
    site: Site,
    actor: Actor,
    record: Record,
    name: str,
    transition: Transition,
    reason: str,
    evidence: list[dict[str, Any]],
    standing: Standing,
) -> RecordVersion:
    return RecordVersion.of(
        record,
        actor.person,
        site.now(),
        revision=record.revision + 1,
        lifecycle=transition.to,
        transition=name,
        reason=reason.strip(),
        evidence=evidence,
        ground=standing.ground,
        rests_on=standing.rests_on,
        review_at=standing.review_at,
    )


def is_gone(flow: Lifecycle, record: Record, transition: Transition) -> bool:
    return flow.states[record.lifecycle].live and not flow.states[transition.to].live


def is_bound(flow: Lifecycle, record: Record, transition: Transition) -> bool:
    """Whether the step is only for a record nothing depends on."""
    return is_gone(flow, record, transition) and not transition.despite_dependants


def foreseen(site: Site, actor: Actor, record: Record, name: str) -> Record:
    """The record as it would be after step `name`, but for the answers it asks for and what its effects bring
    about. Nothing is written, and nothing is asked: whether it may be taken is another question."""
    transition = flow_of(site, record).transitions[name]
    standing = Standing(review_at=review_moment(site, transition, None))
    version = version_of(site, actor, record, name, transition, "", [], standing)
    return with_clock(site, Move(site, actor, record, version).moved())


@dataclass(frozen=True, slots=True)
class Move:
    """A step about to be taken: the record as it was looked at, the version that tells of it, and the answers
    it writes."""

    site: Site
    actor: Actor
    record: Record
    version: RecordVersion
    written: Written | None = None
    depth: int = 0

    @property
    def transition(self) -> Transition:
        return flow_of(self.site, self.record).transitions[self.version.transition]

    async def carry_out(self, session: Session) -> Record:
        """Write the record and its version, and do what the step brings about, in the transaction of
        `session`. Raises as ``act`` does."""
        site, transition, version = self.site, self.transition, self.version
        flow = flow_of(site, self.record)
        if is_bound(flow, self.record, transition) and await has_dependants(site, self.record, session):
            raise TransitionRefused(STILL_NEEDED)
        moved = with_clock(site, await self._prepared(self.moved(), session))
        await site.records[moved.type].change(moved.id, self.record.revision, self._values(moved), session)
        version.data, version.schema_version = moved.data, moved.schema_version
        await version.insert(session=session)
        await self._follow(moved, session)
        if moved.data is not self.record.data:
            await announcing.republish(site, self.actor, moved, version, session)
        elif flow.states[moved.lifecycle].live:
            await take_along(self.record, moved, session)
        await _tell(site, self.actor, self.record, version, session)
        return moved

    async def _prepared(self, moved: Record, session: Session) -> Record:
        """`moved` with the numbers of what the step registers besides: known before it is written itself."""
        site = self.site
        for call in self.transition.effects:
            if call.effect == ANOTHER and holds(call.when, facts_of(site, moved)):
                made = await register_another(site, self.actor, moved, call.parameters, session)
                moved = _keeping(site, moved, call.parameters.get("keeps"), made.number)
        return moved

    async def _follow(self, moved: Record, session: Session) -> None:
        """The effects and the mails of the step."""
        site, transition = self.site, self.transition
        mails = [mail async for mail in mails_of(site, moved, transition, self.version)]
        passage = Passage(site, self.actor, moved, self.version, session, self.depth)
        for call in transition.effects:
            if call.effect != ANOTHER and holds(call.when, facts_of(site, moved)):
                await PERFORM[call.effect](passage, call.parameters)
        for mail in mails:
            await queue_letter(site, letter_of(site, moved, mail, transition), session)

    def moved(self) -> Record:
        """The record as the step leaves it, with its clock as it was."""
        record, version = self.record, self.version
        if self.written is not None:
            record = self._rewritten(self.written)
        left = self.transition.anew or version.lifecycle != self.record.lifecycle
        moved = {
            "lifecycle": version.lifecycle,
            "revision": version.revision,
            "since": version.at if left else record.since,
            "consents": [] if left or self.written is not None else self._unused(),
            "updated_at": version.at,
        }
        if left or self.transition.review is not None:
            moved |= {"review_at": version.review_at, "review_told_at": None}
        made: Record = record.model_copy(update=moved)
        return made

    def _unused(self) -> list[Consent]:
        """The consents that stand to other steps: those to this one are used up by it."""
        return [each for each in self.record.consents if each.step != self.version.transition]

    def _rewritten(self, written: Written) -> Record:
        given = written.application
        version = given.schema_version if given else self.record.schema_version
        self.version.application_id = given.id if given else None
        return revised(self.site, self.record, written.data, version, given.attic if given else ())

    def _values(self, moved: Record) -> dict[str, Any]:
        """What the step writes on the record."""
        rewritten = moved.data is not self.record.data
        return moved.model_dump(include={*MOVED, *(DERIVED if rewritten else ())})


async def take_along(before: Record, now: Record, session: Session) -> None:
    """Let what was applied for on the record as it stood go on standing on it: no answer was changed."""
    standing = {"record_id": before.id, "open": True, "base_revision": before.revision}
    await Application.raw().update_one(standing, {"$set": {"base_revision": now.revision}}, session=session)


def _keeping(site: Site, moved: Record, field: Any, number: str) -> Record:
    if field is None:
        return moved
    now, ended = as_carried(site, moved), moved.model_copy(update={"consents": []})
    return revised(site, ended, {**now.data, str(field): number}, now.schema_version)


async def advance_named(passage: Passage, parameters: Parameters) -> None:
    """Take a step of the record a reference of this one names. Raises TransitionRefused, for all of the step
    that led here, where that record is gone or in no state for it."""
    site, record, name = passage.site, passage.record, str(parameters["step"])
    other = await named_by(site, record, str(parameters["record"]), passage.session)
    if other is None:
        raise TransitionRefused(NOT_NAMED, label=label_of(site, record, str(parameters["record"])))
    if passage.depth >= DEPTH:
        raise TransitionRefused
    review_at = review_moment(site, flow_of(site, other).transitions[name], None)
    standing = Standing(rests_on=passage.subject, review_at=review_at)
    reason, depth = passage.version.reason, passage.depth + 1
    await advance(site, passage.actor, other, name, standing, reason, passage.session, depth=depth)


PERFORM: Mapping[str, Effect] = {**contracts.PERFORM, "advance": advance_named}
"""The function behind every effect that follows a step."""


async def named_by(site: Site, record: Record, name: str, session: Session) -> Record | None:
    """The record a reference names: one of the same operator, or of the organisation."""
    now = as_carried(site, record)
    field = site.registry.at(now.type, now.schema_version).definition.by_name.get(name)
    number = now.data.get(name)
    if not isinstance(field, ReferenceField) or field.to not in site.records or not number:
        return None
    where = {"number": number, "operator_id": {"$in": [record.operator_id, None]}}
    row = await site.records[field.to].found(where, session)
    return whole(row) if row else None


def label_of(site: Site, record: Record, name: str) -> Text:
    """What a field of a record is called."""
    field = site.registry.current(record.type).definition.by_name.get(name)
    return field.label if field else Text(ja=name, en=name)


MOVED = (
    "lifecycle",
    "revision",
    "since",
    "consents",
    "updated_at",
    "review_at",
    "review_told_at",
    "next_at",
    "clock",
    "due",
    "awaits",
    "bell_at",
)
"""What every step may change of a record."""


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
