"""Consents to the steps of a lifecycle that rest on several parties (``all_of``): given, and taken back until
the step is taken. A consent is to the record as it stands: it is gone when the record leaves the state, and
when its answers change."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from models.documents.base import Id
from models.documents.event import Subject
from models.documents.record import Consent, Record, RecordVersion
from models.documents.store import Session
from models.errors import AlreadyDone, NotAllowed, NotFound, RecordChanged, StepIncomplete, TransitionRefused
from models.language import Text
from models.permissions import SYSTEM, Actor
from models.services.clocks import with_clock
from models.services.deeds import REASON_LIMIT, Standing, review_moment
from models.services.events import record_event
from models.services.lifecycle_mails import facts_of, flow_of
from models.services.moving import CHANGED_MEANWHILE, MOVED, advance, take_along
from models.services.positions import position_of
from models.services.sides import named, persons_for, require_reach, side_named, told_as, told_when
from models.services.site import Site
from models.services.switches import require_writing
from models.services.variables import operator_of
from models.workflow.definition import Flow, Party, Transition
from models.workflow.engine import holds, missing_of, steps_with_consents

CONSENT = Text(ja="同意します。", en="We consent.")
"""What is stated where the configuration words it no further."""

TRIES = 5
"""How often a consent is tried where the other parties write theirs at the same moment."""

ONE_EACH = "You consented for another party already; somebody else has to consent here."
GIVEN = "{who} consented already, on {when}."
NOT_GIVEN = "There is no such consent any more."
TOO_LONG = "The note is longer than {limit} characters."


@dataclass(frozen=True, slots=True)
class PartyStanding:
    """One party of a step: what it is called, what it states, the consent it gave (None: not yet), who gave
    it as the reader may know them, and what the reader may do about it."""

    party: str
    name: Text
    statement: Text
    given: Consent | None
    who: Text | None
    may_give: bool
    may_withdraw: bool


@dataclass(frozen=True, slots=True)
class ConsentOffer:
    """A step that rests on consents, from where it stands now."""

    step: str
    transition: Transition
    parties: tuple[PartyStanding, ...]

    @property
    def complete(self) -> bool:
        """Whether everybody consented."""
        return all(each.given is not None for each in self.parties)

    @property
    def at_once(self) -> bool:
        """Whether the step is taken with the last consent."""
        return "system" in self.transition.by

    @property
    def mine(self) -> bool:
        """Whether the reader may do anything here."""
        return any(each.may_give or each.may_withdraw for each in self.parties)


def resting_on(flow: Flow, step: str, party: str, who: frozenset[str]) -> Transition:
    """The step that rests on the consent of `party`. Raises NotFound where none of that name does, NotAllowed
    for who is not that party."""
    transition = flow.transitions.get(step)
    if transition is None or party not in {each.party for each in transition.all_of}:
        raise NotFound
    if party not in who:
        raise NotAllowed(rule=f"{flow.name}.{step}.all_of")
    return transition


def require_note(note: str) -> None:
    """Raise StepIncomplete where what is written with a consent is too long."""
    if len(note.strip()) > REASON_LIMIT:
        raise StepIncomplete(TOO_LONG, field="note", limit=REASON_LIMIT)


async def standing_for(site: Site, actor: Actor, record: Record) -> list[ConsentOffer]:
    """The steps of a record that rest on consents, and how they stand for `actor`; what the staff agree on
    among themselves is for them alone. Raises NotFound for a record that is not for them."""
    await require_reach(site, actor, record)
    found = list(steps_with_consents(flow_of(site, record), position_of(site, record)))
    operator = await operator_of(site, record.operator_id) if found else None
    who = persons_for(actor, record)
    return [
        ConsentOffer(
            name,
            step,
            tuple(
                party_standing(
                    site, actor, record.consents, name, each, who, _called(site, each.party, record, operator)
                )
                for each in step.all_of
            ),
        )
        for name, step in found
        if actor.kind == "staff" or "operator" in {side_named(each.party, record) for each in step.all_of}
    ]


def _called(site: Site, party: str, record: Record, operator: Record | None) -> Text:
    """What a party is called; the operator by its own name."""
    whole = side_named(party, record) == "operator" and party != "operator_administrator"
    if whole and operator is not None and operator.title:
        return Text(ja=operator.title, en=operator.title)
    return named(site, party, record)


def party_standing(
    site: Site,
    actor: Actor,
    consents: list[Consent],
    step: str,
    party: Party,
    who: frozenset[str],
    name: Text,
) -> PartyStanding:
    """How one party of a step, called `name`, stands for `actor`, who is `who` to what it is about."""
    given, theirs = consent_of(consents, step, party.party), party.party in who
    return PartyStanding(
        party=party.party,
        name=name,
        statement=party.label or CONSENT,
        given=given,
        who=told_as(site, actor, given.by) if given else None,
        may_give=theirs and given is None and not consented_otherwise(consents, actor, step, party.party),
        may_withdraw=theirs and given is not None,
    )


def consent_of(consents: list[Consent], step: str, party: str) -> Consent | None:
    """The consent of a party to a step among those that stand."""
    return next((each for each in consents if (each.step, each.party) == (step, party)), None)


def consented_otherwise(consents: list[Consent], actor: Actor, step: str, party: str) -> bool:
    """Whether this very person consented to the step for another party."""
    own = [each for each in consents if each.step == step and each.party != party]
    return any(each.by.id is not None and each.by.id == actor.account_id for each in own)


async def give(
    site: Site, actor: Actor, record: Record, step: str, party: str, note: str = "", *, revision: int
) -> Record:
    """Consent to a step for one of its parties; the step that the program takes is taken with the last
    consent, in the same transaction. Consents of others since the `revision` seen do not stand in the way.

    Raises NotFound, NotAllowed, WritingStopped, StepIncomplete (the note is too long), AlreadyDone (the party
    consented), TransitionRefused (this person did for another party), RecordChanged, and what the step itself
    raises."""

    def write(now: Record) -> list[Consent]:
        if (found := consent_of(now.consents, step, party)) is not None:
            raise AlreadyDone(GIVEN, who=told_as(site, actor, found.by), when=told_when(site, found.at))
        if consented_otherwise(now.consents, actor, step, party):
            raise TransitionRefused(ONE_EACH)
        made = Consent(step=step, party=party, by=actor.person, at=site.now(), note=note.strip())
        return [*now.consents, made]

    return await _write(site, actor, record, _Act(step, party, note, "given", revision, write))


async def withdraw(
    site: Site, actor: Actor, record: Record, step: str, party: str, note: str = "", *, revision: int
) -> Record:
    """Take the consent of a party back, whoever of it gave it. Raises as ``give``; TransitionRefused where
    there is none."""

    def write(now: Record) -> list[Consent]:
        found = consent_of(now.consents, step, party)
        if found is None:
            raise TransitionRefused(NOT_GIVEN)
        return [each for each in now.consents if each is not found]

    return await _write(site, actor, record, _Act(step, party, note, "withdrawn", revision, write))


@dataclass(frozen=True, slots=True)
class _Act:
    step: str
    party: str
    note: str
    consent: Literal["given", "withdrawn"]
    revision: int
    write: Callable[[Record], list[Consent]]


async def _write(site: Site, actor: Actor, record: Record, act: _Act) -> Record:
    await require_writing(site, actor)
    require_note(act.note)
    for left in reversed(range(TRIES)):
        now = await _seen(site, actor, record, act.revision)
        transition = _require_party(site, actor, now, act)
        consents = act.write(now)
        try:
            return await _keep(site, actor, now, transition, act, consents)
        except RecordChanged:
            if not left:
                raise
    raise RecordChanged(CHANGED_MEANWHILE)


async def _seen(site: Site, actor: Actor, record: Record, revision: int) -> Record:
    """The record as it is now, where nothing but consents was written since the `revision` seen; one that
    was never there was not seen."""
    await require_reach(site, actor, record)
    now = await site.records[record.type].get(record.id)
    if now is None:
        raise NotFound
    ahead = revision > now.revision
    if ahead or (revision < now.revision and not await only_consents_since(record.id, revision)):
        raise RecordChanged(CHANGED_MEANWHILE)
    return now


async def only_consents_since(record_id: Id | None, revision: int) -> bool:
    """Whether all that was written on a record after `revision` are consents given and withdrawn."""
    where = {"record_id": record_id, "revision": {"$gt": revision}, "consent": {"$in": ["", None]}}
    return await RecordVersion.find(where).count() == 0


def _require_party(site: Site, actor: Actor, record: Record, act: _Act) -> Transition:
    """Raise unless `actor` is that party of a step from here."""
    flow = flow_of(site, record)
    transition = resting_on(flow, act.step, act.party, persons_for(actor, record))
    if record.lifecycle not in transition.origins:
        raise RecordChanged(CHANGED_MEANWHILE)
    if transition.when and not holds(transition.when, facts_of(site, record)):
        raise NotAllowed(rule=f"{flow.name}.{act.step}.when")
    return transition


async def _keep(
    site: Site, actor: Actor, record: Record, transition: Transition, act: _Act, consents: list[Consent]
) -> Record:
    async def body(session: Session) -> Record:
        kept = await _kept(site, actor, record, act, consents, session)
        if act.consent == "withdrawn" or "system" not in transition.by:
            return kept
        if missing_of(transition, act.step, position_of(site, kept)):
            return kept
        standing = Standing(review_at=review_moment(site, transition, None))
        return await advance(site, SYSTEM, kept, act.step, standing, "", session)

    kept = await site.store.transaction(body)
    if transition.effects:
        await site.switchboard.refresh()
    return kept


async def _kept(
    site: Site, actor: Actor, record: Record, act: _Act, consents: list[Consent], session: Session
) -> Record:
    now = site.now()
    anew = {"consents": consents, "revision": record.revision + 1, "updated_at": now}
    kept = with_clock(site, record.model_copy(update=anew))
    values = kept.model_dump(include=set(MOVED))
    await site.records[record.type].change(record.id, record.revision, values, session)
    await _version(actor, kept, act).insert(session=session)
    await take_along(record, kept, session)
    subject = Subject(kind=record.type, id=record.id, label=record.number)
    told: dict[str, Any] = {"step": act.step, "party": act.party, "revision": kept.revision}
    name = f"record.consent_{act.consent}"
    await record_event(site, actor, name, subject, session, operator_id=record.operator_id, **told)
    return kept


def _version(actor: Actor, record: Record, act: _Act) -> RecordVersion:
    told = {"transition": act.step, "reason": act.note.strip(), "consent": act.consent, "party": act.party}
    return RecordVersion.of(record, actor.person, record.updated_at, **told)
