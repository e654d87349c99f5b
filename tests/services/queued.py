"""Applications put into the queue as they are stored, without the way that leads there."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from models.documents.application import Application
from models.documents.base import new_id
from models.permissions import Actor
from models.schema.search import entries
from models.services.site import Site

NUMBERS = count(700_001)


def stored(site: Site, state: str = "submitted", **told: Any) -> dict[str, Any]:
    """One application as the database holds it; what is `told` takes its place in it."""
    number, now = next(NUMBERS), site.now()
    title, reference = f"第{number}発電株式会社", f"A2026-{number:06}"
    return {
        "_id": new_id(),
        "reference": reference,
        "type": "operator",
        "kind": "register",
        "schema_version": 1,
        "state": state,
        "open": True,
        "title": title,
        "assignee": None,
        "due": None,
        "submissions": [{"round": 1, "at": now, "data": {}}],
        "submitted_at": now,
        "created_at": now,
        "updated_at": now,
        "revision": 1,
        "grams": [entry for text in (reference, title) for entry in entries(text)],
        **told,
    }


async def wait(documents: Sequence[Mapping[str, Any]]) -> None:
    """Store them."""
    await Application.raw().insert_many([dict(document) for document in documents])


def ago(site: Site, **by: float) -> datetime:
    """A moment before now."""
    return site.now() - timedelta(**by)


def charge(actor: Actor) -> dict[str, Any]:
    """`actor` in charge, as it is stored."""
    return actor.person.model_dump()
