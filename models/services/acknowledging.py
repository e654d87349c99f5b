"""Reminding those who have not acknowledged a notice: by the clock, and when the staff ask for it."""

from collections.abc import Iterator
from datetime import datetime

from pydantic import TypeAdapter

from models.documents.publication import Publication
from models.documents.store import Session
from models.errors import ReminderRefused
from models.permissions import SYSTEM, Actor, require
from models.services.events import record_event
from models.services.ledger import figures, subject_of
from models.services.mail_rounds import begin
from models.services.site import Site
from models.services.terms_of_records import moment_before
from models.workflow.definition import Duration, WrittenDuration

MOST = 500
"""The notices that wait for acknowledgement that are looked at, the newest first."""

_DURATION: TypeAdapter[Duration] = TypeAdapter(WrittenDuration)


async def remind_due(site: Site) -> bool:
    """Begin the round of reminders of one notice whose day for it has come; False when none has. Of several
    days that have passed together only the last is kept: nobody is reminded twice at once."""
    for notice in await _waiting(site):
        due = [name for name, moment in moments(site, notice) if moment <= site.now()]
        if due and due[-1] not in notice.progress.rounds and await _begin(site, SYSTEM, notice, due[-1]):
            return True
    return False


async def _waiting(site: Site) -> list[Publication]:
    """The notices that stand and have a day by which they are to be acknowledged."""
    where = {"shown": True, "acknowledge": True, "acknowledge_by": {"$gt": site.now()}}
    where |= {"listed_at": {"$ne": None}}
    rows = (
        await Publication.raw()
        .find(where)
        .sort([("published_at", -1), ("_id", -1)])
        .limit(MOST)
        .to_list(None)
    )
    return [Publication.model_validate(row) for row in rows]


def moments(site: Site, notice: Publication) -> list[tuple[str, datetime]]:
    """When those are reminded who have not acknowledged a notice, the earliest first, with the name of each
    round. A day before the notice was published is left out."""
    if notice.acknowledge_by is None:
        return []
    due = notice.acknowledge_by
    found = (
        (f"remind-{each.count}-{each.unit}", moment_before(site, due, each)) for each in _ahead(site, notice)
    )
    return sorted((each for each in found if each[1] > notice.published_at), key=lambda each: each[1])


def _ahead(site: Site, notice: Publication) -> Iterator[Duration]:
    rule = site.registry.current(notice.type).definition.publication
    for written in rule.remind if rule is not None else ():
        yield _DURATION.validate_python(written)


async def remind_now(site: Site, actor: Actor, notice: Publication) -> int:
    """Have those reminded today who have not acknowledged; how many there are. The mails are written by a
    worker. Raises NotAllowed, and ReminderRefused where the notice asks for nothing, stands no more,
    everybody has acknowledged, or reminders went out today."""
    require(actor, "notice.remind")
    if not notice.acknowledge or not notice.shown:
        raise ReminderRefused
    found = await figures(notice)
    if found.listed == found.acknowledged:
        raise ReminderRefused("Everybody has acknowledged this notice.")
    if not await _begin(site, actor, notice, f"remind-{site.today().isoformat()}"):
        raise ReminderRefused("Reminders of this notice have been asked for today already.")
    return found.listed - found.acknowledged


async def _begin(site: Site, actor: Actor, notice: Publication, name: str) -> bool:
    async def body(session: Session) -> bool:
        if not await begin(site, notice, name, session):
            return False
        await record_event(site, actor, "notice.reminded", subject_of(notice), session, round=name)
        return True

    return await site.store.transaction(body)
