"""The pace at which mails leave for one domain, kept by all workers together."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field
from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from models.documents.base import Stored

MOST_STRIKES = 6
STEP = 500
"""Milliseconds that are doubled with each strike: from one second to half a minute between two mails."""

BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
FORGOTTEN = 86_400
"""Seconds after it was last used at which a lane goes by itself."""


class MailLane(Stored):
    """One domain: when its next slot is free (milliseconds since 1970: every backend can add to them), and
    how often its server lately said that we are too fast."""

    id: str = Field(alias="_id")  # type: ignore[assignment]
    free: int
    slot: int = 0
    strikes: int = 0
    used_at: datetime

    class Settings:
        name = "mail_lanes"
        indexes = (
            IndexModel([("used_at", ASCENDING)], expireAfterSeconds=FORGOTTEN, name="forgotten"),
            IndexModel(
                [("strikes", ASCENDING)], name="slow", partialFilterExpression={"strikes": {"$gt": 0}}
            ),
        )


async def take_slot(domain: str, now: datetime, apart: timedelta) -> datetime:
    """Reserve the next free moment of a domain, `apart` from the one before (longer while it is slow). One
    write: two workers never get the same."""
    least = int(apart.total_seconds() * 1000)
    slow = {"$multiply": [STEP, {"$pow": [2, "$strikes"]}]}
    gap = {"$cond": [{"$gt": ["$strikes", 0]}, {"$max": [least, slow]}, least]}
    row = await _change(
        domain,
        now,
        {"strikes": {"$ifNull": ["$strikes", 0]}, "slot": {"$max": [{"$ifNull": ["$free", 0]}, _count(now)]}},
        {"free": {"$toLong": {"$add": ["$slot", gap]}}},
    )
    return BEGIN + timedelta(milliseconds=int(row["slot"]))


async def strike(domain: str, now: datetime) -> int:
    """Go slower to a domain whose server said that it is too fast; how many strikes it has."""
    more = {"$min": [MOST_STRIKES, {"$add": [{"$ifNull": ["$strikes", 0]}, 1]}]}
    later = {"$add": [_count(now), {"$multiply": [STEP, {"$pow": [2, "$strikes"]}]}]}
    free = {"$toLong": {"$max": [{"$ifNull": ["$free", 0]}, later]}}
    row = await _change(domain, now, {"strikes": more}, {"free": free})
    return int(row["strikes"])


async def ease(domain: str) -> None:
    """Go faster again: a mail was taken."""
    await MailLane.raw().update_one({"_id": domain, "strikes": {"$gt": 0}}, {"$inc": {"strikes": -1}})


async def slow_domains(most: int = 1_000) -> Sequence[str]:
    """The domains that have strikes."""
    rows = await MailLane.raw().find({"strikes": {"$gt": 0}}, {"_id": 1}).limit(most).to_list(None)
    return [row["_id"] for row in rows]


def _count(moment: datetime) -> int:
    return (moment - BEGIN) // timedelta(milliseconds=1)


async def _change(domain: str, now: datetime, *stages: dict[str, Any]) -> dict[str, Any]:
    """Change a lane in steps that see each other, making it where it is not there; as it is then."""
    where, steps = {"_id": domain}, [{"$set": stage} for stage in ({"used_at": now}, *stages)]
    collection, after = MailLane.raw(), ReturnDocument.AFTER
    try:
        row: dict[str, Any] = await collection.find_one_and_update(
            where, steps, upsert=True, return_document=after
        )
    except DuplicateKeyError:  # somebody else made it at the same moment
        row = await collection.find_one_and_update(where, steps, return_document=after)
    return row
