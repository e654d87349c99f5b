"""Publishing, withdrawing and archiving a record: editions that are frozen once and then only stand or not.

A transaction here writes the edition and its event alone, whoever it is for: the people are listed
afterwards, from the edition itself (``listed_at``)."""

from models.documents.base import Id
from models.documents.event import Subject
from models.documents.guarded import insert_or, update_where
from models.documents.publication import Publication
from models.documents.record import Record, RecordVersion
from models.documents.store import Session
from models.errors import RecordChanged
from models.permissions import Actor
from models.services.events import record_event
from models.services.freezing import PUBLISHED, freeze
from models.services.site import Site

EDITIONS = 200
"""Most editions of one record that are read at once."""


async def publish(
    site: Site, actor: Actor, record: Record, version: RecordVersion, session: Session
) -> Publication:
    """Freeze `version` as the next edition of `record`; the one that stood is replaced by it.

    Raises NotPublishable, RecordChanged (somebody published it meanwhile)."""
    former = await _latest(record.id, session)
    edition = freeze(site, record, version, site.now(), former.edition + 1 if former else 1)
    if former is not None and former.shown:
        await _end(former, session, replaced_at=edition.published_at)
    await insert_or(RecordChanged(), edition, session)
    await _tell(site, actor, PUBLISHED, edition, session)
    return edition


async def republish(
    site: Site, actor: Actor, record: Record, version: RecordVersion, session: Session
) -> Publication | None:
    """After a change of the answers of `record`: the next edition, where one of another version stands; None
    where none does. Raises as ``publish``."""
    definition = site.registry.at(record.type, record.schema_version).definition
    edition = await standing(record.id, session) if definition.publication is not None else None
    if edition is None or edition.revision == version.revision:
        return None
    return await publish(site, actor, record, version, session)


async def withdraw(
    site: Site, actor: Actor, record: Record, version: RecordVersion, session: Session
) -> None:
    """Take the edition that stands back; readers are told the reason of `version`."""
    edition = await standing(record.id, session)
    if edition is not None:
        await _end(edition, session, withdrawn_at=site.now(), withdrawn_because=version.reason)
        await _tell(site, actor, "publication.withdrawn", edition, session)


async def archive(site: Site, actor: Actor, record: Record, version: RecordVersion, session: Session) -> None:
    """Put the edition that stands away: its time is over."""
    del version
    edition = await standing(record.id, session)
    if edition is not None:
        await _end(edition, session, archived_at=site.now())
        await _tell(site, actor, "publication.archived", edition, session)


async def standing(record_id: Id, session: Session = None) -> Publication | None:
    """The edition of a record that stands, or None."""
    latest = await _latest(record_id, session)
    return latest if latest is not None and latest.shown else None


async def editions_of(record_id: Id) -> list[Publication]:
    """Every edition of a record, newest first (at most EDITIONS)."""
    return await Publication.find({"record_id": record_id}).sort("-edition").limit(EDITIONS).to_list()


async def _latest(record_id: Id, session: Session) -> Publication | None:
    found = await Publication.raw().find_one(
        {"record_id": record_id}, sort=[("edition", -1)], session=session
    )
    return Publication.model_validate(found) if found else None


async def _end(edition: Publication, session: Session, **told: object) -> None:
    """End the standing of an edition. Raises RecordChanged where somebody was faster."""
    where = {"_id": edition.id, "shown": True}
    if await update_where(Publication, where, {"$set": {"shown": False, **told}}, session) is None:
        raise RecordChanged


async def _tell(site: Site, actor: Actor, action: str, edition: Publication, session: Session) -> None:
    """Write the event; with the fingerprint in the chain of events, nobody exchanges an edition unseen."""
    subject = Subject(kind=edition.type, id=edition.record_id, label=edition.number)
    await record_event(
        site,
        actor,
        action,
        subject,
        session,
        edition=edition.edition,
        fingerprint=edition.fingerprint,
        audience=edition.audience.name,
    )
