"""What one-time codes are computed from, apart from the accounts: no list and no page ever reads it."""

from datetime import datetime
from typing import Any

from pydantic import Field

from models.documents.base import Id, Stored


class Authenticator(Stored):
    """The secret an account shares with an authenticator app (RFC 6238), sealed; ``last_step`` is the time
    step of the last code used. ``proposed`` is one that was shown and not confirmed yet. Of recovery codes
    only keyed hashes are kept."""

    id: Id = Field(alias="_id")  # type: ignore[assignment]
    secret: dict[str, Any] | None = None
    proposed: dict[str, Any] | None = None
    last_step: int = 0
    recovery: list[str] = []
    set_at: datetime | None = None

    class Settings:
        name = "authenticators"
