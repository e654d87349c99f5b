"""One-time links: an id and a keyed hash of it. The database holds no half that opens anything."""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

from models.documents.base import Id
from models.documents.guarded import update_where
from models.documents.link import Link, Purpose
from models.documents.store import Session
from models.errors import LinkRefused
from models.services.reviving import note_opened
from models.services.site import Site

LIFETIMES: dict[Purpose, timedelta] = {
    "open_application": timedelta(days=14),
    "set_password": timedelta(hours=72),
    "confirm_address": timedelta(hours=24),
    "confirm_loss": timedelta(hours=72),
}
"""How long a link of each purpose opens."""

REUSABLE: frozenset[Purpose] = frozenset({"open_application"})
"""Purposes whose link may be opened again until it ends: people come back to their application."""


async def make_link(
    site: Site,
    purpose: Purpose,
    session: Session,
    *,
    application_id: Id | None = None,
    account_id: Id | None = None,
    subject_id: Id | None = None,
    until: datetime | None = None,
    address: str = "",
) -> Link:
    """Store a link; its address is made by ``address_of`` only when a mail is sent. It lives as its purpose
    says, and at least until `until` (the day by which its reader is to act)."""
    ends_at = site.now() + LIFETIMES[purpose]
    link = Link(
        _id=site.entropy(16).hex(),
        purpose=purpose,
        application_id=application_id,
        account_id=account_id,
        subject_id=subject_id,
        address=address,
        created_at=site.now(),
        ends_at=max(ends_at, until) if until else ends_at,
    )
    await link.insert(session=session)
    return link


def token_of(site: Site, link_id: str) -> str:
    """The secret part of a link's address."""
    return f"{link_id}.{site.sign('link', link_id)}"


def address_of(site: Site, link_id: str) -> str:
    """The address a mail carries, from the configured base URL and never from a request's Host."""
    return f"{site.base_url}/links/{token_of(site, link_id)}"


async def known(site: Site, token: str) -> Link | None:
    """The link a token was made for, whether or not it still opens anything; None where we made none such, or
    no longer know of it."""
    link_id, _, signature = token.partition(".")
    if not hmac.compare_digest(signature.encode(), site.sign("link", link_id).encode()):
        return None
    found: Link | None = await Link.get(link_id)
    return found


async def peek(site: Site, token: str) -> Link:
    """The link a token opens, without using it. Raises LinkRefused."""
    link = await known(site, token)
    if link is None or link.ends_at <= site.now() or (link.used_at and link.purpose not in REUSABLE):
        raise LinkRefused
    return link


async def use_link(site: Site, token: str, purpose: Purpose, session: Session = None) -> Link:
    """Use a link once, atomically (ASVS 6.5.1): mails reach the address it was mailed to. Raises LinkRefused
    when it does not open `purpose`."""
    link = await peek(site, token)
    if link.purpose != purpose:
        raise LinkRefused
    fresh = {} if purpose in REUSABLE else {"used_at": None}
    used = await update_where(
        Link,
        {"_id": link.id, "ends_at": {"$gt": site.now()}, **fresh},
        {"$set": {"used_at": site.now()}},
        session,
    )
    if used is None:
        raise LinkRefused
    if used.address:
        await note_opened(site, used.address, used.created_at, session)
    return used


INTO_ACCOUNTS: tuple[Purpose, ...] = ("set_password", "confirm_address")
"""Purposes whose link leads into an account, at once or by the address it makes its own."""


async def end_links(
    site: Site, account_id: Id, session: Session, purposes: Sequence[Purpose] = INTO_ACCOUNTS
) -> None:
    """Let no link of these purposes, mailed before, lead into this account any more (R24)."""
    where = {"account_id": account_id, "purpose": {"$in": list(purposes)}, "used_at": None}
    await Link.raw().update_many(where, {"$set": {"used_at": site.now()}}, session=session)
