"""Erasing what nobody needs any more: drafts that were never submitted, some time after they ended, and
uploads that were replaced. The worker does it a few at a time; what a crash interrupts is done anew."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from models.documents.application import AcceptedTerms, Applicant, Application, Erasure, Step
from models.documents.base import Id, read_id
from models.documents.event import Subject
from models.documents.guarded import update_where
from models.documents.link import Link
from models.documents.message import Message
from models.documents.record import RecordVersion
from models.documents.store import Attachment, Session
from models.documents.sweep import Sweep, keep_place
from models.errors import NotFound
from models.permissions import SYSTEM
from models.services.applications import subject_of
from models.services.delivery import OVER
from models.services.events import record_event
from models.services.seeing import holds
from models.services.site import Site

BATCH = 20
"""Drafts erased at once."""

FILES = 100
"""Uploads looked at at once."""

GRACE = timedelta(days=1)
"""Uploads younger than this are left alone: their answer may not be written yet."""

ROUND = timedelta(days=1)
"""Time between two rounds through all uploads."""

UPLOADS = "uploads"
"""The name of that round."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: drafts, the uploads and the mails they had."""

    drafts: int = 0
    files: int = 0
    mails: int = 0


@dataclass(frozen=True, slots=True)
class Swept:
    """How many uploads were looked at, and how many removed."""

    looked_at: int = 0
    removed: int = 0


async def erase_some(site: Site) -> Erased:
    """Erase up to BATCH drafts that ended unsent longer ago than ``drafts.erase_after`` of ``site.yaml``."""
    done = [await _erase(site, draft) for draft in await _over(site)]
    marks = [mark for mark in done if mark is not None]
    return Erased(len(marks), sum(mark.files for mark in marks), sum(mark.mails for mark in marks))


ORDER = ("submitted_at", "open", "erased.at", "decided_at")
"""The order of the index they are found by; among drafts not erased it is when they ended."""


def ended_by(moment: datetime) -> dict[str, Any]:
    """The drafts that ended at `moment` or before, were never submitted and are not erased, as a query."""
    never: dict[str, Any] = {"submitted_at": None, "submissions": [], "data": None}
    return {**never, "open": False, "erased.at": None, "decided_at": {"$lte": moment}}


async def _over(site: Site) -> list[Application]:
    """The drafts whose time is over, those that ended first before the others."""
    after, calendar, now = site.configuration.site.drafts.erase_after, site.calendar, site.now()
    where = ended_by(now - timedelta(days=after.count))
    found = await Application.find(where).sort(*ORDER).limit(BATCH).to_list()
    return [draft for draft in found if draft.decided_at and calendar.due(draft.decided_at, after) <= now]


async def _erase(site: Site, draft: Application) -> Erasure | None:
    """Erase one draft: first its uploads, then in one transaction what was typed, its mails and its links.
    None where somebody else was faster."""
    files = await site.store.attachments.remove(str(draft.id))

    async def body(session: Session) -> Erasure | None:
        mails = await _erase_mails(draft.id, site.now(), session)
        await Link.raw().delete_many({"application_id": draft.id}, session=session)
        mark = Erasure(at=site.now(), hash=_hash(site, draft), files=files, mails=mails)
        where = {"_id": draft.id, "erased.at": None}
        if await update_where(Application, where, _emptied(draft, mark), session) is None:
            return None
        subject = subject_of(draft)
        counts = {"files": files, "mails": mails}
        await record_event(
            site,
            SYSTEM,
            "application.erased",
            subject,
            session,
            operator_id=draft.operator_id,
            **counts,
        )
        return mark

    return await site.store.transaction(body)


def _hash(site: Site, draft: Application) -> str:
    """A keyed hash of the answers: what somebody still has can be compared, and nobody can guess it."""
    written = json.dumps(draft.answers, sort_keys=True, ensure_ascii=False, default=str)
    return site.sign("erased", written)


