"""What one operator owes by one duty of a record type, and how it stands."""

from datetime import date, datetime

from pymongo import ASCENDING, IndexModel

from models.documents.base import Id, Stored


class Owed(Stored):
    """One duty of one operator. All of it is worked out of the operator's records and of the applications it
    was asked for (``models.services.owing``): days are kept so that lists and the clock find them."""

    type: str
    duty: str
    operator_id: Id
    number: str
    """The operator's number, by which boards are in order."""
    rolls: bool = False
    """Whether the due date is the operator's own; otherwise it is everybody's."""
    since: str
    """The day from which it was owed (ISO 8601)."""
    ended_at: datetime | None = None
    """Since when nothing is owed any more."""
    last_on: str | None = None
    """The day the last record names."""
    last_number: str = ""
    last_record: Id | None = None
    missing: int | None = None
    """Accounts in use that the last record does not say took part; None where nobody has to."""
    opens: datetime | None = None
    due: datetime | None = None
    """From when it is asked for, and the end of the last day for it."""
    asked: Id | None = None
    """The application asked for last."""
    asked_for: str = ""
    """The day that was due by then (ISO 8601)."""
    serial: int = 0
    """How many times it was asked for."""
    open: bool = False
    """Whether that application is still open, ``reference`` its number, ``sent`` whether it was handed in."""
    reference: str = ""
    sent: bool = False
    excused_until: str = ""
    """The day due next after staff took a request back; "" where they never did."""
    told: bool = False
    """Whether it was told that the day had passed; ``staff_told`` whether the staff were, too."""
    staff_told: bool = True
    revision: int = 0

    class Settings:
        name = "owed"
        indexes = (
            IndexModel(
                [("type", ASCENDING), ("duty", ASCENDING), ("operator_id", ASCENDING)],
                unique=True,
                name="one",
            ),
            IndexModel([("operator_id", ASCENDING)], name="operator"),
            IndexModel([("ended_at", ASCENDING), ("number", ASCENDING)], name="board"),
            IndexModel([("ended_at", ASCENDING), ("due", ASCENDING)], name="late"),
            IndexModel([("asked", ASCENDING)], name="asked", sparse=True),
            IndexModel(
                [("opens", ASCENDING), ("_id", ASCENDING)],
                name="to_ask",
                partialFilterExpression={"rolls": True, "open": False, "ended_at": None},
            ),
            IndexModel(
                [("due", ASCENDING), ("_id", ASCENDING)],
                name="to_tell",
                partialFilterExpression={"rolls": True, "told": False},
            ),
            IndexModel(
                [("type", ASCENDING), ("duty", ASCENDING)],
                name="to_tell_staff",
                partialFilterExpression={"staff_told": False},
            ),
        )

    @property
    def last_day(self) -> date | None:
        """The day the last record names."""
        return date.fromisoformat(self.last_on) if self.last_on else None
