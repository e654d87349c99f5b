"""E-mail addresses from which mails came back: counted while it may pass, dead once it does not."""

from contextlib import suppress
from datetime import datetime

from pymongo import ASCENDING, DESCENDING, IndexModel

from models.documents.base import Id, Part, Person, Stored

KEPT = 20
"""Passing failures of one address that are kept, the last ones."""


class Failure(Part):
    """One mail that came back: when, the status code of RFC 3463, what the mail server said, which mail."""

    at: datetime
    status: str
    text: str = ""
    message_id: Id | None = None


class Revival(Part):
    """Who put an address right, when, and why: by the staff's word, or because its owner opened a link."""

    by: Person
    at: datetime
    reason: str


class DeadAddress(Stored):
    """What came back from one address. ``address`` is the key mails are compared by (``address_key``),
    ``written`` how it was written. While ``dead_at`` is set only what its owner asks for goes there."""

    address: str
    written: str
    dead_at: datetime | None = None
    gone: bool = False
    """Whether it died because a mail server said that it is no address, not of mails that came back again and
    again."""
    status: str = ""
    """The status code it died of, and what was said then."""
    text: str = ""
    message_id: Id | None = None
    failures: list[Failure] = []
    """Passing ones since it was last put right, the oldest first."""
    bounces: int = 0
    """Mails that came back from it in all."""
    last_at: datetime
    revived: Revival | None = None
    revision: int = 1

    class Settings:
        name = "dead_addresses"
        indexes = (
            IndexModel([("address", ASCENDING)], unique=True, name="address"),
            IndexModel(
                [("dead_at", DESCENDING), ("_id", DESCENDING)],
                name="dead",
                partialFilterExpression={"dead_at": {"$type": "date"}},
            ),
            IndexModel([("last_at", DESCENDING), ("_id", DESCENDING)], name="latest"),
        )


def address_key(address: str) -> str:
    """What an address is compared by: mail servers treat letters of both cases alike, and a domain has one
    spelling (RFC 5891)."""
    local, _, domain = address.strip().rpartition("@")
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return f"{local}@{domain}".casefold()
