"""The outbox: one row per mail and recipient, written in the transaction of its cause."""

from datetime import datetime
from typing import Literal

from pydantic import model_validator
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.documents.base import AN_ID, Id, Part, Stored
from models.language import Language

MessageStatus = Literal["queued", "sending", "retrying", "sent", "failed", "bounced", "withheld", "aborted"]


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
    preheader: str = ""
    body: str | None
    """Markdown with its values put in; the parts of the mail are made of it when it is sent."""
    preferences: str = ""
    """The address of the page where its reader chooses whether to get such mails; "" where rules require
    them or nothing can be chosen."""
    links: dict[str, str] = {}
    sensitive: bool = False
    application_id: Id | None = None
    operator_id: Id | None = None
    """The operator it is about, where it is written to the operator's side."""
    account_id: Id | None = None
    stamp: Stamp | None = None
    created_at: datetime
    attempts: int = 0
    """How often it was handed to the mail server."""
    next_at: datetime | None
    """When it is tried next; None once it is sent, given up, withheld or aborted."""
    due_at: datetime | None = None
    """Since when it could have been sent: a server that does not answer leaves it as it is, a wait of the
    message's own moves it. What is older than the site allows raises the alarm."""
    slot_at: datetime | None = None
    """The moment its domain's pace left to it."""
    lease_until: datetime | None = None
    lease_token: str = ""
    """Whose hold it is: a worker that lost it cannot mark over what another one did."""
    deferrals: int = 0
    """How often the server said “later” to this very mail, and since when it does."""
    deferred_since: datetime | None = None
    sent_at: datetime | None = None
    failed_at: datetime | None = None
    """When it was given up; set with ``aborted_at`` too: it will not be sent by itself."""
    last_error: str = ""
    """What went wrong last, short and alike for alike failures: ``550 5.1.1``, ``ConnectionRefused``."""
    last_answer: str = ""
    """The words of the server that go with it, for the staff alone."""
    withheld_at: datetime | None = None
    """When it was decided not to send it, and why (a name, such as ``dead``)."""
    withheld_why: str = ""
    aborted_at: datetime | None = None
    """When somebody of the staff called it off."""
    erased_at: datetime | None = None
    """When its text was erased: ``body`` is None since then."""
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
            IndexModel(
                [("due_at", ASCENDING)], name="waiting", partialFilterExpression={"due_at": {"$type": "date"}}
            ),
            IndexModel(
                [("sent_at", ASCENDING)], name="sent", partialFilterExpression={"sent_at": {"$type": "date"}}
            ),
            IndexModel(
                [("withheld_at", DESCENDING)],
                name="withheld",
                partialFilterExpression={"withheld_at": {"$type": "date"}},
            ),
            IndexModel(
                [("bounced_at", DESCENDING)],
                name="bounced",
                partialFilterExpression={"bounced_at": {"$type": "date"}},
            ),
            IndexModel(
                [("created_at", ASCENDING)],
                name="bodies",
                partialFilterExpression={"body": {"$type": "string"}},
            ),
            IndexModel(
                [("created_at", ASCENDING)],
                name="secret_subjects",
                partialFilterExpression={"sensitive": True, "subject": {"$gt": ""}},
            ),
        )

    @model_validator(mode="after")
    def _waits_from_the_start(self) -> "Message":
        """What is to be sent is due when it is tried first."""
        if self.due_at is None:
            self.due_at = self.next_at
        return self

    def status(self, now: datetime) -> MessageStatus:
        """Computed from the timestamps, never stored."""
        if self.bounced_at:
            return "bounced"
        if self.sent_at:
            return "sent"
        if self.withheld_at:
            return "withheld"
        if self.aborted_at:
            return "aborted"
        if self.failed_at:
            return "failed"
        if self.lease_until and self.lease_until > now:
            return "sending"
        return "retrying" if self.attempts else "queued"
