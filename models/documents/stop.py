"""Stops: use stopped or limited for everybody or for one, on a ground of the terms of use (2.4)."""

import asyncio
from datetime import datetime
from typing import Literal

from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import PyMongoError

from models.documents.base import Id, Part, Person, Stored, new_id
from models.documents.event import Subject

Level = Literal["read_only", "closed"]
"""``read_only``: what is there can be read, nothing is written. ``closed``: only the page that says so."""

SITE = "site"
"""The key of a stop for everybody."""

PATIENCE = 1.5
"""Seconds the page of the service waits for the database before it says that it does not answer."""

OPERATOR = "operator"
"""What the key of a stop for one operator begins with, before its id."""


def operator_key(scope: Id | None) -> str:
    """Whom a stop is for: everybody, or one operator."""
    return SITE if scope is None else f"{OPERATOR}:{scope}"


class StopChange(Part):
    """One change of a stop after it was set: by whom, when, and what holds from then on."""

    by: Person
    at: datetime
    until: datetime | None = None
    text: str = ""
    reason: str = ""


class StopEnd(Part):
    """Who ended a stop before its time, when, and why."""

    by: Person
    at: datetime
    reason: str = ""


class Stop(Stored):
    """One stop, kept for ever. ``key`` says whom it is for (``site``, ``operator:ID``; those that limits set:
    ``account:ID``, ``certificate:FINGERPRINT``, ``address:NETWORK``), ``label`` whom in words."""

    id: Id = Field(default_factory=new_id, alias="_id")  # type: ignore[assignment]
    key: str = SITE
    label: str = ""
    level: Level = "read_only"
    code: int = 4
    text: str = ""
    starts: datetime
    until: datetime | None = None
    automatic: bool = False
    cause: Subject | None = None
    """What led to it and ends it: nobody ends such a stop by hand."""
    by: Person
    at: datetime
    changes: list[StopChange] = Field(default_factory=list)
    ended: StopEnd | None = None
    token: str | None = None
    """Of the form it was set with: a second click sets nothing."""
    revision: int = 1

    class Settings:
        name = "stops"
        indexes = (
            IndexModel([("ended", ASCENDING), ("until", ASCENDING)], name="standing"),
            IndexModel([("key", ASCENDING), ("starts", DESCENDING), ("_id", DESCENDING)], name="by_key"),
            IndexModel([("starts", DESCENDING), ("_id", DESCENDING)], name="newest"),
            IndexModel(
                [("token", ASCENDING)],
                unique=True,
                name="once",
                partialFilterExpression={"token": {"$gt": ""}},
            ),
        )

    @property
    def for_everybody(self) -> bool:
        """Whether it is for the whole site."""
        return self.key == SITE

    @property
    def over_at(self) -> datetime | None:
        """When it ended or will end; None while nobody knows."""
        return self.ended.at if self.ended else self.until

    def stands(self, now: datetime) -> bool:
        """Whether it holds at `now`."""
        return self.starts <= now and not self.is_over(now)

    def is_planned(self, now: datetime) -> bool:
        """Whether it is announced and still to begin."""
        return self.starts > now and not self.is_over(now)

    def is_over(self, now: datetime) -> bool:
        """Whether it holds no more; its last moment is outside."""
        over = self.over_at
        return over is not None and over <= now


async def public_past(now: datetime, since: datetime, limit: int) -> list[Stop] | None:
    """The stops for everybody that stood after `since` and are over, the last first; None where the database
    does not answer soon."""
    ended = [{"ended.at": {"$gte": since}}, {"ended": None, "until": {"$gte": since, "$lte": now}}]
    found = Stop.raw().find({"key": SITE, "starts": {"$lte": now}, "$or": ended})
    ordered = found.sort([("starts", DESCENDING), ("_id", DESCENDING)]).limit(limit)
    try:
        rows = await asyncio.wait_for(ordered.to_list(None), PATIENCE)
    except (PyMongoError, TimeoutError):
        return None
    return [Stop.model_validate(row) for row in rows]


async def live_automatic(now: datetime, limit: int) -> int:
    """How many stops that limits set hold at `now`, counted up to `limit`."""
    where = {"ended": None, "until": {"$gt": now}, "automatic": True}
    return int(await Stop.raw().count_documents(where, limit=limit))


async def last_stop(key: str) -> Stop | None:
    """The stop on a key that began last, whether or not it is over."""
    row = await Stop.raw().find_one({"key": key}, sort=[("starts", DESCENDING), ("_id", DESCENDING)])
    return None if row is None else Stop.model_validate(row)
