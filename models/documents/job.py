"""Long work on stored records, borrowed by one worker at a time: what is done survives the worker."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from models.documents.base import Id, Stored

JobKind = Literal["rewrite", "restore"]
JobState = Literal["queued", "running", "done", "failed"]

FAILED_LIMIT = 1000
"""Most records a job lists that could not be carried over; all are counted."""


class Job(Stored):
    """Records of `type` follow to `to_version`. ``failed`` lists records that stayed behind
    (``{number, path, message: {msgid, values}}``), ``last_id`` is the last record looked at."""

    kind: JobKind
    type: str
    from_version: int
    to_version: int
    state: JobState = "queued"
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
                [("type", ASCENDING)],
                unique=True,
                name="one_running_per_type",
                partialFilterExpression={"state": "running"},
            ),
        )

    @property
    def is_over(self) -> bool:
        """Whether nothing will be done about it any more."""
        return self.state in ("done", "failed")


async def claim_job(holder: str, now: datetime, until: datetime) -> Job | None:
    """Borrow the job that has waited longest, one of each type at a time; None when there is none.

    The unique index decides when two workers take two jobs of one type at once."""
    busy = await Job.raw().distinct("type", {"state": "running", "lease_until": {"$gt": now}})
    free: dict[str, Any] = {
        "state": {"$in": ["queued", "running"]},
        "type": {"$nin": busy},
        "$or": [{"lease_until": None}, {"lease_until": {"$lte": now}}],
    }
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


async def hold_job(job: Job, until: datetime | None, values: dict[str, Any]) -> bool:
    """Keep holding a job and write what was done; False when another worker has it by now."""
    held = {"_id": job.id, "holder": job.holder, "state": "running"}
    done = await Job.raw().update_one(held, {"$set": {"lease_until": until, **values}})
    return bool(done.matched_count)


async def jobs_of(type_name: str, states: Iterable[JobState] = ("queued", "running")) -> list[Job]:
    """The jobs of a type in these states, the oldest first."""
    rows = Job.raw().find({"type": type_name, "state": {"$in": list(states)}}).sort("created_at", 1)
    return [Job.model_validate(row) async for row in rows]
