"""Notices (お知らせ), terms of use and who accepted them."""

from datetime import datetime
from typing import Literal

from pymongo import ASCENDING, DESCENDING, IndexModel

from models.documents.base import Id, Stored
from models.language import Text


class Notice(Stored):
    """What the organisation tells its users. Bodies are Markdown."""

    title: Text
    body: Text
    category: str = "general"
    importance: Literal["normal", "high"] = "normal"
    audience: Literal["all", "operators"] = "all"
    published_at: datetime
    withdrawn_at: datetime | None = None

    class Settings:
        name = "notices"
        indexes = (IndexModel([("published_at", DESCENDING), ("_id", DESCENDING)], name="newest"),)


class TermsVersion(Stored):
    """One version of one set of terms, kept for ever with the checksum of its text."""

    terms: str
    version: str
    title: Text
    body: str
    checksum: str
    revised: str
    effective_from: str
    change: Text

    class Settings:
        name = "terms_versions"
        indexes = (IndexModel([("terms", ASCENDING), ("version", ASCENDING)], unique=True, name="version"),)


class Acceptance(Stored):
    """Who accepted which terms, when, from where (R14). Append-only."""

    terms: str
    version: str
    checksum: str
    application_id: Id | None = None
    account_id: Id | None = None
    name: str = ""
    address: str = ""
    certificate: str | None = None
    at: datetime

    class Settings:
        name = "acceptances"
        indexes = (
            IndexModel([("application_id", ASCENDING)], name="by_application"),
            IndexModel([("account_id", ASCENDING)], name="by_account"),
            IndexModel([("terms", ASCENDING), ("version", ASCENDING), ("at", DESCENDING)], name="by_version"),
        )
