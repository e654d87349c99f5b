"""Saved views: the state of a list somebody keeps under a name, perhaps for everybody."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from models.documents.base import Id, Stored
from models.documents.store import Session
from models.errors import TorokuError


class SavedView(Stored):
    """The `query` of the list at `place` (a record type's name, or ``queue``), kept by one person; `shared`
    with all staff who may see the place. Names are unique among a person's views of one place."""

    place: str
    name: str
    query: str
    owner: Id
    owner_name: str = ""
    shared: bool = False
    created_at: datetime
    updated_at: datetime

    class Settings:
        name = "saved_views"
        indexes = (
            IndexModel(
                [("owner", ASCENDING), ("place", ASCENDING), ("name", ASCENDING)], unique=True, name="own"
            ),
            IndexModel([("shared", ASCENDING), ("place", ASCENDING)], name="shared"),
        )


async def rewrite_view(
    where: Mapping[str, Any], values: Mapping[str, Any], session: Session, taken: TorokuError
) -> bool:
    """Set `values` of the view that matches; whether there is one. Raises `taken` when its owner has another
    view of that name there."""
    try:
        done = await SavedView.raw().update_one(dict(where), {"$set": dict(values)}, session=session)
    except DuplicateKeyError as error:
        raise taken from error
    return bool(done.matched_count)
