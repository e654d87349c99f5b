"""Who may act: accounts, client certificates, sessions, one-time links."""

from datetime import datetime
from typing import Literal

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from models.configuration.mail import LinkPurpose
from models.documents.base import AN_ID, Id, Stored
from models.language import Language


class Account(Stored):
    """One natural person's account (R55). ``issued_for`` is the operator whose one administrator ID this is:
    unique for ever, never unset, so that a second can never be issued (R53)."""

    login: str
    kind: Literal["staff", "operator"]
    name: str
    email: str
    roles: list[str] = []
    operator_id: Id | None = None
    issued_for: Id | None = None
    password_hash: str | None = None
    status: Literal["invited", "active", "suspended"] = "invited"
    failures: int = 0
    locked_until: datetime | None = None
    language: Language = "ja"
    created_at: datetime
    password_changed_at: datetime | None = None
    last_login_at: datetime | None = None

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
            IndexModel([("operator_id", ASCENDING), ("login", ASCENDING)], name="by_operator"),
            IndexModel([("kind", ASCENDING), ("login", ASCENDING)], name="by_kind"),
        )


class Certificate(Stored):
    """A client certificate that was presented; bound to an operator once its registration is approved."""

    fingerprint: str
    serial: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    state: Literal["presented", "bound", "suspended", "revoked"] = "presented"
    operator_id: Id | None = None
    first_seen_at: datetime
    bound_at: datetime | None = None

    class Settings:
        name = "certificates"
        indexes = (
            IndexModel([("fingerprint", ASCENDING)], unique=True, name="fingerprint"),
            IndexModel([("operator_id", ASCENDING)], name="by_operator"),
            IndexModel([("state", ASCENDING), ("_id", ASCENDING)], name="by_state"),
            IndexModel([("serial", ASCENDING), ("_id", ASCENDING)], name="by_serial"),
            IndexModel([("not_after", ASCENDING), ("_id", ASCENDING)], name="by_expiry"),
        )


class BrowserSession(Stored):
    """One browser, known by a cookie of which only a keyed hash is kept (ASVS 7.2)."""

    token_hash: str
    account_id: Id | None = None
    applications: list[Id] = []
    certificate: str | None = None
    address: str = ""
    user_agent: str = ""
    created_at: datetime
    seen_at: datetime
    ends_at: datetime

    class Settings:
        name = "sessions"
        indexes = (
            IndexModel([("token_hash", ASCENDING)], unique=True, name="token"),
            IndexModel([("account_id", ASCENDING)], name="by_account"),
            IndexModel([("ends_at", ASCENDING)], expireAfterSeconds=0, name="ended"),
        )


Purpose = LinkPurpose


class Link(Stored):
    """A one-time link. Its secret part is derived from its id with the site's key: it is stored nowhere."""

    id: str = Field(alias="_id")  # type: ignore[assignment]
    purpose: Purpose
    application_id: Id | None = None
    account_id: Id | None = None
    created_at: datetime
    ends_at: datetime
    used_at: datetime | None = None

    class Settings:
        name = "links"
        indexes = (
            IndexModel([("ends_at", ASCENDING)], expireAfterSeconds=86_400, name="ended"),
            IndexModel(
                [("account_id", ASCENDING), ("ends_at", ASCENDING)],
                name="by_account",
                partialFilterExpression={"account_id": AN_ID},
            ),
        )
