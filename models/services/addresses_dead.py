"""Addresses mails no longer reach: which they are, and which mails go there all the same."""

from collections.abc import Iterable

from models.configuration.mail import LINKS
from models.documents.dead_address import DeadAddress, address_key
from models.documents.store import Session
from models.services.site import Site

DEAD = "dead"
"""Why a mail to a dead address is withheld, as the outbox names it."""

PROVING = frozenset(LINKS) - {"status_link"}
"""Links somebody has just asked for, and by which they show that the address is theirs: how an address is put
right again. The link to follow an application stands in every mail about it."""

GO_ANYWAY = frozenset(
    {
        "access_limited",
        "account_changed",
        "account_locked",
        "certificate_changed",
        "loss_closed",
        "loss_received",
        "loss_reported",
        "password_changed",
        "status_link",
    }
)
"""Templates that warn somebody, whom a bounce that was made up must not keep in the dark; and the one that is
sent to whoever asks where an application stands."""


async def dead_among(addresses: Iterable[str], session: Session = None) -> set[str]:
    """Those of `addresses`, as they were given, that are dead. One query on an index."""
    keys = {address: address_key(address) for address in addresses if address}
    if not keys:
        return set()
    where = {"address": {"$in": sorted(set(keys.values()))}, "dead_at": {"$ne": None}}
    rows = await DeadAddress.raw().find(where, {"address": 1}, session=session).to_list(None)
    dead = {row["address"] for row in rows}
    return {address for address, key in keys.items() if key in dead}


def goes_anyway(site: Site, template: str) -> bool:
    """Whether mails of this template go to dead addresses too: what somebody asked for there to show that it
    is theirs, and what warns them."""
    languages = site.configuration.site.languages
    written = [site.mail[template, each].body for each in languages if (template, each) in site.mail]
    proves = any(f"{{{link}}}" in body for link in PROVING for body in written)
    return proves or template in GO_ANYWAY


async def is_withheld(site: Site, template: str, address: str, session: Session = None) -> bool:
    """Whether a mail of this template is not to be sent, because the address is dead."""
    return not goes_anyway(site, template) and bool(await dead_among([address], session))
