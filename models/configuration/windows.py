"""Application windows (受付期間) as a steward writes them in ``windows/*.yaml``: when what is received."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

from models.language import Text
from models.schema.definition import Kind, Part

SERVICE_HOURS = "service_hours"
"""What ``during`` says for the site's own hours; no window is called so."""

MOMENT = "%Y-%m-%d %H:%M"
"""How a moment is written: the wall clock of the site's time zone."""


def _read_moment(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("a moment is written 2026-10-23 18:00")
    try:
        return datetime.strptime(value, MOMENT)  # noqa: DTZ007 - the zone is the site's
    except ValueError as error:
        raise ValueError("a moment is written 2026-10-23 18:00, in the site's time zone") from error


Moment = Annotated[datetime, BeforeValidator(_read_moment)]


@lru_cache(maxsize=4096)
def _utc(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.replace(tzinfo=zone).astimezone(UTC)


class Period(Part):
    """One time of a window: from ``opens`` up to ``closes``, which is outside; wall clock of the site."""

    opens: Moment
    closes: Moment
    label: Text | None = None

    def begin(self, zone: ZoneInfo) -> datetime:
        """The first moment inside, in UTC."""
        return _utc(self.opens, zone)

    def end(self, zone: ZoneInfo) -> datetime:
        """The first moment outside again, in UTC."""
        return _utc(self.closes, zone)


class Window(Part):
    """When applications of some kinds for some record types are received. Shown to everybody; it binds where
    a record type's ``applications`` or a step names it with ``during``."""

    window: str
    label: Text
    record_types: tuple[str, ...] = Field(min_length=1)
    kinds: tuple[Kind, ...] = Field(("register", "change", "delete"), min_length=1)
    periods: tuple[Period, ...] = Field(min_length=1, max_length=200)
    note: Text | None = None
    link: str | None = Field(None, pattern=r"^(https?://|/)[!-~]*$")
    draft_ahead: bool = False
    after_return: bool = True

    @property
    def name(self) -> str:
        return self.window

    def covers(self, record_type: str, kind: Kind) -> bool:
        """Whether applications of this kind for this type are received in it."""
        return record_type in self.record_types and kind in self.kinds
