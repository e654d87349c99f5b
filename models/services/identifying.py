"""Who is asking: the session behind a cookie, the account behind the session, and the actor it makes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from models.documents.account import Account
from models.documents.certificate import Certificate
from models.documents.event import Subject
from models.documents.session import BrowserSession
from models.documents.store import Session
from models.permissions import Actor
from models.services.certificates import opens
from models.services.events import record_event
from models.services.roles import may_act, organisation_of, permissions_left, types_left
from models.services.sessions import IDLE, SEEN_EVERY, Found, constructed
from models.services.site import Site
from models.services.using import note_use


class Presented(NamedTuple):
    """What a connection presented, once examined: the fingerprint of a client certificate, or None."""

    fingerprint: str | None


async def identify(
    site: Site, token: str, address: str, presented: Presented | None = None
) -> tuple[Found | None, Actor]:
    """The live session of a cookie's token, or None, and who acts in it: the account behind it if that may
    act, else a visitor. Asked at every request, of the database itself; requests that wait at the same time
    are one question.

    An operator's session is one over its operator's certificate, that it was begun over and no other (R39):
    else it ends. `presented` is the certificate of the connection; None where the session remembers it."""
    found = await _live(site, token) if 0 < len(token) <= LONGEST_TOKEN else None
    connected = presented.fingerprint if presented else None
    if found is None:
        return None, Actor(kind="visitor", certificate=connected, address=address)
    stored = next(iter(found[ACCOUNT]), None)
    certificate = connected if presented else found.get("certificate")
    account = None if stored is None else constructed(Account, stored)
    if account is not None and not _belong_together(site, found, account, certificate):
        stranger = Actor(kind="visitor", certificate=certificate, address=address)
        await _end(site, stranger, found, account)
        return None, stranger
    found = {**found, "certificate": certificate}
    if account is not None and may_act(site, account):
        actor = acting(site, account, address, certificate, found.get("confirmed_at"))
        if found["seen_at"] + SEEN_EVERY <= site.now():
            await note_use(site, actor)
        return found, actor
    known = frozenset(found.get("applications", ()))
    return found, Actor(kind="visitor", applications=known, certificate=certificate, address=address)


def _belong_together(site: Site, found: Found, account: Account, presented: str | None) -> bool:
    """Whether certificate, operator and account are those of one another; staff need no certificate, and
    nobody does where the site asks for none."""
    if account.kind != "operator" or not site.configuration.site.certificates.needed:
        return True
    bound = next(iter(found[CERTIFICATE]), None)
    return (
        bound is not None
        and bound["fingerprint"] == presented
        and opens(bound["state"], bound.get("operator_id"), account.operator_id)
        and bound["not_before"] <= site.now() < bound["not_after"]
    )


async def _end(site: Site, stranger: Actor, found: Found, account: Account) -> None:
    """End a session whose certificate is not the one it is over; told once, however many requests notice."""

    async def body(session: Session) -> None:
        ended = await BrowserSession.raw().delete_one({"_id": found["_id"]}, session=session)
        if ended.deleted_count:
            subject = Subject(kind="account", id=account.id, label=account.login)
            told: dict[str, Any] = {
                "operator_id": account.operator_id,
                "begun_over": found.get("certificate"),
            }
            await record_event(site, stranger, MISMATCH, subject, session, **told)

    await site.store.transaction(body)


MISMATCH = "session.certificate_mismatch"
"""The event of a session that came over another certificate than its own, or over one that was stopped."""

LONGEST_TOKEN = 128
"""Longer cookies are none of ours (characters)."""

ACCOUNT = "account"
"""Where the account of a session stands, as a list of one or none."""

WITH_ACCOUNT = {
    "$lookup": {
        "from": Account.Settings.name,
        "localField": "account_id",
        "foreignField": "_id",
        "as": ACCOUNT,
    }
}

CERTIFICATE = "over"
"""Where the certificate of a session stands, likewise."""

WITH_CERTIFICATE = {
    "$lookup": {
        "from": Certificate.Settings.name,
        "localField": "certificate",
        "foreignField": "fingerprint",
        "as": CERTIFICATE,
    }
}

WITHOUT_USES = {"$project": {f"{CERTIFICATE}.{name}": 0 for name in ("uses", "warned", "stopped")}}
"""What of a certificate grows with its use, and nobody asks for here."""


async def _live(site: Site, token: str) -> Found | None:
    """The session as it is stored, with its account and certificate; both ends are checked here, not left to
    the index."""
    found = await site.together(_stored).get(site.sign("session", token))
    now = site.now()
    if found is None or found["ends_at"] <= now:
        return None
    if found.get("account_id") is not None and found["seen_at"] + IDLE <= now:
        return None
    if found["seen_at"] + SEEN_EVERY <= now:
        await BrowserSession.raw().update_one({"_id": found["_id"]}, {"$set": {"seen_at": now}})
    return found


async def _stored(hashes: Sequence[str]) -> dict[str, Found]:
    """The sessions with these hashes of tokens, whatever their age, each with its account and certificate."""
    where = {"token_hash": {"$in": list(hashes)}}
    cursor = await BrowserSession.raw().aggregate(
        [{"$match": where}, WITH_ACCOUNT, WITH_CERTIFICATE, WITHOUT_USES]
    )
    return {found["token_hash"]: found for found in await cursor.to_list(None)}


def acting(
    site: Site,
    account: Account,
    address: str = "",
    certificate: str | None = None,
    confirmed_at: datetime | None = None,
) -> Actor:
    """The actor an account makes of whoever signed in with it, with what its roles leave it now."""
    actor = actor_for(account, address, certificate, confirmed_at)
    return replace(actor, may=permissions_left(site, account))


def actor_for(
    account: Account,
    address: str = "",
    certificate: str | None = None,
    confirmed_at: datetime | None = None,
) -> Actor:
    """As ``acting``, for accounts whose roles leave them all of the table: the staff's, administrators'."""
    return Actor(
        kind=account.kind,
        account_id=account.id,
        login=account.login,
        name=account.name,
        email=account.email,
        roles=frozenset(account.roles),
        operator_id=account.operator_id,
        certificate=certificate,
        address=address,
        confirmed_at=confirmed_at,
        accepted_terms=account.accepted_terms,
        told_terms=account.told_terms,
        unreachable=account.unreachable_since is not None,
        types=types_left(account),
        delegate=organisation_of(account),
    )
