"""What the effects of a step of a lifecycle would do, in words, before it is taken. Nothing is written."""

from collections.abc import AsyncIterator

from models.documents.record import Record
from models.errors import TorokuError
from models.language import Message
from models.permissions import Actor
from models.services.lifecycle_mails import facts_of, flow_of
from models.services.moving import ANOTHER, NOT_FROM_HERE, NOT_NAMED, judged, label_of, named_by
from models.services.seeing import is_in_reach
from models.services.sides import is_theirs
from models.services.site import Site
from models.workflow.definition import EffectCall, Transition
from models.workflow.effects import LIFECYCLE_EFFECTS
from models.workflow.engine import holds

MOVES = "Takes the step “{step}” for “{title}” ({number}), which is “{state}” from then on."
"""What is said of a step of another record; also by ``models.services.outcomes``."""


async def does_of(site: Site, actor: Actor, record: Record, transition: Transition) -> list[Message]:
    """What the effects of a step would do, those whose condition holds for `record` as the step leaves it;
    where one would be refused, why."""
    calls = [call for call in transition.effects if holds(call.when, facts_of(site, record))]
    return [message for call in calls async for message in _told(site, actor, record, call)]


async def _told(site: Site, actor: Actor, record: Record, call: EffectCall) -> AsyncIterator[Message]:
    if call.effect == "advance":
        yield await _advance(
            site, actor, record, str(call.parameters["record"]), str(call.parameters["step"])
        )
    elif call.effect == ANOTHER:
        kind = site.registry.current(str(call.parameters["type"])).definition
        yield Message("Registers {type} besides, with answers from here.", {"type": kind.label})
    else:
        yield Message(LIFECYCLE_EFFECTS[call.effect].does)


async def _advance(site: Site, actor: Actor, record: Record, field: str, name: str) -> Message:
    try:
        other = await named_by(site, record, field, None)
    except TorokuError as damaged:
        return Message(damaged.public, damaged.values)
    if other is None:
        return Message(NOT_NAMED, {"label": label_of(site, record, field)})
    if actor.kind != "staff" and not (
        is_theirs(actor, other) and await is_in_reach(site, actor, other.type, other.id)
    ):
        return Message(LIFECYCLE_EFFECTS["advance"].does)
    transition, verdict = judged(site, actor, other, name)
    if not verdict.allowed:
        return Message(NOT_FROM_HERE, {"number": other.number})
    state = flow_of(site, other).states[transition.to].label
    named = {"title": other.title, "number": other.number}
    return Message(MOVES, {**named, "step": transition.label, "state": state})
