"""Terms of use: their versions, and who accepted them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ValidationError
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.configuration.terms import TermsText
from models.documents.base import Id, Person, Stored
from models.language import Text

TermsState = Literal["draft", "proposed", "published"]

WRITTEN: tuple[TermsState, ...] = ("draft", "proposed")
"""The states of a version that is not in the hands of its readers yet."""


class TermsVersion(Stored):
    """One version of one set of terms. Once published it is kept for ever as it is, with the checksum of its
    text; those of the configuration's files are published from the start. Dates are ``YYYY-MM-DD``."""

    terms: str
    version: str
    title: Text
    body: str
    checksum: str
    revised: str
    effective_from: str
    change: Text
    state: TermsState = "published"
    written_by: list[Person] = []
    """Everybody whose words are in it: none of them publishes it."""
    proposed_by: Person | None = None
    published_by: Person | None = None
    published_at: datetime | None = None
    note: str = ""
    """Why it was handed back to be changed."""
    revision: int = 0
    updated_at: datetime | None = None

    class Settings:
        name = "terms_versions"
        indexes = (IndexModel([("terms", ASCENDING), ("version", ASCENDING)], unique=True, name="version"),)

    @property
    def is_published(self) -> bool:
        """Whether it stands for ever."""
        return self.state == "published"


class Acceptance(Stored):
    """Who accepted which terms, when, from where (R14). Append-only."""

    terms: str
    version: str
    checksum: str
    application_id: Id | None = None
    account_id: Id | None = None
    operator_id: Id | None = None
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


class TermsBoard:
    """The published versions as one process knows them; ``models.services.following`` keeps them current."""

    def __init__(self) -> None:
        self.texts: tuple[TermsText, ...] = ()
        self.ordered: tuple[object, list[TermsText]] | None = None
        """Every version in its order, beside what the configuration's were then."""

    async def refresh(self) -> None:
        """Read them all; what is damaged is left out."""
        rows = await TermsVersion.raw().find({"state": {"$nin": list(WRITTEN)}}).to_list(None)
        self.texts = tuple(text for text in map(_read, rows) if text is not None)
        self.ordered = None


def _read(row: dict[str, Any]) -> TermsText | None:
    try:
        return TermsText.model_validate({name: row.get(name) for name in TermsText.model_fields})
    except ValidationError:
        return None
