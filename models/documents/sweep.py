"""How far something that is looked through again and again has come."""

from datetime import datetime

from pydantic import Field

from models.documents.base import Id, Stored


class Sweep(Stored):
    """One round: the last thing looked at, and when the next round begins once this one is over."""

    id: str = Field(alias="_id")  # type: ignore[assignment]
    place: Id | None = None
    rests_until: datetime | None = None

    class Settings:
        name = "sweeps"


async def keep_place(name: str, place: Id | None, rests_until: datetime | None = None) -> None:
    """Write down how far the round `name` has come."""
    values = {"place": place, "rests_until": rests_until}
    await Sweep.raw().update_one({"_id": name}, {"$set": values}, upsert=True)
