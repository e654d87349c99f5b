"""Accounts: the natural persons who may act."""

from datetime import datetime
from typing import Literal

from pymongo import ASCENDING, IndexModel

from models.documents.base import AN_ID, Id, Part, Person, Stored
from models.language import Language


class Halt(Part):
    """Why an account was stopped, when and by whom; ``was`` is the state it goes back to."""

    reason: str
    at: datetime
    by: Person
    was: Literal["invited", "active"] = "active"


class Duties(Part):
    """What the administrator confirmed when the delegate was named: that it is bound to the same duties
    (terms of use 2.3.1). The text is kept as it was read."""

    version: str
    text: str
    by: Person
    at: datetime


class Delegation(Part):
    """For whom an account acts that is not of the operator itself (terms of use 2.3): the organisation it
    belongs to, the record types it may see and write (None: all), the first and the last day (ISO 8601, the
    site's time zone), and how it ended."""

    organisation: str
    types: list[str] | None = None
    begins: str
    ends: str
    duties: Duties
    revoked: Halt | None = None


class AskedAddress(Part):
    """An e-mail address that waits until its owner has opened the link sent there."""

    address: str
    at: datetime


class Lock(Part):
    """Why nobody can sign in with an account until it is unlocked, since when and by whom."""

    reason: Literal["password", "code", "confirmation", "attempts"]
    at: datetime
    address: str = ""


class MailChoices(Part):
    """What a person chose to be mailed (``models.services.preferences``): notices, reminders of what is due,
    and the digest of what waits, on every day or on business days."""

    notices: Literal["all", "important", "none"] = "all"
    reminders: Literal["all", "none"] = "all"
    digest: Literal["off", "weekdays", "daily"] = "off"


class Account(Stored):
    """One natural person's account (R55). ``issued_for`` is the operator whose one administrator ID this is:
    unique for ever, never unset, so that a second can never be issued (R53). Who administers an operator now
    is said by the role, which one account of each operator has (R54). None is ever removed: a login that was
    given is never given again."""

    login: str
    kind: Literal["staff", "operator"]
    name: str
    email: str
    roles: list[str] = []
    operator_id: Id | None = None
    issued_for: Id | None = None
    password_hash: str | None = None
    status: Literal["invited", "active", "suspended", "deleted"] = "invited"
    halt: Halt | None = None
    """Why it is stopped or removed; None while it is neither."""
    delegation: Delegation | None = None
    asked_address: AskedAddress | None = None
    unreachable_since: datetime | None = None
    """Since when mails to its address come back and are not sent; None while they arrive."""
    failures: int = 0
    """Wrong passwords in a row when signing in."""
    slips: int = 0
    """Wrong codes and confirmations in a row, by somebody who knew the password or sat at a session."""
    lock: Lock | None = None
    code_set_at: datetime | None = None
    """Since when signing in also takes a one-time code."""
    language: Language = "ja"
    mail_choices: MailChoices = MailChoices()
    created_at: datetime
    password_changed_at: datetime | None = None
    last_login_at: datetime | None = None
    previous_login_at: datetime | None = None
    accepted_terms: str = ""
    """The version of the terms of use it accepted last (R14), "" where it never did."""
    accepted_at: datetime | None = None
    told_terms: str = ""
    """The version of whose change it was told on its pages."""

    class Settings:
        name = "accounts"
        indexes = (
            IndexModel([("login", ASCENDING)], unique=True, name="login"),
            IndexModel(
                [("issued_for", ASCENDING)],
                unique=True,
                name="one_administrator_ever",
                partialFilterExpression={"issued_for": AN_ID},
            ),
            IndexModel(
                [("operator_id", ASCENDING)],
                unique=True,
                name="one_administrator_now",
                partialFilterExpression={"kind": "operator", "roles": "administrator"},
            ),
            IndexModel([("operator_id", ASCENDING), ("login", ASCENDING)], name="by_operator"),
            IndexModel([("kind", ASCENDING), ("login", ASCENDING)], name="by_kind"),
            IndexModel([("email", ASCENDING)], name="by_email"),
        )
