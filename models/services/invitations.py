"""Inviting people: the mail with the one-time link that sets a password."""

import re
from collections.abc import Sequence
from datetime import timedelta

from models.documents.account import Account
from models.documents.base import new_id
from models.documents.event import Subject
from models.documents.guarded import insert_or
from models.documents.link import Link
from models.documents.store import Session
from models.errors import AnswersInvalid, DuplicateValue, NotFound, TooManyRequests, TransitionRefused
from models.language import Language, Message
from models.permissions import SYSTEM, Actor, require
from models.schema.reading import AnswerError
from models.services.accounts import issued_letter
from models.services.events import record_event
from models.services.messages import queue_letter
from models.services.persons import read_name, require_natural
from models.services.resuming import read_address
from models.services.roles import staff_roles
from models.services.site import Site
from models.services.stepping_up import require_recent
from models.services.switches import require_writing
from models.services.variables import operator_of

PAUSE = timedelta(minutes=10)
"""How long after an invitation another may be sent."""


LOGIN = re.compile(r"[a-z][a-z0-9._-]{2,31}")
"""Forms of the IDs of the staff."""


async def issue_staff(
    site: Site,
    actor: Actor,
    *,
    login: str,
    name: str,
    email: str,
    roles: Sequence[str],
    sure: bool = False,
) -> Account:
    """Issue an account of the staff: one natural person, invited by mail; who is `sure` has set doubts about
    that aside.

    Raises NotAllowed, AnswersInvalid (paths ``login``, ``name``, ``email``, ``roles``, ``natural``),
    DuplicateValue (``login``), ConfirmationRequired."""
    require(actor, "account.issue_staff")
    if LOGIN.fullmatch(login.strip()) is None:
        msgid = "Use 3 to 32 small letters, digits, dots, hyphens and underscores, beginning with a letter."
        raise AnswersInvalid((AnswerError("login", "format", Message(msgid)),))
    kept, address, known = read_name(name), read_address(email), staff_roles(site)
    if not roles or set(roles) - set(known):
        said = Message("Choose at least one of the roles.")
        raise AnswersInvalid((AnswerError("roles", "choice", said),))
    await require_natural(kept, address, None, sure=sure)
    require_recent(site, actor)
    given = tuple(name for name in known if name in roles)
    return await invite_staff(site, login=login, name=kept, email=address, roles=given, actor=actor)


async def invite_staff(
    site: Site,
    *,
    login: str,
    name: str,
    email: str,
    roles: tuple[str, ...],
    language: Language = "ja",
    actor: Actor = SYSTEM,
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
        await record_event(site, actor, "account.issued", subject, session)

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
