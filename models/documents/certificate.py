"""Client certificates: which there are, whose they are, who used them last."""

from datetime import datetime
from typing import Literal

from pymongo import ASCENDING, IndexModel

from models.documents.base import AN_ID, Id, Part, Person, Stored

CertificateState = Literal["presented", "registered", "bound", "suspended", "revoked", "retired"]

OPENS: frozenset[str] = frozenset({"registered", "bound"})
"""The states in which a certificate lets its operator's people in, between its two ends."""

STOPPED: frozenset[str] = frozenset({"suspended", "revoked", "retired"})
"""The states in which it opens nothing, whoever holds its key."""


class Use(Part):
    """One account's use of a certificate."""

    account_id: Id
    first_at: datetime
    last_at: datetime


class Stopping(Part):
    """Why a certificate was stopped, by whom, when; ``was`` is its state before, to which it may return."""

    at: datetime
    by: Person
    reason: str
    was: CertificateState


class Certificate(Stored):
    """A client certificate: ``presented`` by somebody, ``registered`` for an operator beforehand (its public
    part was handed in), ``bound`` to an operator once it was used or the registration it came with approved;
    ``suspended`` for a time, ``revoked`` or ``retired`` (replaced) for good. Whether it has expired the clock
    says. ``label`` names the client it is on, ``holder_id`` the account of the person who looks after it;
    ``revision`` counts what was done with it."""

    fingerprint: str
    serial: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    state: CertificateState = "presented"
    operator_id: Id | None = None
    first_seen_at: datetime
    bound_at: datetime | None = None
    label: str = ""
    holder_id: Id | None = None
    used_at: datetime | None = None
    used_by: Id | None = None
    uses: list[Use] = []
    warned: list[str] = []
    """What of its use has been written into the log once already."""
    stopped: Stopping | None = None
    replaced_by: Id | None = None
    replaced_at: datetime | None = None
    """When the certificate that is to take its place was first used."""
    reminded: int | None = None
    """Of the days before its end on which its operator is reminded, the last that was."""
    revision: int = 0

    class Settings:
        name = "certificates"
        indexes = (
            IndexModel([("fingerprint", ASCENDING)], unique=True, name="fingerprint"),
            IndexModel([("operator_id", ASCENDING)], name="by_operator"),
            IndexModel([("state", ASCENDING), ("_id", ASCENDING)], name="by_state"),
            IndexModel([("serial", ASCENDING), ("_id", ASCENDING)], name="by_serial"),
            IndexModel([("not_after", ASCENDING), ("_id", ASCENDING)], name="by_expiry"),
            IndexModel(
                [("uses.account_id", ASCENDING)],
                name="by_user",
                partialFilterExpression={"operator_id": AN_ID},
            ),
        )
