"""How the service stands: open or not, what is stopped or announced, what was; also while the database does
not answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from models.documents.stop import SITE, Stop, public_past
from models.language import Message
from models.services.site import Site

State = Literal["open", "outside_hours", "read_only", "closed", "disturbed"]
"""``outside_hours``: everything can be read, typed and saved, nothing sent. ``disturbed``: the database does
not answer."""

PAST = timedelta(days=90)
"""How long a stop for everybody is shown after it is over."""

MOST_PAST = 100
"""Stops that are over are shown up to so many, the last first."""


@dataclass(frozen=True, slots=True)
class Hours:
    """The service hours at a moment."""

    open: bool
    change: datetime | None
    """When they close, or open; None where that is not known."""
    left: Message | None
    """How long until then, in words."""


@dataclass(frozen=True, slots=True)
class Service:
    """How the service stands at a moment, for everybody or for somebody."""

    state: State
    at: datetime
    hours: Hours | None
    """None for a site without hours."""
    standing: Sequence[Stop]
    planned: Sequence[Stop]
    past: Sequence[Stop] | None
    """None where it was not read."""


async def service_now(site: Site, keys: Sequence[str] = (SITE,)) -> Service:
    """How the service stands now, for whom stops with these keys hold. It is told within two seconds, from
    what was known last where the database does not answer."""
    past = await public_past(site.now(), site.now() - PAST, MOST_PAST)
    if past is not None:
        await site.switchboard.glance(keys)
    return _service(site, keys, past, answers=past is not None)


def service_known(site: Site, keys: Sequence[str] = (SITE,)) -> Service:
    """How the service stands as this process knows it, without a question to the database."""
    return _service(site, keys, None, answers=True)


def service_unanswered(site: Site, keys: Sequence[str] = (SITE,)) -> Service:
    """The same, while the database does not answer."""
    return _service(site, keys, None, answers=False)


def hours_now(site: Site) -> Hours | None:
    """The service hours now; None for a site without."""
    calendar, now = site.calendar, site.now()
    if calendar.site.service_hours is None:
        return None
    is_open = calendar.is_open(now)
    change = calendar.closing(now) if is_open else calendar.opening(now)
    return Hours(is_open, change, time_left(change - now) if change else None)


def _service(site: Site, keys: Sequence[str], past: Sequence[Stop] | None, *, answers: bool) -> Service:
    now, stops, hours = site.now(), site.switchboard.all(keys), hours_now(site)
    standing = [stop for stop in stops if stop.stands(now)]
    outside = hours is not None and not hours.open and not site.always_open
    state: State = "outside_hours" if outside else "open"
    if standing:
        state = "closed" if any(stop.level == "closed" for stop in standing) else "read_only"
    return Service(
        state if answers else "disturbed",
        now,
        hours,
        standing,
        [stop for stop in stops if stop.is_planned(now)],
        past,
    )


def time_left(length: timedelta) -> Message:
    """A length of time in words, whole minutes rounded up: in days from two days on."""
    minutes = -(-int(length.total_seconds()) // 60)
    if minutes >= 2 * 24 * 60:
        return Message("in {days} days", {"days": minutes // (24 * 60)})
    if minutes >= 60:
        return Message("in {hours} h {minutes} min", {"hours": minutes // 60, "minutes": minutes % 60})
    return Message("in {minutes} min", {"minutes": max(minutes, 1)})
