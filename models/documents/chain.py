"""The hash chain over events: what goes into each hash, and reading and writing the chain."""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from models.documents.counter import Counter
from models.documents.event import Event
from models.documents.store import Session

HEAD = "events"
"""The counter that is the chain's head."""

START = "0" * 64
"""What the first event's hash follows."""

BATCH = 500
"""Events read at once: more would keep everybody else waiting while they are decoded."""

SEALED = ("sequence", "previous", "hash")


def digest(event: Mapping[str, Any], sequence: int, previous: str) -> str:
    """SHA-256 over the event as it is stored, its place, and the hash before it."""
    told = {key: value for key, value in event.items() if key not in SEALED}
    canonical = json.dumps([sequence, previous, told], sort_keys=True, ensure_ascii=False, default=_plain)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: Any) -> str:
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else str(value)


async def unsealed(limit: int, session: Session) -> list[dict[str, Any]]:
    """The events that have no place yet, oldest first."""
    found = Event.raw().find({"sequence": None}, session=session).sort("_id", 1).limit(limit)
    return await found.to_list(None)  # type: ignore[no-any-return]


async def head(session: Session = None) -> tuple[int, str]:
    """The number and hash of the last sealed event."""
    found = await Counter.raw().find_one({"_id": HEAD}, session=session)
    return (found["value"], found["hash"]) if found else (0, START)


async def write_seals(events: list[dict[str, Any]], session: Session) -> int:
    """Give `events` their places after the head and move the head, in the caller's transaction."""
    sequence, previous = await head(session)
    for event in events:
        sequence += 1
        sealed = digest(event, sequence, previous)
        values = {"sequence": sequence, "previous": previous, "hash": sealed}
        here = {"_id": event["_id"], "sequence": None}
        await Event.raw().update_one(here, {"$set": values}, session=session)
        previous = sealed
    await Counter.raw().update_one(
        {"_id": HEAD}, {"$set": {"value": sequence, "hash": previous}}, upsert=True, session=session
    )
    return len(events)


async def sealed_events() -> AsyncIterator[dict[str, Any]]:
    """Every sealed event in its order."""
    found = Event.raw().find({"sequence": {"$type": "number"}}).sort("sequence", 1)
    async for event in found.batch_size(BATCH):
        yield event
