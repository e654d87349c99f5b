"""Answers of steps that nobody takes any more: given up by the program some time after their step became
impossible, and erased like any draft that came to nothing."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from models.documents.application import Application
from models.documents.record import Record
from models.permissions import SYSTEM
from models.services.lifecycle_mails import flow_of
from models.services.site import Site
from models.services.step_answers import end
from models.workflow.answering import WRITING

KEPT = timedelta(days=30)
"""How long answers are kept after their step became impossible."""

BATCH = 50
"""Answers looked at at once."""

SHOWN = {"type": 1, "about": 1, "step": 1, "revision": 1, "updated_at": 1}


async def end_some(site: Site) -> bool:
    """Give up some answers whose step has been impossible for KEPT; False when there were none."""
    last: Any = None
    while rows := await _next(site, last):
        ended = [await _end(site, row) for row in rows]
        if any(ended):
            return True
        last = rows[-1]["_id"]
    return False


async def _next(site: Site, after: Any) -> list[Mapping[str, Any]]:
    where: dict[str, Any] = {"about": {"$type": "objectId"}, "open": True, "state": WRITING}
    where["updated_at"] = {"$lte": site.now() - KEPT}
    if after is not None:
        where["_id"] = {"$gt": after}
    rows = Application.raw().find(where, SHOWN).sort("_id", 1).limit(BATCH)
    return [row async for row in rows]


async def _end(site: Site, row: Mapping[str, Any]) -> bool:
    """Give up one, where its record is gone, or left the states of the step long enough ago."""
    records = site.records.get(row["type"])
    record = await records.get(row["about"]) if records is not None else None
    if record is not None and not _is_over(site, record, row["step"]):
        return False
    return await end(site, SYSTEM, row["_id"], row["step"], revision=row["revision"])


def _is_over(site: Site, record: Record, step: str) -> bool:
    transition = flow_of(site, record).transitions.get(step)
    possible = transition is not None and record.lifecycle in transition.origins
    return not possible and (record.since or record.updated_at) <= site.now() - KEPT
