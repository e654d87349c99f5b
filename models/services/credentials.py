"""Setting a password: by a one-time link, or by who knows the present one."""

import asyncio
from typing import Any

from models.documents.account import Account
from models.documents.base import read_id
from models.documents.guarded import update_where
from models.documents.link import Link
from models.documents.store import Session
from models.errors import LinkRefused
from models.services.events import record_event
from models.services.identifying import actor_for
from models.services.links import end_links, peek, use_link
from models.services.locking import subject_of
from models.services.passwords import check_password, hash_password
from models.services.sessions import end_sessions
from models.services.site import Site
from models.services.variables import operator_of


async def account_of(site: Site, token: str) -> Account:
    """The account whose password a link sets, without using the link. Raises LinkRefused."""
    return await _account_behind(await peek(site, token))


async def _account_behind(link: Link) -> Account:
    setting = link.account_id is not None and link.purpose == "set_password"
    account = await Account.get(link.account_id) if setting else None
    if account is None or account.status not in ("invited", "active"):
        raise LinkRefused
    return account


async def around(site: Site, account: Account) -> list[str]:
    """What everybody knows of an account's owner, and no password may be made of alone."""
    operator = await operator_of(site, account.operator_id) if account.operator_id else None
    described = site.configuration.site
    known = [account.login, account.name, account.email.partition("@")[0]]
    known += [described.name("ja"), described.name("en"), described.organisation("en")]
    return known + ([operator.title, operator.number] if operator else [])


async def set_password(site: Site, token: str, password: str) -> Account:
    """Set the password a one-time link allows. Every session and every other such link of the account end
    with it. A locked account stays locked: who unlocks it has seen why it was (R23).

    Raises LinkRefused, AnswersInvalid (path ``password``)."""
    account = await account_of(site, token)
    check_password(password, await around(site, account))
    hashed = await asyncio.to_thread(hash_password, password)

    async def body(session: Session) -> Account:
        await use_link(site, token, "set_password", session)
        return await keep_password(site, account, hashed, session)

    return await site.store.transaction(body)


async def keep_password(site: Site, account: Account, hashed: str, session: Session) -> Account:
    """Keep a new password within a transaction: old sessions and links die at once (R24)."""
    values: dict[str, Any] = {"password_hash": hashed, "status": "active", "password_changed_at": site.now()}
    where = {"_id": account.id, "status": {"$in": ["invited", "active"]}}
    changed = await update_where(Account, where, {"$set": {"failures": 0, **values}}, session)
    if changed is None:
        raise LinkRefused
    await end_sessions(read_id(account.id), session)
    await end_links(site, read_id(account.id), session)
    await record_event(
        site,
        actor_for(account),
        "account.password_set",
        subject_of(account),
        session,
        operator_id=account.operator_id,
    )
    return changed
