"""Reports that a certificate, an ID or a password was lost, stolen or used by others (terms of use 3.4.2)."""

from datetime import datetime
from typing import Literal

from pymongo import ASCENDING, DESCENDING, IndexModel

from models.documents.base import AN_ID, Id, Part, Person, Stored

LossKind = Literal["certificate", "medium", "administrator_id", "user_id", "password"]
LossState = Literal["received", "instructed", "closed"]
ItemKind = Literal["certificate", "account"]


class Item(Part):
    """One thing that was lost: a certificate, by its serial number, or an account, by its login."""

    kind: ItemKind
    id: Id
    label: str
    stopped_at: datetime | None = None


class Closing(Part):
    """Why a report was closed, by whom, when."""

    reason: str
    by: Person
    at: datetime


class LossReport(Stored):
    """A report. One by somebody who was not signed in (``outside``) has the organisation's code as it was
    typed, and the operator only where there is one of that code. ``due`` is when the staff are to have
    answered; None while the operator is asked, and when it is closed. ``key`` is the form it came from."""

    number: str
    kind: LossKind
    outside: bool = False
    operator_id: Id | None = None
    operator_name: str = ""
    organisation_code: str = ""
    items: list[Item] = []
    words: str = ""
    noticed_at: datetime
    what: str
    reporter: Person
    contact: str = ""
    address: str = ""
    key: str
    state: LossState = "received"
    waits_for: Literal["staff", "operator", ""] = "staff"
    due: datetime | None = None
    answered_at: datetime | None = None
    confirmed_at: datetime | None = None
    denied_at: datetime | None = None
    closed: Closing | None = None
    created_at: datetime
    revision: int = 0

    class Settings:
        name = "losses"
        indexes = (
            IndexModel([("number", ASCENDING)], unique=True, name="number"),
            IndexModel([("key", ASCENDING)], unique=True, name="once"),
            IndexModel(
                [("operator_id", ASCENDING), ("_id", DESCENDING)],
                name="by_operator",
                partialFilterExpression={"operator_id": AN_ID},
            ),
            IndexModel([("waits_for", ASCENDING), ("due", ASCENDING), ("_id", DESCENDING)], name="by_turn"),
            IndexModel([("state", ASCENDING), ("_id", DESCENDING)], name="by_state"),
        )
