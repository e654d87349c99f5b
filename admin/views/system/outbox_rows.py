"""Mails as rows, each with the state its times amount to."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from models.documents.message import Message
from models.documents.rows import Rows, Where

TIMES = (
    "bounced_at",
    "sent_at",
    "withheld_at",
    "aborted_at",
    "failed_at",
    "lease_until",
    "attempts",
)
"""What the state of a mail is told from."""

EVER = datetime.min.replace(tzinfo=UTC)
"""A hold is shown as long as it is there, whether or not its time is over."""


class OutboxRows(Rows):
    """The outbox, with ``state``."""

    async def page(
        self,
        where: Where,
        sort: Sequence[tuple[str, int]],
        skip: int,
        limit: int,
        projection: Sequence[str],
        walked: bool = False,
    ) -> list[Mapping[str, Any]]:
        """A page of rows. Raises SearchTooWide."""
        found = await super().page(where, sort, skip, limit, [*projection, *TIMES], walked)
        return [_with_state(row) for row in found]

    async def one(self, pk: str, where: Where, projection: Sequence[str] = ()) -> Mapping[str, Any] | None:
        """One row by its id within `where`; None for one that is not there."""
        found = await super().one(pk, where, [*projection, *TIMES] if projection else ())
        return None if found is None else _with_state(found)


def _with_state(row: Mapping[str, Any]) -> Mapping[str, Any]:
    times = {name: row.get(name) for name in TIMES}
    return {**row, "state": Message.model_construct(**times).status(EVER)}
