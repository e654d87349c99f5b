"""Saved views: the state of a list somebody keeps under a name, perhaps for everybody."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

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


class ShownView(NamedTuple):
    """A view as lists show it, read without the checks of a document: a list has little time."""

    id: Id
    place: str
    name: str
    query: str
    owner: Id
    owner_name: str
    shared: bool


async def shown_views(where: Mapping[str, Any], limit: int) -> list[ShownView]:
    """At most `limit` of the views that match; damaged ones are passed over, so that they take no list
    down."""
    rows = await SavedView.raw().find(dict(where), _SHOWN).limit(limit).to_list(None)
    return [
        ShownView(
            row["_id"],
            row["place"],
            row["name"],
            row["query"],
            row["owner"],
            str(row.get("owner_name") or ""),
            row.get("shared") is True,
        )
        for row in rows
        if "owner" in row and all(isinstance(row.get(name), str) for name in ("place", "name", "query"))
    ]


_SHOWN = dict.fromkeys(("place", "name", "query", "owner", "owner_name", "shared"), 1)


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
