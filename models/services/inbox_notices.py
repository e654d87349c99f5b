"""What is announced, in the inboxes of those it was listed for: notices to acknowledge, and changed terms."""

from collections.abc import Sequence

from models.documents.base import Id
from models.documents.event import Subject
from models.documents.inbox import insert_items, put_items
from models.documents.ledger import LedgerLine
from models.documents.mailing import Mailing
from models.documents.publication import Publication
from models.documents.store import Session
from models.services.inbox_writing import Told, done_at, settle, stored
from models.services.site import Happened, Site

ACKNOWLEDGED = "notice.acknowledged"


async def tell_listed(
    site: Site, source: Publication | Mailing, readers: Sequence[Id], session: Session
) -> None:
    """Tell operators' people, who were just listed for the first time, of what they are asked to acknowledge
    or of changed terms, in the transaction that lists them. Who opened a notice and acknowledged it before
    they were listed is asked nothing."""
    told = _terms(source) if isinstance(source, Mailing) else _notice(source)
    if told is not None and readers:
        done = {"source_id": source.id, "channel": "portal", "account_id": {"$in": list(readers)}}
        done["state"] = "acknowledged"
        found = LedgerLine.raw().find(done, {"account_id": 1}, session=session)
        over = {row["account_id"] for row in await found.to_list(None)}
        await insert_items(stored(site, told), told.key, [one for one in readers if one not in over], session)


def _notice(source: Publication) -> Told | None:
    if not source.acknowledge:
        return None
    return Told(
        kind="acknowledge",
        key=f"acknowledge:{source.id}",
        cause=cause_of_notice(source.record_id),
        subject=Subject(kind="publication", id=source.id, label=source.number),
        values={"title": source.title.model_dump()},
        due=source.acknowledge_by,
    )


def _terms(source: Mailing) -> Told:
    return Told(
        kind="terms_changed",
        key=f"terms:{source.id}",
        cause=f"terms:{source.id}",
        subject=Subject(kind="terms", id=source.id, label=source.version),
        values={"title": source.title.model_dump()},
    )


def cause_of_notice(record_id: Id | None) -> str:
    """All editions of a notice are one cause: a later one asks anew."""
    return f"notice:{record_id}"


async def acknowledged(site: Site, happened: Happened, session: Session) -> None:
    """Who has acknowledged an edition is not asked any more. Who was not asked yet has it as done: else a
    worker that lists them at this very moment would ask them for ever."""
    row = await Publication.raw().find_one({"_id": happened.subject.id}, session=session)
    reader = happened.actor.account_id
    if row is None or reader is None:
        return
    await settle(site, [cause_of_notice(row["record_id"])], session, reader=reader)
    told = _notice(Publication.model_validate(row))
    if told is not None and happened.actor.kind == "operator":
        done = {**stored(site, told), **done_at(site.now())}
        await put_items(done, told.key, [reader], session, bulk=site.store.transactional)
