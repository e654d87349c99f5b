"""The keys secret answers were ever sealed with, by name: which may go, and which is missing."""

from datetime import datetime

from pydantic import Field

from models.documents.base import Person, Stored


class SealingKey(Stored):
    """A key as the program knew it, and never the key itself. ``used_at``: when a process last said that it
    seals with it. ``emptied_at``: when nothing was found any more that it sealed. ``lost_at``: when somebody
    said that it is gone, with what it sealed."""

    id: str = Field(alias="_id")  # type: ignore[assignment]
    first_at: datetime
    used_at: datetime | None = None
    emptied_at: datetime | None = None
    lost_at: datetime | None = None
    lost_by: Person | None = None

    class Settings:
        name = "sealing_keys"
