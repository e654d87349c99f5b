"""Long work in the background: queued, borrowed by a worker for a while, taken up by another if that dies."""

import asyncio
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from models.documents.base import Id
from models.documents.event import Subject
from models.documents.job import (
    REHEARSED,
    TRANSFERS,
    UPKEEP,
    Job,
    JobKind,
    claim_job,
    claim_this,
    hold_job,
    move_job,
)
from models.documents.store import Session
from models.errors import JobMoved, NotFound, TorokuError
from models.permissions import SYSTEM, Actor, allowed, may_use
from models.services import applying, exporting, importing, resealing, rewriting, summaries
from models.services.events import record_event
from models.services.progress import Hold, Lost, Progress, silent
from models.services.site import Site

Kind = JobKind

LEASE = timedelta(minutes=1)
"""How long a worker holds a job after the last sign of life; every range of records is one."""

ATTEMPTS = 10
"""How often a job is taken up without getting any further before it is given up."""

PAUSE = 0.2
"""Seconds between looks at a job another worker has."""


async def enqueue(
    site: Site,
    kind: Kind,
    type_name: str,
    from_version: int,
    to_version: int,
    session: Session = None,
    *,
    change: str = "",
) -> Job:
    """Put a job into the queue, in the transaction of what makes it necessary."""
    job = Job(
        kind=kind,
        type=type_name,
        lane=type_name,
        from_version=from_version,
        to_version=to_version,
        change=change,
        created_at=site.now(),
    )
    await job.insert(session=session)
    return job


async def claim(site: Site, kinds: Iterable[Kind] = UPKEEP) -> Job | None:
    """Borrow the job of these kinds that has waited longest, for LEASE; None when there is none to take."""
    now = site.now()
    return await claim_job(site.entropy(16).hex(), now, now + LEASE, kinds)


async def heartbeat(site: Site, job: Job, values: Mapping[str, Any]) -> bool:
    """Hold a job for LEASE from now and write how far it is; False when another worker has it by now."""
    return await hold_job(job, site.now() + LEASE, {"attempts": 0, **values})


async def run_one(site: Site, progress: Progress = silent, kinds: Iterable[Kind] = UPKEEP) -> bool:
    """Do the job of these kinds that has waited longest; False when there was none to do.

    An error ends the hold, so that another try follows at once; whatever it was is raised."""
    job = await claim(site, kinds)
    if job is None:
        return False
    await _do(site, job, progress)
    return True


async def run_this(site: Site, job: Job, progress: Progress = silent) -> bool:
    """Do one job now, in this process; False when it does not wait any more."""
    now = site.now()
    claimed = await claim_this(job.id, site.entropy(16).hex(), now, now + LEASE)  # type: ignore[arg-type]
    if claimed is None:
        return False
    await _do(site, claimed, progress)
    return True


async def _do(site: Site, job: Job, progress: Progress) -> None:
    hold = _Hold(site, job)
    try:
        await _run(site, job, hold, progress)
    except Lost:
        await _tell_rest(site, job)
    except Exception as error:
        await _release(site, job, error)
        raise


async def _run(site: Site, job: Job, hold: "_Hold", progress: Progress) -> None:
    await site.registry.refresh()
    work = {
        "rewrite": rewriting.rewrite,
        "restore": rewriting.restore,
        "reseal": resealing.reseal,
        "export": exporting.export,
        "import": importing.bring_in,
        "bulk": applying.apply_rows,
    }[job.kind]
    await work(site, job, progress, hold)
    waits = job.kind in REHEARSED and job.phase == "check"
    values = {"state": "prepared" if waits else "done", "finished_at": site.now(), "problem": ""}

    async def body(session: Session) -> None:
        if await hold_job(job, None, values, session):
            await _tell(site, job, session)

    await site.store.transaction(body)


async def _tell_rest(site: Site, job: Job) -> None:
    """Mail what was still sent while the job was being cancelled."""
    found = await Job.get(job.id)
    if found is not None and found.is_over:

        async def body(session: Session) -> None:
            await summaries.queue_summary(site, found, session)

        await site.store.transaction(body)


DONE: Mapping[Kind, str] = {
    "rewrite": "schema.rewritten",
    "restore": "schema.restored",
    "reseal": "secrets.rotated",
    "export": "records.written",
    "import": "records.imported",
    "bulk": "applications.brought_in",
}
"""The event that tells of a job done."""


async def _tell(site: Site, job: Job, session: Session) -> None:
    if job.kind in REHEARSED and job.phase == "check":
        return
    subject = Subject(kind="record_type", id=job.id if job.kind in TRANSFERS else None, label=job.type)
    told: dict[str, Any] = {"done": job.done, "failed": job.failed_count}
    if job.kind == "reseal":
        subject = Subject(kind="sealing_key", id=job.id, label=job.parameters.get("key", ""))
    if job.kind in TRANSFERS:
        told |= {**job.counts, "requester": job.requester.name if job.requester else "", "job": str(job.id)}
    elif job.kind == "reseal":
        told |= job.counts
    else:
        told |= {"version": job.to_version}
    await record_event(site, SYSTEM, DONE[job.kind], subject, session, **told)
    await summaries.queue_summary(site, job, session)


