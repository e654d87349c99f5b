"""Browser sessions, kept on the server."""

from datetime import datetime

from pymongo import ASCENDING, IndexModel

from models.documents.base import AN_ID, Id, Stored


class BrowserSession(Stored):
    """One browser, known by a cookie of which only a keyed hash is kept (ASVS 7.2)."""

    token_hash: str
    account_id: Id | None = None
    pending_id: Id | None = None
    """The account whose password was right and whose second step is still to come; it acts for nobody."""
    confirmed_at: datetime | None = None
    applications: list[Id] = []
    certificate: str | None = None
    address: str = ""
    user_agent: str = ""
    created_at: datetime
    seen_at: datetime
    ends_at: datetime

    class Settings:
        name = "sessions"
        indexes = (
            IndexModel([("token_hash", ASCENDING)], unique=True, name="token"),
            IndexModel([("account_id", ASCENDING)], name="by_account"),
            IndexModel(
                [("pending_id", ASCENDING)],
                name="by_pending",
                partialFilterExpression={"pending_id": AN_ID},
            ),
            IndexModel([("ends_at", ASCENDING)], expireAfterSeconds=0, name="ended"),
        )
