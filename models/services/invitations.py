"""Inviting people: the mail with the one-time link that sets a password."""

from datetime import timedelta

from models.documents.account import Account
from models.documents.base import new_id
from models.documents.event import Subject
from models.documents.guarded import insert_or
from models.documents.link import Link
from models.documents.store import Session
from models.errors import DuplicateValue, NotFound, TooManyRequests, TransitionRefused
from models.language import Language
from models.permissions import SYSTEM, Actor, require
from models.services.accounts import issued_letter
from models.services.events import record_event
from models.services.messages import queue_letter
from models.services.resuming import read_address
from models.services.site import Site
from models.services.switches import require_writing
from models.services.variables import operator_of

PAUSE = timedelta(minutes=10)
"""How long after an invitation another may be sent."""


async def invite_staff(
    site: Site, *, login: str, name: str, email: str, roles: tuple[str, ...], language: Language = "ja"
) -> Account:
    """Create a staff account without a password and queue the mail that lets its owner set one.

    Raises AnswersInvalid (address), TransitionRefused (unknown role), DuplicateValue (login taken)."""
    unknown = [role for role in roles if role not in site.configuration.site.roles]
    if unknown or not roles:
        known = ", ".join(site.configuration.site.roles)
        raise TransitionRefused(
            "Unknown role: {unknown}. There are: {known}.", unknown=", ".join(unknown), known=known
        )
    account = Account(
        id=new_id(),
        login=login.strip(),
        kind="staff",
        name=name.strip(),
        email=read_address(email),
        roles=list(roles),
        language=language,
        created_at=site.now(),
    )
    letter = issued_letter(account)

    async def body(session: Session) -> None:
        await insert_or(DuplicateValue(field="login"), account, session)
        await queue_letter(site, letter, session)
        subject = Subject(kind="account", id=account.id, label=account.login)
        await record_event(site, SYSTEM, "account.issued", subject, session)

    await site.store.transaction(body)
    return account


async def invite_again(site: Site, actor: Actor, login: str) -> Account:
    """Mail a user of the administrator's operator who has not set a password yet a new link to do so.

    Raises NotAllowed, NotFound (no such user, or nothing to accept), TooManyRequests (one was sent within
    PAUSE)."""
    require(actor, "account.issue")
    await require_writing(site, actor)
    where = {"operator_id": actor.operator_id, "login": login[:64], "status": "invited"}
    account = await Account.find_one(where) if actor.operator_id else None
    if account is None:
        raise NotFound
    recent = {"account_id": account.id, "created_at": {"$gt": site.now() - PAUSE}}
    if await Link.raw().find_one(recent, {"_id": 1}) is not None:
        raise TooManyRequests
    operator = await operator_of(site, actor.operator_id)
    letter = issued_letter(account, operator.title if operator else "", f"{site.now():%Y%m%dT%H%M%S}")

    async def body(session: Session) -> None:
        await queue_letter(site, letter, session)
        subject = Subject(kind="account", id=account.id, label=account.login)
        await record_event(
            site, actor, "account.invited_again", subject, session, operator_id=actor.operator_id
        )

    await site.store.transaction(body)
    return account
