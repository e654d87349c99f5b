"""Runs of the retention job: what was found due, who approved, what was done with each thing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne

from models.documents.base import Id, Person, Stored

RunState = Literal["counting", "reported", "approved", "done", "refused"]
Kind = Literal["record", "application", "account", "certificate", "message"]
Action = Literal["anonymise", "erase"]
ItemState = Literal["due", "emptied", "held", "done", "gone"]


class RetentionRun(Stored):
    """One run: a report first, then what a second person approved of it. Kept for ever; one at a time."""

    day: str
    """The day by which things are due (ISO 8601)."""
    state: RunState = "counting"
    live: bool = True
    asked_by: Person
    asked_at: datetime
    reported_at: datetime | None = None
    decided_by: Person | None = None
    decided_at: datetime | None = None
    reason: str = ""
    counts: dict[str, int] = {}
    """How many things are ``due``, ``held``, ``done`` and ``gone``."""
    kept: dict[str, int] = {}
    """How many registrations are past their years and kept all the same, by class."""
    finished_at: datetime | None = None
    lease_until: datetime | None = None
    revision: int = 1

    class Settings:
        name = "retention_runs"
        indexes = (
            IndexModel(
                [("live", ASCENDING)], unique=True, name="one_live", partialFilterExpression={"live": True}
            ),
            IndexModel([("asked_at", DESCENDING), ("_id", DESCENDING)], name="newest"),
        )


class RetentionItem(Stored):
    """One thing a run found due, and what became of it. It names the thing and holds nothing of it."""

    run_id: Id
    kind: Kind
    type: str = ""
    """The record type, of records and applications."""
    thing_id: Id
    label: str
    operator_id: Id | None = None
    retention: str
    """The class of ``site.yaml`` that says how long."""
    action: Action
    ended_at: datetime
    due_on: str
    state: ItemState = "due"
    files: list[Id] = []
    """Of what was emptied: the files still to be removed."""
    done_at: datetime | None = None

    class Settings:
        name = "retention_items"
        indexes = (
            IndexModel([("run_id", ASCENDING), ("thing_id", ASCENDING)], unique=True, name="once_a_run"),
            IndexModel([("run_id", ASCENDING), ("state", ASCENDING), ("_id", ASCENDING)], name="to_do"),
        )


async def list_items(items: Sequence[RetentionItem]) -> None:
    """Write things into the report of their run; those that are in it already stay as they are."""
    writes = [
        UpdateOne(
            {"run_id": item.run_id, "thing_id": item.thing_id},
            {"$setOnInsert": item.model_dump(exclude={"id", "run_id", "thing_id"})},
            upsert=True,
        )
        for item in items
    ]
    await RetentionItem.raw().bulk_write(writes, ordered=False)
