"""Uploads looked into for viruses before anything of them is kept, whichever door they come by."""

from models.documents.event import Subject
from models.documents.store import Session
from models.errors import ScannerUnavailable, UploadRefused
from models.permissions import Actor
from models.services.events import record_event
from models.services.site import Site

INFECTED = (
    "A virus was found in this file, and it has not been kept. Check your computer, and choose another file."
)

NAME_LIMIT = 100
"""Longest name of a virus that is written down (characters)."""


async def require_clean(site: Site, actor: Actor, content: bytes, subject: Subject) -> None:
    """Have `content` looked into by the site's scanner, where it has one; what it finds, and that it did not
    answer, is an event about `subject`.

    Raises UploadRefused for what is infected, ScannerUnavailable when nobody can say."""
    if site.scanner is None:
        return
    try:
        found = await site.scanner.scan(content)
    except ScannerUnavailable:
        await _tell(site, actor, "upload.not_scanned", subject)
        raise
    if found:
        await _tell(site, actor, "upload.infected", subject, virus=found[:NAME_LIMIT])
        raise UploadRefused(INFECTED)


async def _tell(site: Site, actor: Actor, action: str, subject: Subject, **details: str) -> None:
    """The name of the file is not told: people name files after people."""

    async def body(session: Session) -> None:
        await record_event(site, actor, action, subject, session, operator_id=actor.operator_id, **details)

    await site.store.transaction(body)
