"""Setting a password: by a one-time link, or by who knows the present one."""

import asyncio
from collections.abc import Iterable
from time import monotonic
from typing import Any

from models.documents.account import Account
from models.documents.base import Id, read_id
from models.documents.guarded import update_where
from models.documents.link import Link
from models.documents.store import Session
from models.errors import AnswersInvalid, LinkRefused, NotAllowed
from models.language import Message
from models.permissions import Actor
from models.schema.reading import AnswerError
from models.services.allowances import network_of, take
from models.services.events import record_event
from models.services.identifying import actor_for
from models.services.letters import tell_of_change
from models.services.links import end_links, peek, use_link
from models.services.locking import subject_of
from models.services.messages import Letter, Recipient, queue_letter
from models.services.passwords import check_password, hash_password
from models.services.proving import prove_password
from models.services.resuming import read_address
from models.services.sessions import end_sessions
from models.services.signing import LONGEST_LOGIN, is_usable
from models.services.site import Site
from models.services.variables import operator_of

DIFFERENT = Message("The two passwords are not the same. Enter both again.")
CHANGED = Message("The password has been changed.")

FORGOTTEN = "password_forgotten"
"""The mail with the link for who has forgotten their password; a site without it offers none."""

NETWORK_LINKS_AN_HOUR = 20
ADDRESS_LINKS_AN_HOUR = 5
"""How many such links may be asked for from one network address, and to one mail address."""

ANSWER_EVERY = 0.5
"""Answers to who asks for a link come at whole multiples of this (seconds), whatever was done meanwhile."""


async def account_of(site: Site, token: str) -> Account:
    """The account whose password a link sets, without using the link. Raises LinkRefused."""
    return await _account_behind(await peek(site, token))


async def _account_behind(link: Link) -> Account:
    setting = link.account_id is not None and link.purpose == "set_password"
    account = await Account.get(link.account_id) if setting else None
    if account is None or account.status not in ("invited", "active"):
        raise LinkRefused
    return account


async def ask_link(site: Site, actor: Actor, login: str, email: str) -> None:
    """Mail the owner of an account a link that sets a new password, where this is its address. Says nothing
    where it is not, and takes as long. Raises AnswersInvalid (path ``email``), TooManyRequests."""
    begun, address = monotonic(), read_address(email)
    await take(site, "passwords from", network_of(actor.address), NETWORK_LINKS_AN_HOUR)
    await take(site, "passwords to", address.casefold(), ADDRESS_LINKS_AN_HOUR)
    try:
        await _mail_link(site, actor, login, address)
    finally:
        await asyncio.sleep((begun - monotonic()) % ANSWER_EVERY)


async def _mail_link(site: Site, actor: Actor, login: str, address: str) -> None:
    account = await Account.find_one({"login": login.strip()[:LONGEST_LOGIN]})
    if account is None or account.email.casefold() != address.casefold() or not is_usable(site, account):
        return
    letter = Letter(
        template=FORGOTTEN,
        recipient=Recipient(account.email, account.name, account.language),
        cause=f"forgotten:{account.id}:{site.entropy(8).hex()}",
        operator_id=account.operator_id,
        account_id=account.id,
    )

    async def body(session: Session) -> None:
        await end_links(site, read_id(account.id), session, ("set_password",))
        await queue_letter(site, letter, session)
        await _note(site, actor, account, "account.password_forgotten", session)

    await site.store.transaction(body)


async def change_password(
    site: Site, actor: Actor, present: str, password: str, again: str, keep: Id | None = None
) -> Account:
    """Change one's own password; every session but `keep` and every link that sets it end at once.

    Raises NotAllowed (nobody's), AnswersInvalid (paths ``present``, ``password``, ``again``), SignInRequired
    (locked, after too many wrong ones)."""
    account = await Account.get(actor.account_id) if actor.account_id is not None else None
    if account is None:
        raise NotAllowed(rule="account.own")
    await prove_password(site, actor, account, present)
    check_new(password, again, await around(site, account))
    hashed = await asyncio.to_thread(hash_password, password)

    async def body(session: Session) -> Account:
        changed = await keep_password(site, account, hashed, session, keep, actor)
        await tell_of_change(site, account, CHANGED, session)
        return changed

    return await site.store.transaction(body)


def check_new(password: str, again: str, known: Iterable[str]) -> None:
    """Raise AnswersInvalid unless it was typed twice and is hard to guess."""
    if password != again:
        raise AnswersInvalid((AnswerError("again", "different", DIFFERENT),))
    check_password(password, known)


async def around(site: Site, account: Account) -> list[str]:
    """What everybody knows of an account's owner, and no password may be made of alone."""
    operator = await operator_of(site, account.operator_id) if account.operator_id else None
    described = site.configuration.site
    known = [account.login, account.name, account.email.partition("@")[0]]
    known += [described.name("ja"), described.name("en"), described.organisation("en")]
    return known + ([operator.title, operator.number] if operator else [])


async def set_password(site: Site, token: str, password: str, again: str | None = None) -> Account:
    """Set the password a one-time link allows. Every session and every other such link of the account end
    with it. A locked account stays locked: who unlocks it has seen why it was (R23).

    Raises LinkRefused, AnswersInvalid (paths ``password``, ``again``)."""
    account = await account_of(site, token)
    check_new(password, password if again is None else again, await around(site, account))
    hashed = await asyncio.to_thread(hash_password, password)

    async def body(session: Session) -> Account:
        await use_link(site, token, "set_password", session)
        return await keep_password(site, account, hashed, session)

    return await site.store.transaction(body)


async def keep_password(
    site: Site,
    account: Account,
    hashed: str,
    session: Session,
    keep: Id | None = None,
    actor: Actor | None = None,
) -> Account:
    """Keep a new password within a transaction: old sessions, all but `keep`, and links die at once (R24)."""
    values: dict[str, Any] = {"password_hash": hashed, "status": "active", "password_changed_at": site.now()}
    where = {"_id": account.id, "status": {"$in": ["invited", "active"]}}
    changed = await update_where(Account, where, {"$set": {"failures": 0, "slips": 0, **values}}, session)
    if changed is None:
        raise LinkRefused
    await end_sessions(read_id(account.id), session, keep=keep)
    await end_links(site, read_id(account.id), session)
    await _note(site, actor or actor_for(account), account, "account.password_set", session)
    return changed


async def _note(site: Site, actor: Actor, account: Account, action: str, session: Session) -> None:
    operator = account.operator_id
    await record_event(site, actor, action, subject_of(account), session, operator_id=operator)
