"""Access above a fixed limit is refused, and who goes on is stopped for a while (terms of use 2.4 ②).

Pages and forms are counted in each process, which tells the others twice a second: asking the database for
each would cost more than the page. Sign-ins, uploads and files made on demand are counted there at once.
In how many windows somebody went over a limit is counted too: after so many, a stop is set for that account,
certificate, operator or address alone. It ends by itself, and staff can end it earlier."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NoReturn

from models.configuration.limits import Manner, Rate, Whose
from models.documents.application import Application
from models.documents.stop import Stop
from models.errors import LimitReached, StoppedByLimit, TooManyDrafts
from models.permissions import Actor
from models.services.alarming import raise_alarm
from models.services.allowances import network_of, take_within
from models.services.site import Site
from models.services.tally import Key

TALLIED: frozenset[Manner] = frozenset({"reads", "writes"})
"""What is counted in this process first."""


def keys_of(actor: Actor) -> dict[Whose, str]:
    """For whom what somebody does is counted."""
    found: dict[Whose, str] = {"address": network_of(actor.address)}
    if actor.account_id is not None:
        found["account"] = str(actor.account_id)
    if actor.certificate is not None:
        found["certificate"] = actor.certificate
    if actor.operator_id is not None:
        found["operator"] = str(actor.operator_id)
    return found


async def count(site: Site, actor: Actor, manner: Manner) -> None:
    """Count one request. Raises LimitReached where it is one too many, with the seconds after which it is
    possible again."""
    allowed = site.configuration.site.limits.allowed(manner)
    rates = {
        Key(manner, whose, who): rate
        for whose, who in keys_of(actor).items()
        if (rate := allowed.rate(whose)) is not None
    }
    if manner in TALLIED:
        over = site.tally.count(rates, partial(raise_alarm, site))
    else:
        over = await _count_now(site, rates)
    if over is not None and not site.limits_watched:
        _refuse(site, rates[over])


async def _count_now(site: Site, rates: Mapping[Key, Rate]) -> Key | None:
    """Count in the database; the first key that has gone over its rate."""
    waiting = {key: site.limit_counts.count(str(key), rate.seconds) for key, rate in rates.items()}
    over = None
    for key, answer in waiting.items():
        total = (await answer).total
        if total == rates[key].amount + 1:
            await raise_alarm(site, key, rates[key])
        if total > rates[key].amount and over is None:
            over = key
    return over


def _refuse(site: Site, rate: Rate) -> NoReturn:
    now = site.now().timestamp()
    left = int((now // rate.seconds + 1) * rate.seconds - now) + 1
    refusal = LimitReached(seconds=left)
    refusal.retry_after = left
    raise refusal


async def require_unstopped(site: Site, actor: Actor) -> None:
    """Raise StoppedByLimit where a limit has stopped this account, certificate, operator or address. Staff
    who are signed in go on, to see to it."""
    if not site.switchboard.is_fresh:
        await site.switchboard.glance(())
    if actor.kind == "staff" or not site.switchboard.has_automatic:
        return
    stop = await site.switchboard.glance(f"{whose}:{who}" for whose, who in keys_of(actor).items())
    if stop is not None and stop.automatic:
        raise stopped_refusal(site, stop)


def stopped_refusal(site: Site, stop: Stop) -> StoppedByLimit:
    """What somebody is told whom a limit has stopped."""
    until = stop.until or site.now()
    refusal = StoppedByLimit(time=until.astimezone(site.calendar.zone).strftime("%H:%M"))
    refusal.retry_after = max(1, int((until - site.now()).total_seconds()) + 1)
    return refusal


async def require_room(site: Site, actor: Actor) -> None:
    """Raise TooManyDrafts where an operator, or a browser without an account, has as many drafts open as the
    site allows; TooManyRequests where visitors from one address begin too many. Rows of files count for
    neither."""
    limits = site.configuration.site.limits
    where: dict[str, Any]
    if actor.kind == "operator":
        where = {"operator_id": actor.operator_id}
    elif actor.kind == "visitor":
        where = {"_id": {"$in": sorted(actor.applications)}}
        if not site.limits_watched:
            await take_within(site, "beginnings from", network_of(actor.address), limits.beginnings)
    else:
        return
    own = {"batch": None, "asked": None, "by_staff": {"$ne": True}}
    drafts = {**where, **own, "open": True, "submitted_at": None}
    if await Application.raw().count_documents(drafts, limit=limits.open_drafts) >= limits.open_drafts:
        raise TooManyDrafts(count=limits.open_drafts)
