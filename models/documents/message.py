"""The outbox: one row per mail and recipient, written in the transaction of its cause."""

from datetime import datetime
from typing import Literal

from pymongo import ASCENDING, DESCENDING, IndexModel

from models.documents.base import AN_ID, Id, Part, Stored
from models.language import Language

MessageStatus = Literal["queued", "sending", "retrying", "sent", "failed", "bounced"]


class Stamp(Part):
    """What the mail server's acceptance marks: a time on a record, set once (R13)."""

    collection: str
    record_id: Id
    name: str


class Message(Stored):
    """One mail. Links are put into ``body`` only when it is sent: at rest it holds no secret."""

    dedupe_key: str
    message_id: str
    template: str
    language: Language
    to: str = ""
    """Whom it is to, as the workflow names them: ``applicant``, ``operator``, a role, the field of an
    address; "" for a mail of the program itself."""
    to_name: str = ""
    to_address: str
    subject: str
    body: str | None
    links: dict[str, str] = {}
    sensitive: bool = False
    application_id: Id | None = None
    operator_id: Id | None = None
    """The operator it is about, where it is written to the operator's side."""
    account_id: Id | None = None
    stamp: Stamp | None = None
    created_at: datetime
    attempts: int = 0
    next_at: datetime | None
    lease_until: datetime | None = None
    sent_at: datetime | None = None
    failed_at: datetime | None = None
    last_error: str = ""
    bounced_at: datetime | None = None
    bounce_status: str = ""
    """The status code (RFC 3463) with which it came back after it was sent, and what was said then."""
    bounce_text: str = ""

    class Settings:
        name = "messages"
        indexes = (
            IndexModel([("dedupe_key", ASCENDING)], unique=True, name="dedupe"),
            IndexModel(
                [("next_at", ASCENDING)],
                name="due",
                partialFilterExpression={"next_at": {"$type": "date"}},
            ),
            IndexModel([("application_id", ASCENDING), ("created_at", DESCENDING)], name="by_application"),
            IndexModel(
                [("operator_id", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)],
                name="by_operator",
                partialFilterExpression={"operator_id": AN_ID},
            ),
            IndexModel(
                [("to_address", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)],
                name="by_address",
            ),
            IndexModel(
                [("template", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)], name="by_template"
            ),
            IndexModel(
                [("failed_at", DESCENDING), ("_id", DESCENDING)],
                name="failed",
                partialFilterExpression={"failed_at": {"$type": "date"}},
            ),
            IndexModel([("created_at", DESCENDING), ("_id", DESCENDING)], name="newest"),
        )

    def status(self, now: datetime) -> MessageStatus:
        """Computed from the timestamps, never stored."""
        if self.bounced_at:
            return "bounced"
        if self.sent_at:
            return "sent"
        if self.failed_at:
            return "failed"
        if self.lease_until and self.lease_until > now:
            return "sending"
        return "retrying" if self.attempts else "queued"
