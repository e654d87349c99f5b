"""Switches: what the staff stop for everybody at once, and how every process learns of it."""

from datetime import datetime
from time import monotonic
from typing import Any

from pydantic import Field, ValidationError

from models.documents.base import Person, Stored

READ_ONLY = "read_only"
"""Operators read and do not write."""

FRESH = 1.0
"""Seconds for which what was looked up last holds."""


class Switch(Stored):
    """One switch by its name. ``code`` is the ground by the terms of use (2.4 ①–④), ``text`` what everybody
    is told."""

    id: str = Field(alias="_id")  # type: ignore[assignment]
    on: bool = False
    code: int = 4
    text: str = ""
    by: Person | None = None
    since: datetime | None = None
    revision: int = 0

    class Settings:
        name = "switches"


class Switchboard:
    """The switches as one process knows them: read again when they are older than ``FRESH``."""

    def __init__(self) -> None:
        self._known: dict[str, Switch] = {}
        self._read_at: float | None = None

    def last(self, name: str) -> Switch | None:
        """A switch that was set when it was last looked up: for what is only shown."""
        return self._known.get(name)

    async def look(self, name: str) -> Switch | None:
        """A switch that is set now, to the second. What the database does not answer, nobody assumes."""
        if self._read_at is None or monotonic() - self._read_at > FRESH:
            await self.refresh()
        return self._known.get(name)

    async def refresh(self) -> None:
        """Read them all."""
        begun = monotonic()
        found = await Switch.raw().find({"on": True}).to_list(None)
        self._known, self._read_at = {str(row["_id"]): _read(row) for row in found}, begun


def _read(row: dict[str, Any]) -> Switch:
    """A switch as stored; what is damaged about it does not switch it off."""
    try:
        found: Switch = Switch.model_validate(row)
    except ValidationError:
        found = Switch.model_construct(id=str(row["_id"]), on=True, code=4, text="", by=None, since=None)
    return found
