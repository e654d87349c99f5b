"""Accounts: the natural persons who may act."""

from datetime import datetime
from typing import Literal

from pymongo import ASCENDING, IndexModel

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
