"""A notice as it was published: one frozen edition of a registered record, and whom it is for."""

from datetime import datetime
from typing import Any, Literal

from pymongo import DESCENDING, IndexModel

from models.documents.base import Id, Part, Stored
from models.language import Language, Text

Importance = Literal["normal", "high", "urgent"]

OpenTo = Literal["everyone", "operators", "staff", "listed"]
"""Who reads it besides those in its ledger: visitors too, every operator's people and the staff, the staff
alone, or nobody else."""


class Rendered(Part):
    """The notice in one language, as its readers see it: ``html`` is the whole article (title, facts, text,
    attachments) and what its fingerprint is taken of."""

    title: str
    html: str
    text: str
    """The body as it was written (Markdown)."""


class Audience(Part):
    """Whom an edition is for, frozen: the audience of the configuration by name, what it was called, and the
    values of the notice its conditions asked for."""

    name: str
    label: Text
    values: dict[str, Any] = {}


class Progress(Part):
    """How far the work on an edition's ledger has come besides the first listing."""

    look_at: datetime | None = None
    """When it is looked through for newcomers to its audience again; and the account reached so far."""
    place: Id | None = None
    rounds: list[str] = []
    """The rounds of mails to those listed that were begun: reminders, word of its withdrawal."""
    round: str = ""
    """The round that is worked off, "" for none; and the line reached so far."""
    round_place: Id | None = None


class Publication(Stored):
    """One edition of a notice. Never changed after it was published but for where it stands: what readers
    saw stays as it was, with its fingerprint."""

    type: str
    record_id: Id
    number: str
    edition: int
    revision: int
    """The version of the record it was made of."""
    schema_version: int
    title: Text
    pages: dict[Language, Rendered]
    fingerprint: str
    """SHA-256 (hex) of everything frozen, in canonical form."""
    category: str = ""
    category_label: Text = Text(ja="", en="")
    importance: Importance = "normal"
    pinned: bool = False
    attachments: list[dict[str, Any]] = []
    """The facts of uploads, as a field of type ``files`` stores them."""
    acknowledge: bool = False
    acknowledge_by: datetime | None = None
    audience: Audience
    open_to: OpenTo
    mail: str = ""
    """The template its readers are mailed with; "" for none."""
    required: bool = False
    """Whether everybody is mailed, whatever they chose."""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    """The period it speaks of or is shown in; None for an open end."""
    published_at: datetime
    shown: bool = True
    """Whether this is the edition that stands: neither withdrawn, archived nor replaced by a later one."""
    withdrawn_at: datetime | None = None
    withdrawn_because: str = ""
    archived_at: datetime | None = None
    replaced_at: datetime | None = None
    last_id: Id | None = None
    """The place its ledger has reached: accounts are listed by their ids."""
    listed: int = 0
    listed_at: datetime | None = None
    settled_at: datetime | None = None
    progress: Progress = Progress()

    class Settings:
        name = "publications"
        indexes = (
            IndexModel([("record_id", DESCENDING), ("edition", DESCENDING)], unique=True, name="edition"),
            IndexModel(
                [("shown", DESCENDING), ("published_at", DESCENDING), ("_id", DESCENDING)], name="newest"
            ),
            IndexModel(
                [("pinned", DESCENDING), ("published_at", DESCENDING), ("_id", DESCENDING)],
                name="pinned",
                partialFilterExpression={"pinned": True, "shown": True},
            ),
            IndexModel(
                [("acknowledge", DESCENDING), ("acknowledge_by", DESCENDING)],
                name="to_acknowledge",
                partialFilterExpression={"acknowledge": True, "shown": True},
            ),
            IndexModel([("number", DESCENDING)], name="by_number"),
            IndexModel([("listed_at", DESCENDING), ("_id", DESCENDING)], name="to_list"),
            IndexModel([("settled_at", DESCENDING), ("_id", DESCENDING)], name="to_settle"),
            IndexModel([("shown", DESCENDING), ("progress.look_at", DESCENDING)], name="to_look_through"),
            IndexModel(
                [("withdrawn_at", DESCENDING)],
                name="withdrawn",
                partialFilterExpression={"withdrawn_at": {"$type": "date"}},
            ),
            IndexModel(
                [("progress.round", DESCENDING)],
                name="rounds",
                partialFilterExpression={"progress.round": {"$gt": ""}},
            ),
        )

    def page(self, language: Language) -> Rendered:
        """The notice in `language`, else in the first it was written in."""
        return self.pages.get(language) or next(iter(self.pages.values()))
