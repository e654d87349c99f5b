"""What the mailbox for bounces brought: one row for each mail, whether or not something was made of it."""

from datetime import datetime
from typing import Literal

from pymongo import ASCENDING, DESCENDING, IndexModel

from models.documents.base import Id, Part, Stored

BounceKind = Literal["failed", "delayed", "delivered", "answer", "unknown", "foreign", "unread"]
"""What a mail was: a failure for good, one that may pass, word of a delivery, an automatic answer of a
person, a bounce of no mail of ours (``unknown``) or of one that never went there (``foreign``), or nothing
that could be read."""


class Reported(Part):
    """What one mail says of one recipient, and what was made of it."""

    kind: BounceKind
    address: str = ""
    status: str = ""
    text: str = ""
    message_id: Id | None = None


class Bounce(Stored):
    """One mail that was taken in. ``digest`` is the SHA-256 of its bytes: none is taken in twice."""

    digest: str
    at: datetime
    source: str
    """Where it came from: ``lmtp``, or the name of a file."""
    kind: BounceKind
    reported: list[Reported] = []
    reason: str = ""
    """Why nothing could be made of it; "" where something was."""
    kept: bytes = b""
    """The beginning of the mail, where it could not be read."""
    ends_at: datetime
    """When the row is forgotten."""

    class Settings:
        name = "bounces"
        indexes = (
            IndexModel([("digest", ASCENDING)], unique=True, name="once"),
            IndexModel([("kind", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)], name="by_kind"),
            IndexModel([("at", DESCENDING), ("_id", DESCENDING)], name="newest"),
            IndexModel([("ends_at", ASCENDING)], expireAfterSeconds=0, name="ended"),
        )
