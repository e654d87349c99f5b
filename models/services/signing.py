"""Signing in: what opens an account, and what becomes of failures."""

import asyncio
from typing import Any, Literal

from models.documents.account import Account, Lock
from models.documents.base import ActorKind, Id, new_id
from models.documents.event import Subject
from models.documents.guarded import update_where
from models.documents.store import Session
from models.errors import SignInFailed
from models.permissions import Actor
from models.services import certificates, passwords
from models.services.events import record_event
from models.services.guessing import Attempt, note_failure, require_patience
from models.services.identifying import actor_for
from models.services.locking import lock, subject_of
from models.services.roles import may_act
from models.services.site import Site
from models.services.using import note_use

FAILURES = 5
"""Failed sign-ins in a row, over the operator's own certificate, after which an account is locked (R23)."""

ATTEMPTS = 100
"""Failed sign-ins in a row after which an account that needs no certificate is locked (NIST SP 800-63B
5.2.2): that of staff, and of all where the site asks for none; fewer would let anybody lock them out. Wrong
codes lock after FAILURES: who enters them knows the password."""

NextStep = Literal["", "code", "enrol"]
"""What still has to come before somebody is signed in: nothing, a one-time code, setting up the codes."""

LONGEST_LOGIN = 64


async def sign_in(
    site: Site,
    login: str,
    password: str,
    certificate: str | None,
    kind: Literal["operator", "staff"] = "operator",
    address: str = "",
) -> Account:
    """The account these open. An operator's also needs its operator's client certificate (R11, R39), where
    the site asks for one. Unless ``next_step`` asks for more, that is a sign-in and written down as one.

    Raises SignInFailed, the same for every cause; TooManyRequests where too much failed before."""
    attempt = Attempt(login, password, certificate, address)
    await require_patience(site, attempt)
    account = await Account.find_one({"login": login.strip()[:LONGEST_LOGIN], "kind": kind})
    right = await passwords.verify(account.password_hash if account else None, password)
    fitting = await fits(site, account, certificate, kind)
    if account is None or not (right and fitting and is_usable(site, account)):
        await note_failure(site, attempt)
        await _count_failure(site, account, address, right=right, fitting=fitting)
        raise SignInFailed
    if not next_step(site, account):
        await note_success(site, account, address, certificate)
    if passwords.is_outdated(account.password_hash or ""):
        await _rehash(account, password)
    return account


def is_usable(site: Site, account: Account) -> bool:
    """Whether anybody may sign in with it."""
    return account.password_hash is not None and account.lock is None and may_act(site, account)


def next_step(site: Site, account: Account) -> NextStep:
    """What has to come after the right password."""
    if account.code_set_at is not None:
        return "code"
    return "enrol" if account.kind == "staff" and site.staff_codes else ""


async def fits(
    site: Site, account: Account | None, fingerprint: str | None, kind: ActorKind = "operator"
) -> bool:
    """Whether the connection is one the account may be used over: the operator's own certificate (R39), where
    the site asks for one."""
    if kind == "staff" or (account is not None and account.kind == "staff"):
        return True
    if not site.configuration.site.certificates.needed:
        return account is not None
    certificate = await certificates.find(site, fingerprint)
    return (
        certificate is not None
        and account is not None
        and certificates.opens(certificate.state, certificate.operator_id, account.operator_id)
    )


async def _rehash(account: Account, password: str) -> None:
    """Keep the password under today's parameters; unless it was changed meanwhile."""
    hashed = await asyncio.to_thread(passwords.hash_password, password)
    where = {"_id": account.id, "password_hash": account.password_hash}
    await update_where(Account, where, {"$set": {"password_hash": hashed}})


async def _count_failure(
    site: Site, account: Account | None, address: str, *, right: bool, fitting: bool
) -> None:
    """Write the failure down and lock the account where that is due. Known and unknown accounts cost the
    same. Over a connection without the operator's certificate nothing is counted."""
    actor = Actor(kind="visitor", address=address)
    counted = account is not None and fitting and not right

    async def body(session: Session) -> None:
        where = {"_id": account.id if account and counted else new_id()}
        failed = await update_where(Account, where, {"$inc": {"failures": 1}}, session)
        subject = subject_of(account) if account else Subject(kind="account")
        operator = account.operator_id if account else None
        await record_event(
            site,
            actor,
            "account.sign_in_failed",
            subject,
            session,
            operator_id=operator,
            **_details(right, fitting),
        )
        if failed is not None and failed.failures >= _most(site, failed):
            reason: Literal["password", "attempts"] = "password" if failed.kind == "operator" else "attempts"
            await lock(site, failed, Lock(reason=reason, at=site.now(), address=address), session)

    await site.store.transaction(body)


def _most(site: Site, account: Account) -> int:
    guarded = account.kind == "operator" and site.configuration.site.certificates.needed
    return FAILURES if guarded else ATTEMPTS


def _details(right: bool, fitting: bool) -> dict[str, Any]:
    """What only the log is told: the right password over a certificate of somebody else is a stolen one."""
    return {"certificate": "other"} if right and not fitting else {}


async def note_success(site: Site, account: Account, address: str, certificate: str | None) -> None:
    """Write down that somebody signed in, with whatever was asked of them. Raises SignInFailed where the
    account was stopped or locked, or its password taken away, since that was looked at: computing a hash
    takes long enough for it."""
    actor = actor_for(account, address, certificate)

    async def body(session: Session) -> None:
        values = {
            "failures": 0,
            "slips": 0,
            "last_login_at": site.now(),
            "previous_login_at": account.last_login_at,
        }
        seen = {"status": "active", "lock": None, "password_hash": account.password_hash}
        if await update_where(Account, {"_id": account.id, **seen}, {"$set": values}, session) is None:
            raise SignInFailed
        operator: Id | None = account.operator_id
        await record_event(
            site, actor, "account.signed_in", subject_of(account), session, operator_id=operator
        )

    await site.store.transaction(body)
    await note_use(site, actor)
