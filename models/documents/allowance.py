"""How often something was asked within an hour, counted under a keyed hash of who asked: nothing says who."""

from datetime import datetime

from pydantic import Field
from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from models.documents.base import Stored


class Allowance(Stored):
    """One count; it goes by itself some time after the hour is over."""

    id: str = Field(alias="_id")  # type: ignore[assignment]
    taken: int = 0
    ends_at: datetime

    class Settings:
        name = "allowances"
        indexes = (IndexModel([("ends_at", ASCENDING)], expireAfterSeconds=3_600, name="ended"),)


async def count_once(identifier: str, ends_at: datetime) -> int:
    """Count once more under `identifier`; how often it has been counted with that."""
    try:
        return await _counted(identifier, ends_at)
    except DuplicateKeyError:  # two began to count at the same moment: by now it is there
        return await _counted(identifier, ends_at)


async def _counted(identifier: str, ends_at: datetime) -> int:
    found = await Allowance.raw().find_one_and_update(
        {"_id": identifier},
        {"$inc": {"taken": 1}, "$setOnInsert": {"ends_at": ends_at}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
    )
    return int(found["taken"])
