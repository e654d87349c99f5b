"""Mails of a notice that stands no more: those on their way are stopped, and who was mailed is told."""

from datetime import timedelta
from typing import Any

from models.documents.guarded import update_where
from models.documents.ledger import LedgerLine, LineState
from models.documents.message import Message
from models.documents.publication import Publication
from models.services.delivery import OVER
from models.services.mail_outcomes import ON_THE_WAY, follow
from models.services.mail_rounds import TAKEN_BACK, begin
from models.services.site import Site

RECENT = timedelta(days=7)
"""How long after it was withdrawn or replaced the mails of a notice are looked at."""

REPLACED = "replaced"
"""What is kept of a replaced edition whose mails were stopped."""

BATCH = 1000
"""Mails stopped with one write."""


async def take_back_some(site: Site) -> bool:
    """Stop the mails of one notice that was withdrawn or replaced, and begin to tell those who were mailed of
    a withdrawal; False when there is none. A mail a worker holds at this moment is looked at again."""
    notice = await _fallen(site)
    if notice is None:
        return False
    await _stop(site, notice, TAKEN_BACK if notice.withdrawn_at else REPLACED)
    await follow(site, notice)
    if await _has_mails_on_the_way(notice):
        return False
    done = await begin(site, notice, TAKEN_BACK) if notice.withdrawn_at else await _keep_replaced(notice)
    ended = {"_id": notice.id, "listed_at": None}
    await update_where(Publication, ended, {"$set": {"listed_at": site.now()}})
    return done


async def _fallen(site: Site) -> Publication | None:
    """A notice that fell lately and has a mail on its way or somebody to tell."""
    since = {"$gte": site.now() - RECENT}
    withdrawn = {"withdrawn_at": since, "progress.rounds": {"$ne": TAKEN_BACK}}
    found = await Publication.raw().find_one(withdrawn, sort=[("withdrawn_at", 1)])
    if found is None:
        replaced = {"settled_at": None, "replaced_at": since, "progress.rounds": {"$ne": REPLACED}}
        found = await Publication.raw().find_one(replaced)
    return None if found is None else Publication.model_validate(found)


async def _keep_replaced(notice: Publication) -> bool:
    """Nobody is told: the edition that came after has mails of its own."""
    seen = {"_id": notice.id, "progress.rounds": {"$ne": REPLACED}}
    return await update_where(Publication, seen, {"$push": {"progress.rounds": REPLACED}}) is not None


async def _stop(site: Site, notice: Publication, why: str) -> None:
    """Withhold the mails that have not been sent and that no worker holds; those that failed too, for they
    could be sent again with others of the same error."""
    values = {**OVER, "withheld_at": site.now(), "withheld_why": why}
    free = [{"lease_until": None}, {"lease_until": {"$lte": site.now()}}]
    unsent: dict[str, Any] = {"sent_at": None, "withheld_at": None, "aborted_at": None, "$or": free}
    place: Any = None
    while True:
        keys, place = await _keys(notice, place)
        await Message.raw().update_many({"dedupe_key": {"$in": keys}, **unsent}, {"$set": values})
        if len(keys) < BATCH:
            return


async def _keys(notice: Publication, place: Any) -> tuple[list[str], Any]:
    where = {**_in(notice, *ON_THE_WAY, "failed"), **({"_id": {"$gt": place}} if place else {})}
    found = LedgerLine.raw().find(where, {"message_key": 1}).sort("_id", 1).limit(BATCH)
    rows = await found.to_list(None)
    return [row["message_key"] for row in rows], rows[-1]["_id"] if rows else place


async def _has_mails_on_the_way(notice: Publication) -> bool:
    return await LedgerLine.raw().find_one(_in(notice, *ON_THE_WAY), {"_id": 1}) is not None


def _in(notice: Publication, *states: LineState) -> dict[str, Any]:
    """The lines of the notice's mails that are in one of these states."""
    return {"source_id": notice.id, "channel": "mail", "state": {"$in": list(states)}}
