"""How the outbox stands: what waits and since when, what failed of which error, how much was sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from models.documents.message import Message
from models.permissions import Actor, require
from models.services.mail_alarms import oldest_due
from models.services.outbox import FAILED
from models.services.site import Site

MOST = 20_000
"""Mails of one kind that are looked at; beyond that the count says no more than “at least”."""

ERRORS = 20
"""Errors told apart, the most frequent first."""

HOURS = 24
PATIENCE = 2_000
"""Milliseconds one figure may take the database."""

DAY = timedelta(hours=HOURS)


@dataclass(frozen=True, slots=True)
class Failure:
    """Mails that failed with the same error."""

    error: str
    count: int


@dataclass(frozen=True, slots=True)
class OutboxFigures:
    """The outbox at one moment. `sent` has a count for each of the last hours, the earliest first; `since` is
    when the mail that has waited longest could have been sent."""

    queued: int
    sending: int
    retrying: int
    failed: int
    withheld: int
    since: datetime | None
    sent: Sequence[tuple[datetime, int]]
    failures: Sequence[Failure]

    @property
    def sent_last_hour(self) -> int:
        """How many were sent within the last hour."""
        return self.sent[-1][1]

    @property
    def sent_in_a_day(self) -> int:
        """How many were sent within the last HOURS."""
        return sum(count for _, count in self.sent)


async def figures(site: Site, actor: Actor) -> OutboxFigures:
    """How the outbox stands now. Raises NotAllowed."""
    require(actor, "message.view")
    now = site.now()
    waiting, failures = await _waiting(now), await _failures()
    return OutboxFigures(
        queued=waiting.get("queued", 0),
        sending=waiting.get("sending", 0),
        retrying=waiting.get("retrying", 0),
        failed=sum(each.count for each in failures),
        withheld=await _count({"withheld_at": {"$type": "date"}}, "withheld"),
        since=await oldest_due(),
        sent=await _sent(now),
        failures=failures,
    )


async def _count(where: Mapping[str, Any], index: str) -> int:
    return int(await Message.raw().count_documents(where, limit=MOST, hint=index, maxTimeMS=PATIENCE))


async def _rows(steps: Sequence[Mapping[str, Any]], index: str) -> list[Mapping[str, Any]]:
    cursor = await Message.raw().aggregate(list(steps), hint=index, maxTimeMS=PATIENCE)
    return [row async for row in cursor]


async def _waiting(now: datetime) -> Mapping[str, int]:
    """What waits, by its state."""
    again: Any = {"$cond": [{"$gt": ["$attempts", 0]}, "retrying", "queued"]}
    state = {"$cond": [{"$gt": ["$lease_until", now]}, "sending", again]}
    steps: list[Mapping[str, Any]] = [
        {"$match": {"next_at": {"$type": "date"}}},
        {"$limit": MOST},
        {"$group": {"_id": state, "count": {"$sum": 1}}},
    ]
    return {row["_id"]: int(row["count"]) for row in await _rows(steps, "due")}


async def _failures() -> list[Failure]:
    steps: list[Mapping[str, Any]] = [
        {"$match": dict(FAILED)},
        {"$limit": MOST},
        {"$group": {"_id": "$last_error", "count": {"$sum": 1}}},
        {"$sort": {"count": -1, "_id": 1}},
        {"$limit": ERRORS},
    ]
    return [Failure(row["_id"] or "", int(row["count"])) for row in await _rows(steps, "failed")]


async def _sent(now: datetime) -> list[tuple[datetime, int]]:
    """How many were sent in each of the last hours, counted back from now; read from the index alone."""
    begins = now - DAY
    hour = {"$floor": {"$divide": [{"$subtract": ["$sent_at", begins]}, 3_600_000]}}
    steps: list[Mapping[str, Any]] = [
        {"$match": {"sent_at": {"$gt": begins, "$lte": now, "$type": "date"}}},
        {"$project": {"_id": 0, "sent_at": 1}},
        {"$group": {"_id": hour, "count": {"$sum": 1}}},
    ]
    found = {min(int(row["_id"]), HOURS - 1): int(row["count"]) for row in await _rows(steps, "sent")}
    return [(begins + timedelta(hours=n), found.get(n, 0)) for n in range(HOURS)]
