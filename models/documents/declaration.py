"""What operators declared, what they are asked to confirm, and the rounds in which all are asked."""

from datetime import datetime
from typing import Literal

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from models.documents.base import Id, Person, Stored
from models.language import Text

DeclarationAnswer = Literal["confirmed", "declined", "withdrawn"]
ConfirmationState = Literal["open", "confirmed", "declined", "withdrawn"]


class Declaration(Stored):
    """One answer about one declaration: kept with the words it was given to. Append-only; ``sequence`` counts
    those of one operator about one declaration, and two of one number cannot be."""

    name: str
    operator_id: Id
    operator_name: str
    sequence: int
    answer: DeclarationAnswer
    text: Text
    text_version: str
    note: str = ""
    by: Person
    at: datetime
    confirmation_id: Id | None = None

    class Settings:
        name = "declarations"
        indexes = (
            IndexModel(
                [("operator_id", ASCENDING), ("name", ASCENDING), ("sequence", ASCENDING)],
                unique=True,
                name="one_after_another",
            ),
        )


class Confirmation(Stored):
    """A declaration an operator is asked to confirm by ``due``. ``round`` names the occasion: an operator is
    asked once on each, and never twice at the same time."""

    name: str
    operator_id: Id
    operator_name: str
    round: str
    reason: str
    due: datetime
    asked_by: Person
    asked_at: datetime
    state: ConfirmationState = "open"
    answered_by: Person | None = None
    answered_at: datetime | None = None
    remind_at: datetime | None = None
    """When the operator is reminded next; None when it is no more."""
    overdue_at: datetime | None = None

    class Settings:
        name = "confirmations"
        indexes = (
            IndexModel(
                [("operator_id", ASCENDING), ("name", ASCENDING)],
                unique=True,
                name="one_open",
                partialFilterExpression={"state": "open"},
            ),
            IndexModel(
                [("operator_id", ASCENDING), ("name", ASCENDING), ("round", ASCENDING)],
                unique=True,
                name="once_a_round",
            ),
            IndexModel([("state", ASCENDING), ("due", ASCENDING), ("_id", ASCENDING)], name="by_due"),
            IndexModel(
                [("remind_at", ASCENDING)],
                name="to_remind",
                partialFilterExpression={"remind_at": {"$type": "date"}},
            ),
        )


class ConfirmationRound(Stored):
    """Asking every operator: those up to ``last_id`` have been looked at. The one of a yearly declaration is
    kept under a name of its own and begins anew every day (``day``, ``YYYY-MM-DD``)."""

    id: str = Field(alias="_id")  # type: ignore[assignment]
    name: str
    reason: str
    due: datetime | None = None
    day: str = ""
    asked_by: Person
    created_at: datetime
    last_id: Id | None = None
    asked: int = 0
    listed_at: datetime | None = None

    class Settings:
        name = "confirmation_rounds"
        indexes = (IndexModel([("listed_at", ASCENDING), ("created_at", ASCENDING)], name="waiting"),)
