"""The inbox: what one person is told, each thing once, and how far the daily rounds are that look for it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne

from models.documents.base import Id, Stored
from models.documents.event import Subject
from models.documents.store import Session

ItemState = Literal["unread", "read", "done"]


class InboxItem(Stored):
    """One thing told to one account: no sentence but what it is made of, so that it is read in the reader's
    language. ``key`` is the occasion: an account is told of it once. ``cause`` is what has to be settled:
    then every item of that cause is ``done``. A ``task`` is done only so, all others when they are read.
    Titles of applications are not kept here: they are looked up when a page is drawn."""

    account_id: Id
    key: str
    kind: str
    cause: str
    subject: Subject
    task: bool = False
    type: str = ""
    """The record type it is about; "" for none."""
    operator_id: Id | None = None
    values: dict[str, Any] = {}
    due: datetime | None = None
    at: datetime
    state: ItemState = "unread"
    read_at: datetime | None = None
    done_at: datetime | None = None
    ends_at: datetime
    """When it is removed: some time after it was done, and at last where it never was."""

    class Settings:
        name = "inbox"
        indexes = (
            IndexModel([("account_id", ASCENDING), ("key", ASCENDING)], unique=True, name="once"),
            IndexModel(
                [
                    ("account_id", ASCENDING),
                    ("state", ASCENDING),
                    ("at", DESCENDING),
                    ("_id", DESCENDING),
                ],
                name="by_state",
            ),
            IndexModel([("cause", ASCENDING), ("state", ASCENDING)], name="by_cause"),
            IndexModel([("ends_at", ASCENDING)], expireAfterSeconds=0, name="ended"),
        )


async def put_items(
    stored: Mapping[str, Any], key: str, readers: Iterable[Id], session: Session, *, bulk: bool
) -> None:
    """Put one item into the inboxes of `readers`, but for those who have one of this `key`: in one write, or
    one by one where the backend has no `bulk` writes (``memory://``)."""
    change = {"$setOnInsert": dict(stored)}
    wheres = [{"account_id": reader, "key": key} for reader in dict.fromkeys(readers)]
    if bulk and wheres:
        writes = [UpdateOne(where, change, upsert=True) for where in wheres]
        await InboxItem.raw().bulk_write(writes, ordered=False, session=session)
        return
    for where in wheres:
        await InboxItem.raw().update_one(where, change, upsert=True)


async def insert_items(stored: Mapping[str, Any], key: str, readers: Iterable[Id], session: Session) -> None:
    """As ``put_items``, for many readers of whom none can have been told before: in one insertion."""
    rows = [{**stored, "account_id": reader, "key": key} for reader in dict.fromkeys(readers)]
    if rows:
        await InboxItem.raw().insert_many(rows, session=session)


class InboxRound(Stored):
    """A look through everything, once a day (``name:2026-04-01``): those up to ``place`` have been looked
    at, and after ``done_at`` all."""

    id: str = Field(alias="_id")  # type: ignore[assignment]
    place: Id | None = None
    done_at: datetime | None = None
    ends_at: datetime

    class Settings:
        name = "inbox_rounds"
        indexes = (IndexModel([("ends_at", ASCENDING)], expireAfterSeconds=0, name="ended"),)
