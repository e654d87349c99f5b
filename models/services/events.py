"""Writing events: always in the transaction of what they tell."""

from typing import Any

from models.documents.base import Id
from models.documents.event import Event, Subject
from models.documents.store import Session
from models.permissions import Actor
from models.services.site import Happened, Site

UNSEALED = {"sequence": None, "previous": None, "hash": None}
"""What the seal fills in."""


async def record_event(
    site: Site,
    actor: Actor,
    action: str,
    subject: Subject,
    session: Session,
    *,
    operator_id: Id | None = None,
    **details: Any,
) -> None:
    """Write one event, and let the site's followers do what follows from it in the same transaction. `action`
    is a stable dotted name; `details` hold no answers and no secrets."""
    event = {
        "at": site.now(),
        "actor": actor.person.model_dump(),
        "action": action,
        "subject": subject.model_dump(),
        "operator_id": operator_id,
        "details": details,
        "address": actor.address,
        "certificate": actor.certificate,
        **UNSEALED,
    }
    await Event.raw().insert_one(event, session=session)
    happened = Happened(actor, action, subject, operator_id, details)
    for follow in site.followers:
        await follow(site, happened, session)
