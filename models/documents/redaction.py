"""Free texts of registrations that were redacted, each with its original under seal."""

from datetime import datetime

from pymongo import ASCENDING, DESCENDING, IndexModel

from models.documents.base import Id, Person, Stored


class Redaction(Stored):
    """One text that nobody reads any more where it stood. ``sealed`` is what it said, readable with the
    site's secret alone; ``restored_by`` put it back."""

    type: str
    record_id: Id
    number: str
    operator_id: Id
    field: str
    sealed: dict[str, str]
    reason: str
    by: Person
    at: datetime
    standing: bool = True
    restored_by: Person | None = None
    restored_at: datetime | None = None
    why_restored: str = ""

    class Settings:
        name = "redactions"
        indexes = (
            IndexModel(
                [("record_id", ASCENDING), ("field", ASCENDING)],
                unique=True,
                name="one_standing",
                partialFilterExpression={"standing": True},
            ),
            IndexModel([("at", DESCENDING), ("_id", DESCENDING)], name="newest"),
        )