async def _release(site: Site, job: Job, error: Exception) -> None:
    """Let go of a job; after ATTEMPTS without a step forward it has failed for good."""
    problem = error.code if isinstance(error, TorokuError) else type(error).__name__
    values: dict[str, Any] = {"problem": problem}
    refused = job.kind in TRANSFERS and isinstance(error, TorokuError) and error.status < 500
    if job.attempts >= ATTEMPTS or refused:
        values |= {"state": "failed", "finished_at": site.now()}

    async def body(session: Session) -> None:
        if await hold_job(job, None, values, session) and values.get("state") == "failed":
            await summaries.queue_summary(site, job, session)

    await site.store.transaction(body)


KEPT = ("total", "done", "failed", "failed_count", "last_id", "counts")
"""What is written with every sign of life."""


@dataclass
class _Hold(Hold):
    """A sign of life after every range. Raises Lost when another worker has the job, or it was cancelled.

    With a session the sign is part of a transaction; `more` is written with it."""

    site: Site
    job: Job
    _saved: dict[str, Any] = field(default_factory=dict)

    async def __call__(self, session: Session = None, **more: Any) -> None:
        job = self.job
        values = {name: getattr(job, name) for name in KEPT}
        fresh = {name: value for name, value in values.items() if self._saved.get(name, self) != value}
        if not await hold_job(job, self.site.now() + LEASE, {"attempts": 0, **fresh, **more}, session):
            raise Lost
        job.attempts = 0
        if session is None:
            self._saved = {name: copy(value) for name, value in values.items()}


async def find_job(identifier: Id) -> Job:
    """One job. Raises NotFound."""
    job = await Job.get(identifier)
    if job is None:
        raise NotFound
    return job


async def finish(site: Site, job: Job, progress: Progress = silent) -> Job:
    """Work until this job is over, whoever does it: for commands that wait for it."""
    while True:
        found = await find_job(job.id)  # type: ignore[arg-type]
        progress(found.done, found.total)
        if found.is_over:
            return found
        if not await run_one(site, progress):
            await asyncio.sleep(PAUSE)


def may_control(actor: Actor, job: Job) -> bool:
    """Whether `actor` may cancel or resume a job: one's own, their operator's, any with ``job.control``."""
    return is_own(actor, job) or is_ours(actor, job) or allowed(actor, "job.control")


def is_ours(actor: Actor, job: Job) -> bool:
    """Whether a job is the work of the operator of `actor`, within the scope of a delegate."""
    theirs = job.operator_id is not None and job.operator_id == actor.operator_id
    return actor.kind == "operator" and theirs and may_use(actor, job.type)


def is_own(actor: Actor, job: Job) -> bool:
    """Whether `actor` asked for a job."""
    return job.requester is not None and actor.account_id is not None and job.requester.id == actor.account_id


async def find_for(site: Site, actor: Actor, identifier: Id) -> Job:
    """One job `actor` may see: their own, or any with ``job.view``. Raises NotFound."""
    job = await find_job(identifier)
    if not (is_own(actor, job) or allowed(actor, "job.view")):
        raise NotFound
    return job


async def cancel(site: Site, actor: Actor, job: Job) -> Job:
    """End a job that is not over. What it has done stays; ``resume`` goes on from there.

    Raises NotFound for somebody else's without ``job.control``, JobMoved when it is over."""
    values = {"state": "cancelled", "finished_at": site.now(), "lease_until": None}
    return await _move(site, actor, job, ("prepared", "queued", "running"), values, "job.cancelled")


async def resume(site: Site, actor: Actor, job: Job) -> Job:
    """Put a cancelled or failed job back into the queue, to go on where it stands; what was never rehearsed
    waits for its requester's word again.

    Raises NotFound for somebody else's without ``job.control``, JobMoved when there is nothing to go on
    with."""
    if job.kind in TRANSFERS and (job.expires_at is None or job.expires_at <= site.now()):
        raise JobMoved("The files of this job have been removed. Please begin anew.")
    state = "prepared" if job.kind in REHEARSED and not job.phase else "queued"
    values = {"state": state, "attempts": 0, "problem": "", "finished_at": None, "lease_until": None}
    return await _move(site, actor, job, ("cancelled", "failed"), values, "job.resumed")


async def _move(
    site: Site, actor: Actor, job: Job, among: tuple[Any, ...], values: Mapping[str, Any], action: str
) -> Job:
    if not may_control(actor, job):
        raise NotFound

    async def body(session: Session) -> Job:
        moved = await move_job(job, among, values, session)
        if moved is None:
            raise JobMoved
        subject = Subject(kind="job", id=job.id, label=f"{job.kind} {job.type}")
        await record_event(site, actor, action, subject, session, operator_id=job.operator_id, done=job.done)
        if moved.is_over:
            await summaries.queue_summary(site, moved, session)
        return moved

    return await site.store.transaction(body)
