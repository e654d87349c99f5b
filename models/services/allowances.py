"""Limits on what anybody may ask for, whether or not it exists: so much within each hour of the clock."""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from models.documents.allowance import count_once
from models.errors import TooManyRequests
from models.services.site import Site

HOUR = timedelta(hours=1)
PREFIX = 64
"""Bits of an IPv6 address that are one subscriber's (RFC 6177); the rest they choose themselves."""


async def take(site: Site, what: str, who: str, most: int) -> None:
    """Count that `who` asked for `what`. Raises TooManyRequests, with the time from which it is possible
    again, when that was more than `most` times this hour."""
    begin = site.now().replace(minute=0, second=0, microsecond=0)
    ends = begin + HOUR
    name = site.sign("allowance", f"{what}\x00{who}\x00{begin.isoformat()}")
    if await count_once(name, ends) > most:
        again = ends.astimezone(site.calendar.zone).strftime("%H:%M")
        raise TooManyRequests(
            "Too many links were asked for within an hour. Please try again after {time}.", time=again
        )


def network_of(address: str) -> str:
    """Whom an IP address stands for: itself, or the network of an IPv6 address. Other texts stay."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return f"{IPv6Address(int(found) >> PREFIX << PREFIX)}/{PREFIX}"
    return str(getattr(found, "ipv4_mapped", None) or found)
