"""Long work on stored records, borrowed by one worker at a time: what is done survives the worker."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from models.documents.base import AN_ID, Id, Part, Person, Stored
from models.documents.guarded import update_where
from models.documents.store import Session

JobKind = Literal["rewrite", "restore", "reseal", "export", "import", "bulk"]
JobState = Literal["prepared", "queued", "running", "done", "failed", "cancelled"]

REWRITING: tuple[JobKind, ...] = ("rewrite", "restore")
"""Jobs that carry stored records over to another version; one of each record type at a time."""

UPKEEP: tuple[JobKind, ...] = (*REWRITING, "reseal")
"""Jobs the site needs for itself: besides, secrets are carried over to another key."""

TRANSFERS: tuple[JobKind, ...] = ("export", "import", "bulk")
"""Jobs somebody asked for: those of the staff each in a lane of its own, of an operator one at a time."""

REHEARSED: tuple[JobKind, ...] = ("import", "bulk")
"""Jobs that are rehearsed first (``phase`` check), and then wait for their requester's word."""

OVER: tuple[JobState, ...] = ("done", "failed", "cancelled")

AFRESH: Mapping[str, Any] = {
    "state": "queued",
    "attempts": 0,
    "done": 0,
    "failed": [],
    "failed_count": 0,
    "counts": {},
    "lease_until": None,
}
"""What a job that waited for its requester's word goes into the queue with."""

FAILED_LIMIT = 1000
"""Most records or rows a job lists that could not be done; all are counted."""


class ResultFile(Part):
    """What a job leaves to be taken: in parts, in the order they are read."""

    filename: str
    content_type: str
    size: int = 0
    parts: list[Id] = []


class Job(Stored):
    """Long work on the records of `type`: they follow to `to_version`, leave as a file, or come from one.

    ``failed`` lists what stayed behind: of a rewrite records (``{number, path, message: {msgid, values}}``),
    of an import rows (``{row, column, value, ja, en}``). ``last_id`` is the last record looked at, ``done``
    counts records or rows. ``state`` is ``prepared`` while an import waits for its requester's word.
    ``lane``: of the jobs with the same one, one runs at a time."""

    kind: JobKind
    type: str
    lane: str = ""
    from_version: int = 0
    to_version: int = 0
    state: JobState = "queued"
    phase: str = ""
    requester: Person | None = None
    operator_id: Id | None = None
    """The operator whose work it is; None for the staff's."""
    purpose: str = ""
    parameters: dict[str, Any] = {}
    counts: dict[str, int] = {}
    source: Id | None = None
    result: ResultFile | None = None
    writer: dict[str, Any] = {}
    """How far the writer of an unfinished result is; what it needs to go on."""
    expires_at: datetime | None = None
    total: int = 0
    done: int = 0
    failed: list[dict[str, Any]] = []
    failed_count: int = 0
    last_id: Id | None = None
    holder: str = ""
    lease_until: datetime | None = None
    attempts: int = 0
    problem: str = ""
    change: str = ""
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None

    class Settings:
        name = "jobs"
        indexes = (
            IndexModel([("state", ASCENDING), ("created_at", ASCENDING)], name="waiting"),
            IndexModel(
                [("lane", ASCENDING)],
                unique=True,
                name="one_running_per_lane",
                partialFilterExpression={"state": "running"},
            ),
            IndexModel([("requester.id", ASCENDING), ("created_at", DESCENDING)], name="by_requester"),
            IndexModel(
                [("operator_id", ASCENDING), ("created_at", DESCENDING)],
                name="by_operator",
                partialFilterExpression={"operator_id": AN_ID},
            ),
            IndexModel([("expires_at", ASCENDING)], name="expiring", sparse=True),
            IndexModel([("created_at", DESCENDING), ("_id", DESCENDING)], name="newest"),
        )

    @property
    def is_over(self) -> bool:
        """Whether nothing will be done about it any more, unless somebody resumes it."""
        return self.state in OVER


async def claim_job(
    holder: str, now: datetime, until: datetime, kinds: Iterable[JobKind] = UPKEEP
) -> Job | None:
    """Borrow the job of these kinds that has waited longest, one of each lane at a time; None when there is
    none.

    The unique index decides when two workers take two jobs of one lane at once."""
    busy = await Job.raw().distinct("lane", {"state": "running", "lease_until": {"$gt": now}})
    free: dict[str, Any] = {
        "state": {"$in": ["queued", "running"]},
        "kind": {"$in": list(kinds)},
        "lane": {"$nin": busy},
        "$or": [{"lease_until": None}, {"lease_until": {"$lte": now}}],
    }
    return await _claim(free, holder, now, until)


async def claim_this(identifier: Id, holder: str, now: datetime, until: datetime) -> Job | None:
    """Borrow one job that waits; None when it does not wait any more."""
    return await _claim({"_id": identifier, "state": "queued"}, holder, now, until)


async def _claim(free: Mapping[str, Any], holder: str, now: datetime, until: datetime) -> Job | None:
    taken = {"state": "running", "holder": holder, "lease_until": until, "started_at": now}
    try:
        found = await Job.raw().find_one_and_update(
            free,
            {"$set": taken, "$inc": {"attempts": 1}},
            sort=[("state", -1), ("created_at", 1), ("_id", 1)],
            return_document=ReturnDocument.AFTER,
        )
    except DuplicateKeyError:
        return None
    return None if found is None else Job.model_validate(found)


async def hold_job(
    job: Job, until: datetime | None, values: Mapping[str, Any], session: Session = None
) -> bool:
    """Keep holding a job and write what was done; False when another worker has it by now, or it was
    cancelled."""
    held = {"_id": job.id, "holder": job.holder, "state": "running"}
    done = await Job.raw().update_one(held, {"$set": {"lease_until": until, **values}}, session=session)
    return bool(done.matched_count)


async def move_job(
    job: Job, among: Iterable[JobState], values: Mapping[str, Any], session: Session = None
) -> Job | None:
    """Write `values` into a job that is in one of these states; None when it is not any more."""
    where = {"_id": job.id, "state": {"$in": list(among)}}
    return await update_where(Job, where, {"$set": dict(values)}, session)


async def jobs_of(type_name: str, states: Iterable[JobState] = ("queued", "running")) -> list[Job]:
    """The jobs that carry records of a type over and are in these states, the oldest first."""
    where = {"type": type_name, "kind": {"$in": list(REWRITING)}, "state": {"$in": list(states)}}
    rows = Job.raw().find(where).sort("created_at", 1)
    return [Job.model_validate(row) async for row in rows]


async def jobs_for(where: Mapping[str, Any], limit: int) -> list[Job]:
    """Jobs that match, the newest first."""
    rows = Job.raw().find(dict(where)).sort([("created_at", -1), ("_id", -1)]).limit(limit)
    return [Job.model_validate(row) async for row in rows]
