"""The event log: who did what to what. Append-only; sealed into a hash chain by the worker."""

from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from models.documents.base import Id, Part, Person, Stored

_NEWEST = (("at", DESCENDING), ("_id", DESCENDING))


class Subject(Part):
    """What was acted on."""

    kind: str
    id: Id | None = None
    label: str = ""


class Event(Stored):
    """One event, written in its cause's transaction. ``sequence``, ``previous`` and ``hash`` come with
    the seal."""

    at: datetime
    actor: Person
    action: str
    subject: Subject
    operator_id: Id | None = None
    details: dict[str, Any] = {}
    address: str = ""
    certificate: str | None = None
    sequence: int | None = None
    previous: str | None = None
    hash: str | None = None

    class Settings:
        name = "events"
        indexes = (
            IndexModel(
                [("sequence", ASCENDING)],
                unique=True,
                name="chain",
                partialFilterExpression={"sequence": {"$gt": 0}},
            ),
            IndexModel([("sequence", ASCENDING), ("_id", ASCENDING)], name="unsealed"),
            IndexModel([("subject.id", ASCENDING), ("at", DESCENDING)], name="by_subject"),
            IndexModel([("subject.label", ASCENDING), *_NEWEST], name="by_label"),
            IndexModel([("action", ASCENDING), *_NEWEST], name="by_action"),
            IndexModel([("actor.name", ASCENDING), *_NEWEST], name="by_person"),
            IndexModel(list(_NEWEST), name="newest"),
            IndexModel(
                [("operator_id", ASCENDING), ("_id", DESCENDING)],
                name="looks",
                partialFilterExpression={"action": "secret.revealed"},
            ),
        )
