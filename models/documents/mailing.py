"""A change of the terms as it is told to everybody: one mailing, and one line of its ledger a recipient."""

from datetime import datetime
from typing import Literal

from pymongo import ASCENDING, DESCENDING, IndexModel

from models.documents.base import Id, Stored
from models.language import Text

LineState = Literal["queued", "sent", "failed", "otherwise"]


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


class MailingLine(Stored):
    """What became of the mail to one person; ``otherwise``: they were told in another way. ``message_key`` is
    the ``dedupe_key`` of the mail."""

    mailing_id: Id
    account_id: Id
    operator_id: Id | None = None
    login: str
    name: str
    to_address: str
    message_key: str
    state: LineState = "queued"
    queued_at: datetime
    sent_at: datetime | None = None
    failed_at: datetime | None = None
    problem: str = ""
    """Why it failed; of one who was told in another way, how."""

    class Settings:
        name = "mailing_lines"
        indexes = (
            IndexModel([("mailing_id", ASCENDING), ("account_id", ASCENDING)], unique=True, name="once_each"),
            IndexModel(
                [("mailing_id", ASCENDING), ("state", ASCENDING), ("_id", ASCENDING)], name="by_state"
            ),
            IndexModel([("account_id", ASCENDING), ("queued_at", DESCENDING)], name="by_account"),
        )
