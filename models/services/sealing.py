"""Sealing events into the hash chain, and proving that it still holds."""

from dataclasses import dataclass

from models.documents.chain import START, digest, head, sealed_events, unsealed, write_seals
from models.documents.store import Session
from models.errors import AuditBroken
from models.language import Message
from models.services.site import Site

BATCH = 500
"""Most events sealed in one transaction."""


MISSING, ALTERED = Message("is missing"), Message("was altered")


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
    """Walk the whole chain. Raises AuditBroken naming the first event that was altered, removed or added."""
    expected, previous = 0, START
    async for event in sealed_events():
        expected += 1
        if event["sequence"] != expected:
            raise AuditBroken(sequence=expected, reason=MISSING)
        if event["previous"] != previous or event["hash"] != digest(event, expected, previous):
            raise AuditBroken(sequence=expected, reason=ALTERED)
        previous = event["hash"]
    count, last = await head()
    if (count, last) != (expected, previous):
        raise AuditBroken(sequence=expected + 1, reason=MISSING)
    return Verified(expected, previous)
