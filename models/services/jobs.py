"""Long work in the background: queued, borrowed by a worker for a while, taken up by another if that dies."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from models.documents.base import Id
from models.documents.event import Subject
from models.documents.job import Job, JobKind, claim_job, hold_job
from models.documents.store import Session
from models.errors import NotFound, TorokuError
from models.permissions import SYSTEM
from models.services import rewriting
from models.services.events import record_event
from models.services.progress import Progress, silent
from models.services.rewriting import Hold
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
        from_version=from_version,
        to_version=to_version,
        change=change,
        created_at=site.now(),
    )
    await job.insert(session=session)
    return job


async def claim(site: Site) -> Job | None:
    """Borrow the job that has waited longest, for LEASE; None when there is none to take."""
    now = site.now()
    return await claim_job(site.entropy(16).hex(), now, now + LEASE)


async def heartbeat(site: Site, job: Job, values: Mapping[str, Any]) -> bool:
    """Hold a job for LEASE from now and write how far it is; False when another worker has it by now."""
    return await hold_job(job, site.now() + LEASE, {"attempts": 0, **values})


async def run_one(site: Site, progress: Progress = silent) -> bool:
    """Do the job that has waited longest; False when there was none to do.

    An error ends the hold, so that another try follows at once; whatever it was is raised."""
    job = await claim(site)
    if job is None:
        return False
    hold = _Hold(site, job)
    try:
        await _run(site, job, hold, progress)
    except Lost:
        return True
    except Exception as error:
        await _release(site, job, error)
        raise
    return True


async def _run(site: Site, job: Job, hold: "_Hold", progress: Progress) -> None:
    await site.registry.refresh()
    work = {"rewrite": rewriting.rewrite, "restore": rewriting.restore}[job.kind]
    await work(site, job, progress, hold)
    values = {"state": "done", "finished_at": site.now(), "problem": ""}
    if await hold_job(job, None, values):
        await _tell(site, job)


async def _tell(site: Site, job: Job) -> None:
    subject = Subject(kind="record_type", label=job.type)
    told: dict[str, Any] = {"version": job.to_version, "done": job.done, "failed": job.failed_count}
    name = "schema.rewritten" if job.kind == "rewrite" else "schema.restored"

    async def body(session: Session) -> None:
        await record_event(site, SYSTEM, name, subject, session, **told)

    await site.store.transaction(body)


async def _release(site: Site, job: Job, error: Exception) -> None:
    """Let go of a job; after ATTEMPTS without a step forward it has failed for good."""
    problem = error.code if isinstance(error, TorokuError) else type(error).__name__
    values: dict[str, Any] = {"problem": problem}
    if job.attempts >= ATTEMPTS:
        values |= {"state": "failed", "finished_at": site.now()}
    await hold_job(job, None, values)


class Lost(Exception):
    """Another worker has taken the job over."""


@dataclass
class _Hold(Hold):
    """A sign of life after every range. Raises Lost when another worker has the job."""

    site: Site
    job: Job
    _saved: dict[str, Any] = field(default_factory=dict)

    async def __call__(self) -> None:
        job = self.job
        values = {name: getattr(job, name) for name in ("total", "done", "failed", "failed_count", "last_id")}
        fresh = {name: value for name, value in values.items() if self._saved.get(name, self) != value}
        if not await heartbeat(self.site, job, fresh):
            raise Lost
        job.attempts = 0
        self._saved = {name: list(v) if isinstance(v, list) else v for name, v in values.items()}


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
