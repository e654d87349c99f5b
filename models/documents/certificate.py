"""Client certificates that were presented, and whose they are."""

from datetime import datetime
from typing import Literal

from pymongo import ASCENDING, IndexModel

from models.documents.base import Id, Stored


class Certificate(Stored):
    """A client certificate that was presented; bound to an operator once its registration is approved."""

    fingerprint: str
    serial: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    state: Literal["presented", "bound", "suspended", "revoked"] = "presented"
    operator_id: Id | None = None
    first_seen_at: datetime
    bound_at: datetime | None = None

    class Settings:
        name = "certificates"
        indexes = (
            IndexModel([("fingerprint", ASCENDING)], unique=True, name="fingerprint"),
            IndexModel([("operator_id", ASCENDING)], name="by_operator"),
            IndexModel([("state", ASCENDING), ("_id", ASCENDING)], name="by_state"),
            IndexModel([("serial", ASCENDING), ("_id", ASCENDING)], name="by_serial"),
            IndexModel([("not_after", ASCENDING), ("_id", ASCENDING)], name="by_expiry"),
        )
