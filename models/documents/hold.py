"""Legal holds: what nobody may erase until two people have agreed that it may go."""

from datetime import datetime

from pymongo import ASCENDING, DESCENDING, IndexModel

from models.documents.base import Id, Part, Person, Stored
from models.documents.event import Subject


class Lifting(Part):
    """Who says that a hold may end, why and when."""

    by: Person
    at: datetime
    reason: str


class Hold(Stored):
    """One hold, kept for ever. Over an operator's record it covers everything of the operator; over another
    record that one, its versions, applications and files. It stands until a second person confirms what the
    first `proposed`."""

    over: Subject
    operator_id: Id
    reason: str
    cause: Subject | None = None
    by: Person
    at: datetime
    proposed: Lifting | None = None
    lifted: Lifting | None = None
    standing: bool = True
    revision: int = 1

    class Settings:
        name = "holds"
        indexes = (
            IndexModel(
                [("over.id", ASCENDING), ("cause.id", ASCENDING)],
                unique=True,
                name="one_per_cause",
                partialFilterExpression={"standing": True},
            ),
            IndexModel([("operator_id", ASCENDING), ("standing", ASCENDING)], name="by_operator"),
            IndexModel([("standing", DESCENDING), ("at", DESCENDING), ("_id", DESCENDING)], name="newest"),
        )
