"""Secret addresses from which a calendar program reads the dates of one account."""

from datetime import datetime

from pymongo import ASCENDING, IndexModel

from models.documents.base import Id, Stored


class CalendarFeed(Stored):
    """The address of one account: of its secret part only a keyed hash is kept. A new one takes the place of
    the old, which opens nothing from then on."""

    account_id: Id
    token_hash: str
    created_at: datetime
    used_at: datetime | None = None

    class Settings:
        name = "calendar_feeds"
        indexes = (
            IndexModel([("account_id", ASCENDING)], unique=True, name="one_each"),
            IndexModel([("token_hash", ASCENDING)], unique=True, name="token"),
        )
