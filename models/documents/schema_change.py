"""A change of a record type on its way: proposed, looked at by a second steward, published at its time."""

from datetime import datetime
from typing import Any, Literal

from pymongo import ASCENDING, DESCENDING, IndexModel

from models.documents.base import Id, Person, Stored

ChangeState = Literal["proposed", "scheduled", "published", "rejected", "withdrawn", "failed"]


class SchemaChange(Stored):
    """One proposed change. ``impact`` is what it would have touched when it was proposed (plain values of
    ``services.impact.Impact``); ``acknowledged`` are the paths whose loss the proposer took note of."""

    reference: str
    type: str
    base_version: int
    source: str
    definition: dict[str, Any]
    impact: dict[str, Any] = {}
    acknowledged: list[str] = []
    note: str = ""
    state: ChangeState = "proposed"
    open: bool = True
    effective_at: datetime | None = None
    proposed_by: Person
    proposed_at: datetime
    decided_by: Person | None = None
    decided_at: datetime | None = None
    decision_note: str = ""
    version: int | None = None
    job_id: Id | None = None
    problem: str = ""
    revision: int = 0

    class Settings:
        name = "schema_changes"
        indexes = (
            IndexModel([("reference", ASCENDING)], unique=True, name="reference"),
            IndexModel(
                [("type", ASCENDING)],
                unique=True,
                name="one_open_per_type",
                partialFilterExpression={"open": True},
            ),
            IndexModel([("state", ASCENDING), ("effective_at", ASCENDING)], name="due"),
            IndexModel([("proposed_at", DESCENDING)], name="newest"),
        )
