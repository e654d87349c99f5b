"""The ledger of what was announced: one line for each recipient and channel."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pymongo import DESCENDING, IndexModel, UpdateOne

from models.documents.base import AN_ID, Id, Stored

SourceKind = Literal["publication", "terms"]
Channel = Literal["mail", "portal"]
LineState = Literal[
    "queued",
    "sending",
    "sent",
    "retrying",
    "bounced",
    "failed",
    "withheld",
    "otherwise",
    "read",
    "acknowledged",
]
"""``withheld``: not sent, and ``problem`` says why (their choice, a dead address); ``otherwise``: told in
another way. ``read`` and ``acknowledged`` are of the portal's channel, which begins as ``sent``."""


class LedgerLine(Stored):
    """What became of one announcement to one account by one channel. ``message_key`` is the ``dedupe_key`` of
    the mail; names and address are as they were when it was listed."""

    source_kind: SourceKind
    source_id: Id
    channel: Channel
    account_id: Id
    operator_id: Id | None = None
    login: str
    name: str
    operator_name: str = ""
    to_address: str = ""
    message_key: str = ""
    state: LineState = "queued"
    problem: str = ""
    queued_at: datetime
    sent_at: datetime | None = None
    failed_at: datetime | None = None
    read_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_as: str = ""
    """Who acknowledged, as it is shown: a delegate with the organisation it belongs to."""
    bounced_at: datetime | None = None
    late: bool = False
    """Whether the account came into the audience only after the notice was published."""
    reminded_at: datetime | None = None
    reminders: int = 0

    class Settings:
        name = "ledger_lines"
        indexes = (
            IndexModel(
                [("source_id", DESCENDING), ("channel", DESCENDING), ("account_id", DESCENDING)],
                unique=True,
                name="once_each",
            ),
            IndexModel(
                [
                    ("source_id", DESCENDING),
                    ("channel", DESCENDING),
                    ("state", DESCENDING),
                    ("_id", DESCENDING),
                ],
                name="by_state",
            ),
            IndexModel(
                [("account_id", DESCENDING), ("channel", DESCENDING), ("queued_at", DESCENDING)],
                name="by_account",
                partialFilterExpression={"account_id": AN_ID},
            ),
            IndexModel([("message_key", DESCENDING)], name="by_mail"),
        )


class Move(NamedTuple):
    """A line that goes from the state it was seen in to another, with the values that go with it."""

    line: Id
    seen: LineState
    values: Mapping[str, Any]


async def move_lines(moves: Sequence[Move]) -> int:
    """Change lines in one write, each only while it is as it was seen; how many were."""
    writes = [UpdateOne({"_id": m.line, "state": m.seen}, {"$set": dict(m.values)}) for m in moves]
    return (await LedgerLine.raw().bulk_write(writes, ordered=False)).modified_count if writes else 0