def _emptied(draft: Application, mark: Erasure) -> Mapping[str, Any]:
    """The change that leaves of a draft its reference, its dates and the steps it took."""
    terms = draft.terms and AcceptedTerms(version=draft.terms.version, at=draft.terms.at)
    values = {
        "answers": {},
        "attic": [],
        "title": "",
        "applicant": Applicant().model_dump(),
        "certificate": None,
        "terms": terms.model_dump() if terms else None,
        "keys": [],
        "grams": [],
        "history": [_nameless(step).model_dump() for step in draft.history],
        "erased": mark.model_dump(),
        "updated_at": mark.at,
    }
    return {"$set": values, "$inc": {"revision": 1}}


def _nameless(step: Step) -> Step:
    """A step without the name of who has no account."""
    by = step.by.model_copy(update={"name": ""}) if step.by.kind == "visitor" else step.by
    return step.model_copy(update={"by": by})


SPOKEN = ("to_name", "to_address", "preheader", "last_error", "last_answer", "bounce_text")
"""What of a mail names whoever it was to: servers repeat the address in their answers."""


async def _erase_mails(application_id: Id | None, now: datetime, session: Session) -> int:
    """Take addresses and texts out of the mails about an application, and keep those not sent from being
    sent; how many there were. The key that keeps a cause from mailing twice held the address too."""
    where = {"application_id": application_id}
    found = await Message.raw().find(where, {"sent_at": 1, "failed_at": 1}, session=session).to_list()
    for row in found:
        values: dict[str, Any] = {
            **OVER,
            **dict.fromkeys(SPOKEN, ""),
            "body": None,
            "links": {},
            "erased_at": now,
            "failed_at": row["failed_at"] if row["sent_at"] else row["failed_at"] or now,
            "dedupe_key": f"erased:{row['_id']}",
        }
        await Message.raw().update_one({"_id": row["_id"]}, {"$set": values}, session=session)
    return len(found)


async def sweep_some(site: Site) -> Swept:
    """Look at the next FILES uploads of applications and remove those no answer holds any more: neither what
    is typed or was submitted, nor a version of the record that came of it. A round begins a day after the
    last one ended."""
    known = await Sweep.get(UPLOADS)
    if known is not None and known.rests_until is not None and known.rests_until > site.now():
        return Swept()
    place = known.place if known is not None else None
    found = await site.store.attachments.stored_before(site.now() - GRACE, place, FILES)
    if not found:
        await keep_place(UPLOADS, None, site.now() + ROUND)
        return Swept()
    removed = 0
    for owner in dict.fromkeys(stored.owner for stored in found):
        removed += await _sweep(site, owner, [stored for stored in found if stored.owner == owner])
    await keep_place(UPLOADS, found[-1].id)
    return Swept(len(found), removed)


async def _sweep(site: Site, owner: str, stored: list[Attachment]) -> int:
    """Remove those uploads of one application that nothing holds; 0 where the owner is no application."""
    application = await _application(owner)
    if application is None:
        return 0
    given = list(_given(application))
    left = [each for each in stored if not holds(given, str(each.id))]
    if left and application.concerned is not None:
        registered = await _registered(site, application)
        left = [each for each in left if not holds(registered, str(each.id))]
    if not left:
        return 0
    subject: Subject = subject_of(application)

    async def body(session: Session) -> None:
        operator = application.operator_id
        await record_event(
            site,
            SYSTEM,
            "application.uploads_removed",
            subject,
            session,
            operator_id=operator,
            files=len(left),
        )

    await site.store.transaction(body)
    return await site.store.attachments.discard([each.id for each in left])


async def _application(owner: str) -> Application | None:
    try:
        found: Application | None = await Application.get(read_id(owner))
    except NotFound:
        return None
    return found


def _given(application: Application) -> Iterator[Any]:
    """Everything an application holds that may name an upload."""
    yield application.answers
    yield application.data
    yield application.attic
    yield from (each.data for each in application.submissions)


async def _registered(site: Site, application: Application) -> list[Any]:
    """What the record it is about holds, and held in every version."""
    record = await site.records[application.type].get(application.concerned)
    versions = await RecordVersion.find({"record_id": application.concerned}).to_list()
    held = [record.data, record.attic] if record else []
    return [*held, *(version.data for version in versions)]
