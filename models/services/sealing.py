"""Sealing events into the hash chain, and proving that it still holds."""

import asyncio
from dataclasses import dataclass
from typing import Any

from models.documents.chain import START, digest, head, sealed_events, unsealed, write_seals
from models.documents.event import Event, Subject
from models.documents.store import Session
from models.errors import AuditBroken
from models.language import Message
from models.permissions import Actor, require
from models.services.events import record_event
from models.services.keeping import Found
from models.services.site import Site

BATCH = 500
"""Most events sealed in one transaction."""

BREATH = 100
"""Events proved at a stretch (about 3 ms)."""


MISSING = Message("is missing")
ALTERED = Message("was altered")


@dataclass(frozen=True, slots=True)
class Verified:
    """What was proved: so many events, the last with this hash."""

    count: int
    last_hash: str


async def seal(site: Site) -> int:
    """Seal the events that wait, oldest first; returns how many. Two sealers at once do not disturb each
    other: both write the head, so the second one's transaction runs again after the first."""

    async def body(session: Session) -> int:
        events = await unsealed(BATCH, session)
        return await write_seals(events, session) if events else 0

    return await site.store.transaction(body)


async def verify() -> Verified:
    """Walk the whole chain, letting others work every few events. Raises AuditBroken naming the first event
    that was altered, removed or added."""
    expected, previous = 0, START
    async for event in sealed_events():
        expected += 1
        if expected % BREATH == 0:
            await asyncio.sleep(0)
        if event["sequence"] != expected:
            raise AuditBroken(sequence=expected, reason=MISSING)
        if event["previous"] != previous or event["hash"] != digest(event, expected, previous):
            raise AuditBroken(sequence=expected, reason=ALTERED)
        previous = event["hash"]
    count, last = await head()
    if (count, last) != (expected, previous):
        raise AuditBroken(sequence=expected + 1, reason=MISSING)
    return Verified(expected, previous)


VERIFIED = "audit.verified"
"""The event that tells of a proof, whatever came of it."""

PROOF = "audit"


async def prove(site: Site, actor: Actor) -> Found[Verified]:
    """Begin to prove the chain, beside everything else; the event that tells of it comes when it is done.
    Asking again while it goes on, or right after, begins nothing. Raises NotAllowed."""
    require(actor, "event.view")

    async def make() -> Verified:
        try:
            found = await verify()
        except AuditBroken as broken:
            await _tell(site, actor, {"holds": False, "sequence": broken.values.get("sequence")})
            raise
        await _tell(site, actor, {"holds": True, "count": found.count, "hash": found.last_hash})
        return found

    return await site.kept.get(PROOF, make)


async def _tell(site: Site, actor: Actor, told: dict[str, Any]) -> None:
    async def body(session: Session) -> None:
        await record_event(site, actor, VERIFIED, Subject(kind="event_log"), session, **told)

    await site.store.transaction(body)


@dataclass(frozen=True, slots=True)
class Chain:
    """How the chain stands: sealed events, those that wait (up to BATCH), whether a proof goes on, and the
    event of the last one."""

    sealed: int
    waiting: int
    is_proving: bool
    last: Event | None


async def chain_state(site: Site, actor: Actor) -> Chain:
    """How the chain stands. Raises NotAllowed."""
    require(actor, "event.view")
    sealed, _ = await head()
    waiting = await Event.raw().count_documents({"sequence": None}, limit=BATCH)
    last = await Event.raw().find_one({"action": VERIFIED}, sort=[("at", -1), ("_id", -1)])
    proof = site.kept.peek(PROOF)
    going = proof is not None and proof.state == "coming"
    return Chain(sealed, waiting, going, Event.model_validate(last) if last else None)
