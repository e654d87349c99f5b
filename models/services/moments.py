"""Moments that answers name: a day and a time are kept without a zone, on the site's own clock."""

from datetime import datetime, timedelta
from typing import Any

from models.schema.fields.base import as_day, as_moment
from models.services.site import Site


def beginning_of(site: Site, answer: Any) -> datetime | None:
    """The first moment of what a ``date`` or ``datetime`` field holds; None where it names none."""
    if not isinstance(answer, str):
        return None
    moment = as_moment(answer)
    if moment is not None:
        return moment.replace(tzinfo=site.calendar.zone)
    day = as_day(answer)
    return site.calendar.midnight(day) if day is not None else None


def end_of(site: Site, answer: Any) -> datetime | None:
    """The moment it is over: of a day the midnight that ends it, of a moment itself."""
    begins = beginning_of(site, answer)
    if begins is None or as_moment(answer) is not None:
        return begins
    return site.calendar.midnight(begins.date() + timedelta(days=1))
