"""Requests to operators: what staff, or a duty of a record type, ask several of them to fill in."""

from datetime import date, datetime
from typing import Any

from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.documents.base import Id, Person, Stored
from models.language import Language, Text


class Request(Stored):
    """One round of asking. ``round`` is unique: a request is made once however often its form is sent, and a
    duty has one for every period. While it is ``open`` the worker asks those it is for and were not asked."""

    round: str
    type: str
    title: str
    words: Text | None = None
    """The title in both languages where it is made of texts of the configuration; None for what staff typed,
    which is in their ``language``."""
    duty: str = ""
    period: str = ""
    """The first day of a duty's period (``2026-04-01``), "" for what staff ask by hand."""
    answers: dict[str, Any] = {}
    """What the staff filled in, as typed."""
    whom: list[str] | None = None
    """The numbers of the operators asked; None for all that fulfil ``where``."""
    where: dict[str, Any] = Field(default_factory=dict)
    due: datetime | None = None
    """By when it is due at last; None where the workflow's own term counts."""
    language: Language = "ja"
    by: Person
    at: datetime
    open: bool = True
    place: Id | None = None
    """The last operator looked at in the round under way."""
    rests_until: datetime | None = None
    asked: int = 0
    told_overdue_at: datetime | None = None

    class Settings:
        name = "requests"
        indexes = (
            IndexModel([("round", ASCENDING)], unique=True, name="round"),
            IndexModel([("open", ASCENDING), ("rests_until", ASCENDING)], name="waiting"),
            IndexModel([("at", DESCENDING), ("_id", DESCENDING)], name="newest"),
            IndexModel([("told_overdue_at", ASCENDING), ("due", ASCENDING)], name="overdue"),
        )

    @property
    def called(self) -> Text:
        """The title for a reader of either language."""
        return self.words or Text(ja=self.title, en=self.title)

    @property
    def typed_in(self) -> Language | None:
        """The language somebody typed the title in; None where it is made of texts of the configuration."""
        return None if self.words else self.language

    @property
    def begins(self) -> date | None:
        """The first day of a duty's period."""
        return date.fromisoformat(self.period) if self.period else None
