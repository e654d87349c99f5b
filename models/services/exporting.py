"""Taking registered records away as a file: who may, and that it was done."""

from models.documents.event import Subject
from models.documents.store import Session
from models.errors import NotFound
from models.permissions import Actor, require
from models.services.events import record_event
from models.services.site import Site


async def note_export(site: Site, actor: Actor, type_name: str, rows: int, asked: str) -> None:
    """Write the event of an export before it begins: how many records, and the filters as the list's address
    says them. Raises NotAllowed, NotFound."""
    require(actor, "record.export")
    published = site.registry.all_current().get(type_name)
    if published is None:
        raise NotFound
    subject = Subject(kind="record_type", label=type_name)

    async def body(session: Session) -> None:
        await record_event(site, actor, "records.exported", subject, session, count=rows, filter=asked[:1000])

    await site.store.transaction(body)
