"""Accounts: passwords, signing in, issuing users."""

import asyncio
from datetime import timedelta
from functools import cache
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from models.documents.account import Account
from models.documents.base import Id, new_id, read_id
from models.documents.counter import draw
from models.documents.event import Subject
from models.documents.guarded import update_where
from models.documents.link import Link
from models.documents.store import Session
from models.errors import AnswersInvalid, LinkRefused, NotFound, SignInFailed
from models.language import Language, Message
from models.permissions import Actor, require
from models.schema.reading import AnswerError
from models.services import certificates
from models.services.events import record_event
from models.services.identifying import actor_for
from models.services.links import peek, use_link
from models.services.messages import Letter, Recipient, queue_letter
from models.services.resuming import read_address
from models.services.sessions import end_sessions
from models.services.site import Site
from models.services.switches import require_writing
from models.services.variables import operator_of

PASSWORD_LENGTH = range(12, 129)
"""Lengths a password may have (ASVS 6.2.1, 6.2.9)."""

FAILURES = 5
"""Failed sign-ins in a row after which an account waits LOCKED_FOR."""

LOCKED_FOR = timedelta(minutes=15)

USER_LOGIN = "U{seq:07}"
"""Form of user IDs."""

NAME_LIMIT = 50

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """argon2id with the library's parameters (above the minimum of ASVS 11.4.2)."""
    return _hasher.hash(password)


@cache
def _nobody() -> str:
    """A hash to check against when there is no account, so that both take as long (ASVS 6.3.8)."""
    return hash_password("there is no such account")


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


async def sign_in(
    site: Site,
    login: str,
    password: str,
    certificate: str | None,
    kind: Literal["operator", "staff"] = "operator",
    address: str = "",
) -> Account:
    """The account these open. An operator's also needs its operator's client certificate (R11, R39).

    Raises SignInFailed, the same for every cause; failures are counted and slow the account down (R32)."""
    account = await Account.find_one({"login": login.strip()[:64], "kind": kind})
    stored = account.password_hash if account and account.password_hash else _nobody()
    right = await asyncio.to_thread(_verify, stored, password[: PASSWORD_LENGTH.stop])
    now = site.now()
    usable = (
        account is not None
        and account.password_hash is not None
        and account.status == "active"
        and (account.locked_until is None or account.locked_until <= now)
        and (kind == "staff" or await _certificate_fits(site, account, certificate))
    )
    if account is None or not (right and usable):
        await _count_failure(site, account, address)
        raise SignInFailed
    return await _count_success(site, account, address, certificate)


async def _certificate_fits(site: Site, account: Account, fingerprint: str | None) -> bool:
    certificate = await certificates.find(site, fingerprint)
    return (
        certificate is not None
        and certificate.state == "bound"
        and certificate.operator_id is not None
        and certificate.operator_id == account.operator_id
    )


async def _count_failure(site: Site, account: Account | None, address: str) -> None:
    actor = Actor(kind="visitor", address=address)
    label = account.login if account else ""
    failures = account.failures + 1 if account else 0

    async def body(session: Session) -> None:
        if account is not None:
            locked = {"locked_until": site.now() + LOCKED_FOR} if failures % FAILURES == 0 else {}
            update = {"$inc": {"failures": 1}, **({"$set": locked} if locked else {})}
            await update_where(Account, {"_id": account.id}, update, session)
        subject = Subject(kind="account", id=account.id if account else None, label=label)
        await record_event(site, actor, "account.sign_in_failed", subject, session)

    await site.store.transaction(body)


async def _count_success(site: Site, account: Account, address: str, certificate: str | None) -> Account:
    actor = actor_for(account, address, certificate)

    async def body(session: Session) -> None:
        values = {"failures": 0, "locked_until": None, "last_login_at": site.now()}
        await update_where(Account, {"_id": account.id}, {"$set": values}, session)
        subject = Subject(kind="account", id=account.id, label=account.login)
        await record_event(
            site, actor, "account.signed_in", subject, session, operator_id=account.operator_id
        )

    await site.store.transaction(body)
    return account


