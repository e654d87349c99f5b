"""What anybody may ask for only so often, whether or not it exists: so much within each hour of the clock."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from limits import RateLimitItem, RateLimitItemPerHour
from limits.aio.strategies import FixedWindowRateLimiter
from limits.limits import GRANULARITIES

from models.configuration.limits import Rate
from models.errors import TooManyRequests
from models.services.site import Site

PREFIX = 64
"""Bits of an IPv6 address that are one subscriber's (RFC 6177); the rest they choose themselves."""


async def take(site: Site, what: str, who: str, most: int) -> None:
    """Count that `who` asked for `what`. Raises TooManyRequests, with the time from which it is possible
    again, when that was more than `most` times this hour."""
    await _take(site, RateLimitItemPerHour(most), what, who)


async def take_within(site: Site, what: str, who: str, rate: Rate) -> None:
    """As ``take``, at a rate of the configuration."""
    await _take(site, GRANULARITIES[rate.unit](rate.amount, rate.times), what, who)


async def _take(site: Site, item: RateLimitItem, what: str, who: str) -> None:
    limiter = FixedWindowRateLimiter(site.limit_counts)
    if await limiter.hit(item, what, who):
        return
    now = site.now().timestamp()
    left = (now // item.get_expiry() + 1) * item.get_expiry() - now
    again = site.now().astimezone(site.calendar.zone).fromtimestamp(now + left, site.calendar.zone)
    refusal = TooManyRequests(
        "Too many links were asked for within an hour. Please try again after {time}.",
        time=f"{again:%H:%M}",
    )
    refusal.retry_after = int(left) + 1
    raise refusal


@lru_cache(maxsize=4_096)
def network_of(address: str) -> str:
    """Whom an IP address stands for: itself, or the network of an IPv6 address. Other texts stay."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return f"{IPv6Address(int(found) >> PREFIX << PREFIX)}/{PREFIX}"
    return str(getattr(found, "ipv4_mapped", None) or found)
