"""A change of the terms as it is told to everybody: one mailing, whose recipients stand in the ledger."""

from datetime import datetime

from pymongo import ASCENDING, IndexModel

from models.documents.base import Id, Stored
from models.language import Text


class Mailing(Stored):
    """The mails about one version: recipients are listed by their ids up to ``last_id``, then ``listed_at``
    is set; ``due`` is the midnight by which every mail is to be with its reader (R8)."""

    terms: str
    version: str
    title: Text
    change: Text
    effective_from: str
    changed: str
    """The day of the change, ``YYYY-MM-DD``: days are counted from the one after it."""
    due: datetime
    created_at: datetime
    last_id: Id | None = None
    listed: int = 0
    listed_at: datetime | None = None
    settled_at: datetime | None = None
    """When the last mail was sent; None while one is on its way, or has failed."""
    alarmed_at: datetime | None = None

    class Settings:
        name = "mailings"
        indexes = (
            IndexModel([("terms", ASCENDING), ("version", ASCENDING)], unique=True, name="version"),
            IndexModel([("settled_at", ASCENDING), ("due", ASCENDING)], name="open"),
        )
