"""A single day the staff opened or closed, against what the configuration says of it."""

from datetime import datetime
from typing import Any

from pydantic import Field

from models.documents.base import Person, Stored

FARTHEST = 2000
"""Most single days kept: more than five years of nothing but exceptions."""


class CalendarDay(Stored):
    """One day, named as ISO writes it. ``begin`` and ``end`` (``HH:MM``) are hours of its own."""

    id: str = Field(alias="_id")  # type: ignore[assignment]
    business: bool
    begin: str = ""
    end: str = ""
    reason: str = ""
    by: Person
    at: datetime
    revision: int = 1

    class Settings:
        name = "calendar_days"


async def stored_days() -> list[dict[str, Any]]:
    """Every single day as it is stored, in order."""
    found: list[dict[str, Any]] = await CalendarDay.raw().find().sort("_id", 1).limit(FARTHEST).to_list(None)
    return found


async def remove_day(day: str, revision: int, session: Any) -> bool:
    """Take a single day away as it was seen; False when it is gone or was changed."""
    removed = await CalendarDay.raw().delete_one({"_id": day, "revision": revision}, session=session)
    return bool(removed.deleted_count)
