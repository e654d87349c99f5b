"""An application: what somebody asks to be registered, changed or deleted, and its way through review."""

from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from models.documents.base import AN_ID, Id, Part, Person, Stored
from models.documents.record import Consent
from models.language import Language, Text
from models.schema.definition import Kind


class Applicant(Part):
    """Who applies: an account of an operator, or somebody without one, known by the address they gave."""

    account_id: Id | None = None
    name: str = ""
    email: str = ""
    delegate: str = ""
    """The organisation of a delegate that applies for the operator (terms of use 2.3); "" for none."""


class AcceptedTerms(Part):
    """Which terms the application was begun under; the full acceptance is a document of its own (R14)."""

    version: str
    at: datetime
    by: str = ""


class Remark(Part):
    """What a reviewer wants corrected, at one field; ``round`` counts the submissions from 1."""

    field: str
    text: str
    reason: str | None = None
    by: Person
    at: datetime
    round: int


class Step(Part):
    """One transition taken."""

    name: str
    origin: str
    to: str
    by: Person
    at: datetime
    note: str = ""
    reason: str | None = None
    """The reason code of the decision."""
    consents: list[Consent] = []
    """The consents it rested on (``all_of``)."""


class Handover(Part):
    """The charge given to a colleague: for the staff alone, so it is no step of the history."""

    to: Person
    origin: Person
    by: Person
    at: datetime
    note: str = ""


class Asked(Part):
    """That staff asked the operator for it, in which round of which request, and by when it is due at
    last."""

    request: Id
    round: str
    by: Person
    at: datetime
    due: datetime | None = None
    extended: datetime | None = None
    """The last day staff gave more time to; None where they never did."""
    title: Text | None = None
    """What it was asked under, where that was made of texts of the configuration; None for a typed title."""


class Batch(Part):
    """The row of an operator's file an application was made of."""

    job: Id
    row: int


class Erasure(Part):
    """What is left of an application whose answers were erased: when that was, a keyed hash of the answers,
    how many uploads and mails they had; ``action`` of the retention job, ``""`` of drafts never submitted."""

    at: datetime
    hash: str
    files: int = 0
    mails: int = 0
    action: str = ""


class Submission(Part):
    """What was submitted in one round, so that the next can be compared with it."""

    round: int
    at: datetime
    data: dict[str, Any]


