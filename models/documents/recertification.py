"""Reviews of who has what: rounds, and one line for each account in a round."""

from datetime import datetime
from typing import Literal

from pymongo import ASCENDING, DESCENDING, IndexModel

from models.documents.base import Id, Person, Stored

Scope = Literal["staff", "operators"]


class Recertification(Stored):
    """One round: every account of the staff, or of all operators, is confirmed or stopped by the day `due`
    (ISO 8601, the site's time zone). Of each scope one is open at a time."""

    scope: Scope
    due: str
    note: str = ""
    open: bool = True
    begun_by: Person
    begun_at: datetime
    closed_by: Person | None = None
    closed_at: datetime | None = None

    class Settings:
        name = "recertifications"
        indexes = (
            IndexModel(
                [("scope", ASCENDING)],
                unique=True,
                name="one_open",
                partialFilterExpression={"open": True},
            ),
            IndexModel([("begun_at", DESCENDING)], name="newest"),
        )


class RecertificationLine(Stored):
    """One account in a round as it was when the round began, and what was decided about it: `kept`,
    `stopped`, or `gone` where it was stopped or removed meanwhile. ``told`` is the last reminder that asked
    for it."""

    round_id: Id
    account_id: Id
    login: str
    name: str
    operator_id: Id | None = None
    organisation: str = ""
    roles: list[str] = []
    last_login_at: datetime | None = None
    state: Literal["open", "kept", "stopped", "gone"] = "open"
    told: int = 0
    by: Person | None = None
    at: datetime | None = None
    reason: str = ""

    class Settings:
        name = "recertification_lines"
        indexes = (
            IndexModel([("round_id", ASCENDING), ("account_id", ASCENDING)], unique=True, name="once"),
            IndexModel(
                [("round_id", ASCENDING), ("state", ASCENDING), ("operator_id", ASCENDING)], name="by_state"
            ),
            IndexModel([("operator_id", ASCENDING), ("round_id", ASCENDING)], name="by_operator"),
        )
