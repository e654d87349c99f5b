"""Counters: reference numbers (gaps allowed), registration numbers (gap-free, drawn in the transaction)."""

from pydantic import Field
from pymongo import ReturnDocument

from models.documents.base import Stored
from models.documents.store import Session


class Counter(Stored):
    """One named sequence; ``hash`` is used by the chain of events, whose head this also is."""

    id: str = Field(alias="_id")  # type: ignore[assignment]
    value: int = 0
    hash: str = ""

    class Settings:
        name = "counters"


async def peek(name: str) -> int:
    """The number `name` would give next; somebody else may be faster."""
    found = await Counter.raw().find_one({"_id": name}, {"value": 1})
    return int(found["value"]) + 1 if found else 1


async def draw(name: str, session: Session = None) -> int:
    """The next number of `name`, from 1. Within `session` it is gap-free: an abort gives it back."""
    return (await draw_range(name, 1, session))[0]


async def draw_range(name: str, count: int, session: Session = None) -> range:
    """The next `count` numbers of `name`; as ``draw``."""
    drawn = await Counter.raw().find_one_and_update(
        {"_id": name},
        {"$inc": {"value": count}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    last = int(drawn["value"])
    return range(last - count + 1, last + 1)