class Application(Stored):
    """One application. ``answers`` is what was typed; ``data`` is what it came to, once submitted."""

    reference: str
    type: str
    kind: Kind
    schema_version: int
    state: str
    open: bool = True
    record_id: Id | None = None
    base_revision: int | None = None
    step: str = ""
    """The step of the lifecycle of the record ``about`` whose answers these are; "" for an application in the
    usual sense. ``record_id`` stays None: any number of steps may be under way beside one application."""
    about: Id | None = None
    operator_id: Id | None = None
    operator_name: str = ""
    applicant: Applicant = Applicant()
    by_staff: bool = False
    """Whether the applicant is a member of staff: a correction of a record, or a case about the operator."""
    ground: str = ""
    """Why a correction is made, or a case begun."""
    terms: AcceptedTerms | None = None
    language: Language = "ja"
    title: str = ""
    answers: dict[str, Any] = {}
    pages_done: list[str] = []
    data: dict[str, Any] | None = None
    attic: list[dict[str, Any]] = []
    """What had no place in the version the application was upgraded to (as ``Record.attic``)."""
    submissions: list[Submission] = []
    remarks: list[Remark] = []
    history: list[Step] = []
    consents: list[Consent] = []
    """The consents that stand, to steps from the state it is in which several have to consent to."""
    checklist: list[str] = []
    assignee: Person | None = None
    handovers: list[Handover] = []
    signs: list[str] = []
    """Names of the automatic checks that failed when it was last submitted."""
    keys: list[str] = []
    """Keyed hashes of the answers that must be unique, to find another open application with the same."""
    grams: list[str] = []
    """Search entries of the reference, the title and the operator (``models.schema.search``)."""
    due: datetime | None = None
    certificate: str | None = None
    batch: Batch | None = None
    asked: Asked | None = None
    reminded: str = ""
    """The last reminder sent: the length of the history then, and the place among the state's."""
    number: str | None = None
    revision: int = 0
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None = None
    decided_at: datetime | None = None
    erased: Erasure | None = None

    class Settings:
        name = "applications"
        indexes = (
            IndexModel([("reference", ASCENDING)], unique=True, name="reference"),
            IndexModel(
                [("record_id", ASCENDING)],
                unique=True,
                name="one_open_per_record",
                partialFilterExpression={"open": True, "record_id": AN_ID},
            ),
            IndexModel(
                [("about", ASCENDING), ("step", ASCENDING), ("by_staff", ASCENDING)],
                unique=True,
                name="one_open_per_step",
                partialFilterExpression={"open": True, "about": AN_ID},
            ),
            IndexModel(
                [("about", ASCENDING), ("updated_at", DESCENDING)],
                name="by_about",
                partialFilterExpression={"about": AN_ID},
            ),
            IndexModel([("state", ASCENDING), ("submitted_at", ASCENDING), ("_id", ASCENDING)], name="queue"),
            IndexModel([("state", ASCENDING), ("due", ASCENDING), ("_id", ASCENDING)], name="queue_due"),
            IndexModel(
                [("state", ASCENDING), ("reference", ASCENDING), ("_id", ASCENDING)], name="queue_reference"
            ),
            IndexModel(
                [("operator_id", ASCENDING), ("updated_at", DESCENDING), ("_id", DESCENDING)],
                name="by_operator",
            ),
            IndexModel(
                [("operator_id", ASCENDING), ("state", ASCENDING), ("due", ASCENDING), ("_id", ASCENDING)],
                name="by_operator_due",
                partialFilterExpression={"operator_id": AN_ID},
            ),
            IndexModel(
                [("record_id", ASCENDING), ("updated_at", DESCENDING), ("_id", DESCENDING)],
                name="by_record",
                partialFilterExpression={"record_id": AN_ID},
            ),
            IndexModel([("open", ASCENDING), ("due", ASCENDING)], name="overdue"),
            IndexModel(
                [
                    ("submitted_at", ASCENDING),
                    ("open", ASCENDING),
                    ("erased.at", ASCENDING),
                    ("decided_at", ASCENDING),
                ],
                name="to_erase",
            ),
            IndexModel(
                [("decided_at", ASCENDING), ("state", ASCENDING), ("submitted_at", ASCENDING)], name="decided"
            ),
            IndexModel([("remarks.at", ASCENDING)], name="remarked", sparse=True),
            IndexModel(
                [
                    ("assignee.id", ASCENDING),
                    ("state", ASCENDING),
                    ("submitted_at", ASCENDING),
                    ("_id", ASCENDING),
                ],
                name="by_assignee",
            ),
            IndexModel(
                [("assignee.id", ASCENDING), ("state", ASCENDING), ("due", ASCENDING), ("_id", ASCENDING)],
                name="by_assignee_due",
                partialFilterExpression={"assignee.id": AN_ID},
            ),
            IndexModel(
                [("applicant.account_id", ASCENDING), ("updated_at", DESCENDING)],
                name="corrections",
                partialFilterExpression={"by_staff": True},
            ),
            IndexModel(
                [("type", ASCENDING), ("updated_at", DESCENDING)],
                name="by_staff_open",
                partialFilterExpression={"by_staff": True, "open": True},
            ),
            IndexModel(
                [("batch.job", ASCENDING), ("batch.row", ASCENDING)],
                unique=True,
                name="one_per_row",
                partialFilterExpression={"batch.job": AN_ID},
            ),
            IndexModel(
                [("asked.round", ASCENDING), ("operator_id", ASCENDING)],
                unique=True,
                name="one_per_round",
                partialFilterExpression={"asked.request": AN_ID},
            ),
            IndexModel(
                [("asked.request", ASCENDING), ("open", ASCENDING), ("operator_name", ASCENDING)],
                name="by_request",
                partialFilterExpression={"asked.request": AN_ID},
            ),
            IndexModel([("keys", ASCENDING)], name="keys", partialFilterExpression={"open": True}),
            IndexModel([("grams", ASCENDING)], name="search"),
        )

    @property
    def concerned(self) -> Id | None:
        """The record it is about: one it registers, changes or deletes, or one whose step it answers."""
        return self.record_id if self.about is None else self.about

    @property
    def round(self) -> int:
        """How many times it has been submitted."""
        return len(self.submissions)

    @property
    def called(self) -> Text:
        """The title for a reader of either language: what it was asked under by a duty in both, as long as it
        is called so; anything else as it was typed."""
        words = self.asked.title if self.asked is not None else None
        if words is not None and self.title in (words.ja, words.en):
            return words
        return Text(ja=self.title, en=self.title)

    @property
    def typed_in(self) -> Language | None:
        """The language staff typed the title in under which they asked for it; None where nobody knows, or it
        is one of the configuration or of the answers."""
        by_hand = self.asked is not None and self.asked.title is None and self.submitted_at is None
        return self.language if by_hand else None

    def open_remarks(self) -> list[Remark]:
        """The remarks of the round now waiting for correction."""
        return [remark for remark in self.remarks if remark.round == self.round]
