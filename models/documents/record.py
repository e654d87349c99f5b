"""A registered record, and every version of it that was ever in force."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from models.documents.base import Id, Part, Person, Stored
from models.documents.event import Subject


class Disposal(Part):
    """What is left of data whose time was over: which run of the retention job took it, when and how."""

    at: datetime
    run_id: Id
    action: str


class Consent(Part):
    """That a party to a record consented to a step of its lifecycle which several have to (``all_of``)."""

    step: str
    party: str
    by: Person
    at: datetime
    note: str = ""


class Record(Part):
    """One record of any type, in its type's collection. ``data`` is free-form and pinned to
    ``schema_version``: it is never validated against today's schema when read."""

    id: Id = Field(alias="_id")
    type: str
    number: str
    title: str = ""
    schema_version: int
    operator_id: Id | None = None
    """Whose it is; None for what belongs to the organisation itself (``applications.about``)."""
    lifecycle: str
    data: dict[str, Any] = {}
    attic: list[dict[str, Any]] = []
    """What changes of the schema took away, restorable: ``{path, value, version, label}``."""
    revision: int = 1
    grams: list[str] = []
    stamps: dict[str, datetime] = {}
    origin: Literal["", "staff", "operator"] = ""
    """Which side began it; "" where that makes no difference, or nobody knows any more."""
    consents: list[Consent] = []
    """The consents that stand, to steps from the state it is in."""
    due: datetime | None = None
    """By when it has to leave the state it is in."""
    awaits: Literal["", "operator", "staff", "both"] = ""
    """Which side it waits for."""
    bell_at: datetime | None = None
    """When somebody is reminded of ``due`` next, or told that it has passed."""
    rung_at: datetime | None = None
    """When somebody last was."""
    review_at: datetime | None = None
    """The end of the day by which its state is looked at again (``Transition.review``)."""
    review_told_at: datetime | None = None
    """When it was told that this day has passed."""
    since: datetime | None = None
    """When it came into the state it is in."""
    next_at: datetime | None = None
    """When the clock takes the next step of its lifecycle."""
    clock: str = ""
    """By which rules that was worked out (``models.services.timers``); "" where its type has none."""
    judged_at: datetime | None = None
    """When a hold was put on it or it was about to be emptied, whichever came last."""
    disposed: Disposal | None = None
    """That its retention is over and its answers are gone, or those about persons."""
    created_at: datetime
    updated_at: datetime

    def document(self) -> dict[str, Any]:
        """The record as it is stored."""
        return self.model_dump(by_alias=True)


HELD = ("type", "revision", "schema_version", "lifecycle", "data")
"""What a version holds of the record as it stands."""


class RecordVersion(Stored):
    """A version of a record, with the application that caused it. Append-only."""

    type: str
    record_id: Id
    revision: int
    schema_version: int
    lifecycle: str
    data: dict[str, Any]
    application_id: Id | None = None
    transition: str = ""
    """The step of the lifecycle that made it; "" where an application did."""
    reason: str = ""
    """Its ground: of a step of the lifecycle, or of a correction by staff."""
    evidence: list[dict[str, Any]] = []
    """What was handed in for it: the facts of uploads, as a field of type ``file`` stores them."""
    ground: str = ""
    """The code of the ground a step of the lifecycle rested on."""
    rests_on: Subject | None = None
    """The evidence of that ground: a record, or an answer of this one (kind ``field:…``)."""
    review_at: datetime | None = None
    consent: Literal["", "given", "withdrawn"] = ""
    """That no step was taken, but consent to ``transition`` given or withdrawn, by ``party``."""
    party: str = ""
    by: Person
    at: datetime

    @classmethod
    def of(cls, record: Record, by: Person, at: datetime, **told: Any) -> "RecordVersion":
        """The version that holds `record` as it stands, with what is `told` of it besides or otherwise."""
        held = {name: getattr(record, name) for name in HELD}
        return cls(record_id=record.id, by=by, at=at, **{**held, **told})

    class Settings:
        name = "record_versions"
        indexes = (
            IndexModel([("record_id", ASCENDING), ("revision", ASCENDING)], unique=True, name="version"),
        )


class RecordTypeVersion(Stored):
    """A published definition: immutable, with its options inside. What its applications need besides (the
    workflow, the lifecycle, the mails) travels with it, for processes whose files do not have them yet."""

    type: str
    version: int
    definition: dict[str, Any]
    checksum: str
    published_at: datetime
    published_by: Person
    source: str = ""
    """The YAML it was written in, comments and all; "" where only the definition is known."""
    change: str = ""
    """The reference of the change that was approved, or how it came otherwise."""
    workflow: dict[str, Any] | None = None
    lifecycle: dict[str, Any] | None = None
    mail: list[dict[str, str]] = []

    class Settings:
        name = "record_type_versions"
        indexes = (IndexModel([("type", ASCENDING), ("version", ASCENDING)], unique=True, name="version"),)


def envelope_schema(owners: str | list[str] = "objectId") -> Mapping[str, Any]:
    """The ``$jsonSchema`` of a record collection: the second wall behind the compiled models. `owners` is the
    BSON type of whose they are: an operator's id, or ``null`` for records of the organisation itself."""
    return {
        "bsonType": "object",
        "required": ["type", "number", "schema_version", "operator_id", "lifecycle", "data", "revision"],
        "properties": {
            "type": {"bsonType": "string"},
            "number": {"bsonType": "string", "minLength": 1},
            "schema_version": {"bsonType": "int", "minimum": 1},
            "operator_id": {"bsonType": owners},
            "lifecycle": {"bsonType": "string"},
            "data": {"bsonType": "object"},
            "revision": {"bsonType": "int", "minimum": 1},
        },
    }
