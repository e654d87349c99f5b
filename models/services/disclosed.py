"""The register of what was given to state bodies (terms of use 4.3): who took it, for whom and what, when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.documents.event import Event
from models.permissions import Actor, require
from models.services.site import Site

LISTED = 200
"""Most entries on one page, the newest first."""

PROFILE = "state_bodies"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One file that was taken away for a state body. ``asked`` is the search it was made with, ``named`` are
    the free texts and attachments that went along."""

    at: datetime
    who: str
    type: str
    recipient: str
    purpose: str
    asked: str
    named: Sequence[str]
    sequence: int


async def disclosures(site: Site, actor: Actor, *, skip: int = 0) -> list[Disclosure]:
    """The register, newest first, from `skip` on. It is read from the event log, of which nothing is ever
    taken away. Raises NotAllowed."""
    require(actor, "disclosure.view")
    del site
    where = {"action": "records.exported", "details.profile": PROFILE}
    rows = Event.raw().find(where).sort([("at", -1), ("_id", -1)]).skip(skip).limit(LISTED)
    return [_entry(Event.model_validate(row)) async for row in rows]


def _entry(event: Event) -> Disclosure:
    told: Mapping[str, Any] = event.details
    named = told.get("named")
    return Disclosure(
        at=event.at,
        who=event.actor.name,
        type=event.subject.label,
        recipient=str(told.get("recipient") or ""),
        purpose=str(told.get("purpose") or ""),
        asked=str(told.get("asked") or ""),
        named=[str(each) for each in named] if isinstance(named, list) else [],
        sequence=event.sequence or 0,
    )
