"""Alarms of the outbox: one row for each that rings, gone when it is over."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from models.documents.base import Stored

AlarmKind = Literal["oldest", "refused"]
"""``oldest``: a mail has waited too long. ``refused``: the server does not take mails from us."""


class MailAlarm(Stored):
    """One alarm that rings, once for all workers."""

    id: str = Field(alias="_id")  # type: ignore[assignment]
    """An ``AlarmKind``."""
    since: datetime
    error: str = ""

    class Settings:
        name = "mail_alarms"