def check_password(password: str, login: str) -> None:
    """Raise AnswersInvalid at ``password`` unless it is long enough and not the ID itself."""
    msgid = None
    if len(password) not in PASSWORD_LENGTH:
        msgid = "Use a password of 12 to 128 characters."
    elif login.casefold() in password.casefold() or len(set(password)) < 4:
        msgid = "This password is too easy to guess. Choose another."
    if msgid is not None:
        raise AnswersInvalid((AnswerError("password", "weak", Message(msgid)),))


async def account_of(site: Site, token: str) -> Account:
    """The account whose password a link sets, without using the link. Raises LinkRefused."""
    return await _account_behind(await peek(site, token))


async def _account_behind(link: Link) -> Account:
    account = (
        await Account.get(link.account_id) if link.account_id and link.purpose == "set_password" else None
    )
    if account is None or account.status == "suspended":
        raise LinkRefused
    return account


async def set_password(site: Site, token: str, password: str) -> Account:
    """Set the password a one-time link allows; the link and every session of the account end with it.

    Raises LinkRefused, AnswersInvalid (path ``password``)."""
    account = await account_of(site, token)
    check_password(password, account.login)
    hashed = await asyncio.to_thread(hash_password, password)

    async def body(session: Session) -> Account:
        await use_link(site, token, "set_password", session)
        values = {
            "password_hash": hashed,
            "status": "active",
            "failures": 0,
            "locked_until": None,
            "password_changed_at": site.now(),
        }
        changed = await update_where(Account, {"_id": account.id}, {"$set": values}, session)
        await end_sessions(read_id(account.id), session)
        subject = Subject(kind="account", id=account.id, label=account.login)
        actor = actor_for(account)
        await record_event(
            site, actor, "account.password_set", subject, session, operator_id=account.operator_id
        )
        return changed or account

    return await site.store.transaction(body)


async def issue_user(
    site: Site, actor: Actor, *, name: str, email: str, language: Language = "ja"
) -> Account:
    """Issue a user of the administrator's operator: one natural person, told by mail (R55).

    Raises NotAllowed, AnswersInvalid (paths ``name``, ``email``)."""
    require(actor, "account.issue")
    await require_writing(site, actor)
    if not name.strip() or len(name.strip()) > NAME_LIMIT:
        msgid = "Enter the person's name, at most 50 characters."
        raise AnswersInvalid((AnswerError("name", "required", Message(msgid)),))
    address = read_address(email)
    operator = await operator_of(site, actor.operator_id)
    login = USER_LOGIN.format(seq=await draw("accounts:user"))
    account = Account(
        id=new_id(),
        login=login,
        kind="operator",
        name=name.strip(),
        email=address,
        roles=["user"],
        operator_id=actor.operator_id,
        language=language,
        created_at=site.now(),
    )
    letter = issued_letter(account, operator.title if operator else "")

    async def body(session: Session) -> None:
        await account.insert(session=session)
        await queue_letter(site, letter, session)
        subject = Subject(kind="account", id=account.id, label=login)
        await record_event(site, actor, "account.issued", subject, session, operator_id=actor.operator_id)

    await site.store.transaction(body)
    return account


def issued_letter(account: Account, operator_name: str = "", again: str = "") -> Letter:
    """The mail with the login of an account and the one-time link that sets its password; `again` tells one
    that is sent once more from those before."""
    return Letter(
        template="user_issued",
        recipient=Recipient(account.email, account.name, account.language),
        cause=":".join(("account", str(account.id), *filter(None, [again]))),
        values={"administrator_id": account.login, "operator_name": operator_name},
        account_id=account.id,
    )


async def users_of(site: Site, actor: Actor) -> list[Account]:
    """The accounts of the administrator's operator (R56). Raises NotAllowed."""
    require(actor, "account.view_own")
    if actor.operator_id is None:
        raise NotFound
    return await Account.find({"operator_id": actor.operator_id}).sort("login").limit(500).to_list()


async def sign_out_everywhere(site: Site, actor: Actor, account_id: Id) -> Account:
    """End every session of somebody's account, at once. Raises NotAllowed, NotFound."""
    require(actor, "session.end")
    account = await Account.get(account_id)
    if account is None:
        raise NotFound

    async def body(session: Session) -> None:
        await end_sessions(account_id, session)
        subject = Subject(kind="account", id=account.id, label=account.login)
        await record_event(
            site, actor, "account.sessions_ended", subject, session, operator_id=account.operator_id
        )

    await site.store.transaction(body)
    return account
