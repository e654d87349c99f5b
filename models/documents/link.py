"""One-time links."""

from datetime import datetime

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from models.configuration.mail import LinkPurpose
from models.documents.base import AN_ID, Id, Stored

Purpose = LinkPurpose


class Link(Stored):
    """A one-time link. Its secret part is derived from its id with the site's key: it is stored nowhere."""

    id: str = Field(alias="_id")  # type: ignore[assignment]
    purpose: Purpose
    application_id: Id | None = None
    account_id: Id | None = None
    subject_id: Id | None = None
    """What else it is about: the report of loss it confirms."""
    address: str = ""
    """Where it was mailed: who opens it shows that the address is theirs."""
    created_at: datetime
    ends_at: datetime
    used_at: datetime | None = None

    class Settings:
        name = "links"
        indexes = (
            IndexModel([("ends_at", ASCENDING)], expireAfterSeconds=86_400, name="ended"),
            IndexModel(
                [("account_id", ASCENDING), ("ends_at", ASCENDING)],
                name="by_account",
                partialFilterExpression={"account_id": AN_ID},
            ),
        )
