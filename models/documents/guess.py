"""How often signing in failed within an hour, and with how many IDs; under keyed hashes, telling nobody."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field
from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from models.documents.base import Stored


class Guess(Stored):
    """Failures of one source; it goes by itself some time after the hour is over."""

    id: str = Field(alias="_id")  # type: ignore[assignment]
    failures: int = 0
    logins: list[str] = []
    ends_at: datetime

    class Settings:
        name = "guesses"
        indexes = (IndexModel([("ends_at", ASCENDING)], expireAfterSeconds=3_600, name="ended"),)


async def guesses_of(names: Sequence[str]) -> list[Guess]:
    """What is known of these sources."""
    return [Guess.model_validate(row) for row in await Guess.raw().find({"_id": {"$in": [*names]}}).to_list()]


async def note_guess(name: str, login: str, ends_at: datetime) -> tuple[Guess, bool]:
    """Count one more failure of a source; what is known of it now, and whether the ID is new for it."""
    try:
        return await _noted(name, login, ends_at)
    except DuplicateKeyError:  # two began to count at the same moment: by now it is there
        return await _noted(name, login, ends_at)


async def _noted(name: str, login: str, ends_at: datetime) -> tuple[Guess, bool]:
    found = await Guess.raw().find_one_and_update(
        {"_id": name},
        {"$inc": {"failures": 1}, "$addToSet": {"logins": login}, "$setOnInsert": {"ends_at": ends_at}},
        upsert=True,
        return_document=ReturnDocument.BEFORE,
    )
    before = Guess.model_validate(found or {"_id": name, "ends_at": ends_at})
    logins = [*before.logins] if login in before.logins else [*before.logins, login]
    after = before.model_copy(update={"failures": before.failures + 1, "logins": logins})
    return after, login not in before.logins
