"""Guessing of passwords: one ID over and over, or many IDs from one place or with one password (spraying).

Only failures count, whether or not there is such an ID, so that the limits say nothing of which exist."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from math import ceil
from typing import Any, NamedTuple

from models.documents.event import Event, Subject
from models.documents.guess import Guess, guesses_of, note_guess
from models.documents.store import Session
from models.errors import TooManyRequests
from models.permissions import Actor
from models.services.events import record_event
from models.services.site import Site

logger = logging.getLogger(__name__)

HOUR = timedelta(hours=1)

FEW_BITS = 6
"""Characters kept of the keyed hash of a password that failed: enough to see that it is the same as another,
too few to find out what it was."""


class Limit(NamedTuple):
    """What a source may do within an hour of the clock: failures in all, and IDs they were made with."""

    failures: int
    logins: int


LIMITS: dict[str, Limit] = {
    "login": Limit(10, 1),
    "address": Limit(100, 20),
    "network": Limit(400, 60),
    "certificate": Limit(100, 20),
    "password": Limit(100, 10),
}
"""By kind of source. ``login`` is one ID from one address; a network is all of IPv4's /24 or IPv6's /48."""

GUESSING = "sign_in.guessing"
"""The event that tells of a source with too many IDs."""

AGAIN = "Signing in has failed too often from here. Please try again after {time}."


class Attempt(NamedTuple):
    """One attempt to sign in, as far as it is counted."""

    login: str
    password: str
    certificate: str | None
    address: str


async def require_patience(site: Site, attempt: Attempt) -> None:
    """Raise TooManyRequests, with the time from which it is possible again, where a source of this attempt
    has failed too often; before anything is looked up or computed."""
    names = dict(_names(site, attempt))
    for found in await guesses_of([*names]):
        limit = LIMITS[names[found.id]]
        if found.failures >= limit.failures or len(found.logins) > limit.logins:
            again = found.ends_at.astimezone(site.calendar.zone)
            refusal = TooManyRequests(AGAIN, time=f"{again:%H:%M}")
            refusal.retry_after = max(1, ceil((found.ends_at - site.now()).total_seconds()))
            raise refusal


async def note_failure(site: Site, attempt: Attempt) -> None:
    """Count a failure for each of its sources; tell of a source that has just tried too many IDs."""
    login, ends_at = _login(site, attempt), _ends_at(site)
    names = dict(_names(site, attempt))
    noted = await asyncio.gather(*(note_guess(name, login, ends_at) for name in names))
    for found, fresh in noted:
        kind = names[found.id]
        if kind != "login" and fresh and len(found.logins) == LIMITS[kind].logins + 1:
            await _tell(site, attempt, kind, found)


async def _tell(site: Site, attempt: Attempt, kind: str, found: Guess) -> None:
    """One event and one line in the log for each source and hour."""
    actor = Actor(kind="visitor", address=attempt.address, certificate=attempt.certificate)
    counted: dict[str, Any] = {"source": kind, "logins": len(found.logins), "failures": found.failures}

    async def body(session: Session) -> None:
        await record_event(site, actor, GUESSING, Subject(kind="sign_in"), session, **counted)

    await site.store.transaction(body)
    logger.warning("passwords are being guessed: %s", " ".join(f"{k}={v}" for k, v in counted.items()))


async def told_since(since: datetime) -> int:
    """How often guessing was told of since then."""
    count: int = await Event.raw().count_documents({"action": GUESSING, "at": {"$gte": since}}, limit=1_000)
    return count


def _names(site: Site, attempt: Attempt) -> Iterator[tuple[str, str]]:
    """The sources of an attempt: under which name each is counted, and its kind."""
    begin = _begin(site).isoformat()
    for kind, source in _sources(site, attempt):
        yield site.sign("guess", f"{kind}\x00{source}\x00{begin}"), kind


def _sources(site: Site, attempt: Attempt) -> Iterator[tuple[str, str]]:
    yield "login", f"{_login(site, attempt)}\x00{attempt.address}"
    yield "password", site.sign("guessed password", attempt.password)[:FEW_BITS]
    if attempt.certificate:
        yield "certificate", attempt.certificate
    if attempt.address:
        yield "address", _within(attempt.address, 32, 64)
        yield "network", _within(attempt.address, 24, 48)


def _within(address: str, bits: int, bits6: int) -> str:
    """The network of so many bits an address lies in; a text that is no address stays."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    mapped = getattr(found, "ipv4_mapped", None) or found
    return str(ip_network((mapped, bits if mapped.version == 4 else bits6), strict=False))


def _login(site: Site, attempt: Attempt) -> str:
    return site.sign("guessed login", attempt.login.strip().casefold())


def _begin(site: Site) -> datetime:
    return site.now().replace(minute=0, second=0, microsecond=0)


def _ends_at(site: Site) -> datetime:
    return _begin(site) + HOUR
