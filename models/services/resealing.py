"""Carrying secret answers over to the newest key: a job, in any number of passes, beside everybody's work.

What somebody writes back meanwhile as they had read it, another pass finds; only a pass that finds nothing
ends it. Each token is exchanged where it is still as it was read, and nothing else of its document is
touched: a worker that dies in between has done no half thing, and the next goes on where the job stands."""

from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.fernet import InvalidToken

from models.documents import sealed
from models.documents.event import Subject
from models.documents.job import FAILED_LIMIT, Job, jobs_for
from models.documents.sealed import Place, Sealed
from models.documents.store import Session
from models.language import Message
from models.permissions import SYSTEM, Actor, require
from models.services.events import record_event
from models.services.key_register import QUIET, mark_emptied, places, say_use
from models.services.progress import Hold, Progress
from models.services.site import Site
from models.services.stepping_up import require_recent

LANE = "reseal"

PASSES = 20
"""Most passes of one job: writers that bring old tokens back are done by then."""

UNOPENED = Message("No key of the site opens this answer.")

COUNTS = ("resealed", "passes", "changed", "moved", "unreadable")


async def ask_rotation(site: Site, actor: Actor) -> Job:
    """The rotation that is under way, or a new one that waits for a worker.

    Raises NotAllowed, ConfirmationRequired."""
    require(actor, "secret.rotate")
    require_recent(site, actor)
    found = await open_rotation()
    return found if found is not None else await _ask(site, actor)


async def open_rotation() -> Job | None:
    """The rotation that is under way; None where none is."""
    found = await jobs_for({"kind": "reseal", "state": {"$in": ["queued", "running"]}}, 1)
    return found[0] if found else None


async def last_rotation() -> Job | None:
    """The rotation that was asked for last; None where there was none."""
    found = await jobs_for({"kind": "reseal"}, 1)
    return found[0] if found else None


async def _ask(site: Site, actor: Actor) -> Job:
    job = Job(
        kind="reseal",
        type="",
        lane=LANE,
        requester=None if actor is SYSTEM else actor.person,
        parameters={"key": site.ring.newest.name},
        created_at=site.now(),
    )

    async def body(session: Session) -> Job:
        await job.insert(session=session)
        subject = Subject(kind="sealing_key", id=job.id, label=site.ring.newest.name)
        await record_event(site, actor, "secrets.rotation_asked", subject, session)
        return job

    return await site.store.transaction(body)


async def reseal(site: Site, job: Job, progress: Progress, hold: Hold) -> None:
    """Seal everything with the newest key, pass by pass; then the other keys are written down as empty."""
    await say_use(site)
    whole = places(site)
    job.counts = {**dict.fromkeys(COUNTS, 0), **job.counts}
    job.total = sum([await sealed.count(site.store, place) for place in whole])
    while job.counts["passes"] < PASSES:
        await _pass(site, job, whole, progress, hold)
        job.counts["passes"] += 1
        await hold()
        if not job.counts["changed"] and not job.counts["moved"]:
            await _settle(site)
            break
        _begin_pass(job)
        await hold(phase="")


def _begin_pass(job: Job) -> None:
    job.phase, job.last_id, job.done = "", None, 0
    job.failed, job.failed_count = [], 0
    job.counts = {**job.counts, "changed": 0, "moved": 0, "unreadable": 0}


async def _pass(site: Site, job: Job, whole: Sequence[Place], progress: Progress, hold: Hold) -> None:
    """Look through every place from where the job stands."""
    names = [place.collection for place in whole]
    for place in whole[names.index(job.phase) if job.phase in names else 0 :]:
        after = job.last_id if place.collection == job.phase else None
        job.phase = place.collection
        async for rows in sealed.ranges(site.store, place, after):
            await _exchange(site, job, place, rows)
            job.last_id, job.done = rows[-1].id, job.done + len(rows)
            await hold(phase=job.phase)
            progress(job.done, max(job.total, job.done))


async def _exchange(site: Site, job: Job, place: Place, rows: Sequence[Sealed]) -> None:
    found = [(row, new) for row in rows if (new := _renewed(site, job, place, row))]
    done = await sealed.exchange(site.store, place, found)
    job.counts["changed"] += done
    job.counts["moved"] += len(found) - done
    job.counts["resealed"] += sum(len(new) for _, new in found)


def _renewed(site: Site, job: Job, place: Place, row: Sealed) -> Mapping[str, str]:
    """The tokens of a document that another key sealed, under the newest one."""
    found: dict[str, str] = {}
    for path, token in row.tokens.items():
        try:
            new = site.ring.renew(token)
        except InvalidToken:
            _note(job, place, row, path)
        else:
            found |= {path: new} if new is not None else {}
    return found


def _note(job: Job, place: Place, row: Sealed, path: str) -> None:
    """Keep where something is that no key opens."""
    job.counts["unreadable"] += 1
    job.failed_count += 1
    if len(job.failed) < FAILED_LIMIT:
        told: dict[str, Any] = {"msgid": UNOPENED.msgid, "values": {}}
        job.failed.append({"number": f"{place.collection} {row.id}", "path": path, "message": told})


async def _settle(site: Site) -> None:
    """Write down that the other keys seal nothing any more, unless some process still seals with them."""
    others = [key.name for key in site.ring.keys[1:]]
    await mark_emptied(site, others, unused_since=site.now() - QUIET)
