"""Changing accounts: names, roles, removal (R22). Addresses change in ``models.services.addresses``."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from models.documents.account import Account, Halt
from models.documents.base import Id, read_id
from models.documents.guarded import update_where
from models.documents.store import Session
from models.errors import AccountGuarded, AnswersInvalid, RecordChanged
from models.language import Message, Text
from models.permissions import Actor
from models.schema.reading import AnswerError
from models.services.administration import (
    CHANGED,
    administered,
    note,
    read_reason,
    require_another,
    require_no_administrator,
    require_other,
    tell,
)
from models.services.persons import read_name
from models.services.roles import ADMINISTRATOR, assignable, role_label, staff_roles
from models.services.side_words import side_words
from models.services.site import Site
from models.services.stepping_up import require_recent
from models.services.suspending import end_access
from models.services.switches import require_writing

REMOVED = Message("The account was removed: nobody can use it any more.")


def mark_of(account: Account) -> str:
    """What a form carries of the account it was drawn from: it differs once somebody changed it."""
    told = [account.name, account.email, account.status, *sorted(account.roles)]
    return sha256("\x00".join(told).encode()).hexdigest()[:16]


def roles_for(site: Site, account: Account) -> dict[str, Text]:
    """The roles an account of this kind may be given, by name."""
    if account.kind == "staff":
        return dict(staff_roles(site))
    given = site.configuration.site.delegates
    among = given.roles if account.delegation and given else tuple(assignable(site))
    return {name: role_label(site, name) for name in among}


async def change_user(
    site: Site, actor: Actor, account_id: Id, *, name: str, roles: Sequence[str], mark: str
) -> Account:
    """Change the name and the roles of an account one administers; `mark` is that of the account seen.

    Raises NotAllowed, NotFound, AccountGuarded (one's own roles, the last system administrator),
    AnswersInvalid (paths ``name``, ``roles``), RecordChanged, ConfirmationRequired, WritingStopped."""
    account = await administered(actor, account_id)
    await require_writing(site, actor)
    kept = read_name(name)
    wanted = _read_roles(site, account, roles)
    if wanted != account.roles:
        require_other(actor, account)
    require_recent(site, actor)
    if mark != mark_of(account) or account.status == "deleted":
        raise RecordChanged(CHANGED)
    if kept == account.name and wanted == account.roles:
        return account
    return await _change(site, actor, account, {"name": kept, "roles": wanted})


def _read_roles(site: Site, account: Account, roles: Sequence[str]) -> list[str]:
    if ADMINISTRATOR in account.roles and account.kind == "operator":
        return account.roles
    known = roles_for(site, account)
    wanted = [name for name in known if name in roles]
    one = account.kind == "operator"
    if not wanted or set(roles) - set(known) or (one and len(wanted) > 1):
        said = Message("Choose one of the roles." if one else "Choose at least one of the roles.")
        raise AnswersInvalid((AnswerError("roles", "choice", said),))
    return wanted


async def _change(site: Site, actor: Actor, account: Account, values: dict[str, Any]) -> Account:
    told = _told(site, account, values)

    async def body(session: Session) -> Account:
        if values["roles"] != account.roles and "system_administrator" not in values["roles"]:
            await require_another(account, session)
        seen = {"_id": account.id, "name": account.name, "roles": account.roles, "status": account.status}
        changed = await update_where(Account, seen, {"$set": values}, session)
        if changed is None:
            raise RecordChanged(CHANGED)
        await tell(site, actor, changed, told, session)
        details = {"roles": values["roles"], "before": account.roles}
        await note(site, actor, "account.changed", changed, session, **details)
        return changed

    return await site.store.transaction(body)


def _told(site: Site, account: Account, values: dict[str, Any]) -> Message:
    labels = [role_label(site, name) for name in values["roles"]]
    roles = Text(ja="、".join(each.ja for each in labels), en=", ".join(each("en") for each in labels))
    facts = {"name": values["name"], "roles": roles}
    return Message("Your name or your role was changed. Name: {name}. Role: {roles}.", facts)


async def remove_user(site: Site, actor: Actor, account_id: Id, reason: str) -> Account:
    """Remove an account one administers, for good: nobody signs in with it, and its login is never given
    again; what it did stays with its name.

    Raises NotAllowed, NotFound, AccountGuarded (one's own, an operator's administrator, the last system
    administrator, removed already), ConfirmationRequired, AnswersInvalid (path ``reason``),
    WritingStopped."""
    account = await administered(actor, account_id)
    require_other(actor, account)
    require_no_administrator(actor, account)
    if ADMINISTRATOR in account.roles:
        raise AccountGuarded("Name another administrator of this {operator} first.", **side_words(site))
    await require_writing(site, actor)
    require_recent(site, actor)
    why = read_reason(reason)

    async def body(session: Session) -> Account:
        await require_another(account, session)
        return await _remove(site, actor, account, why, session)

    return await site.store.transaction(body)


async def _remove(site: Site, actor: Actor, account: Account, reason: str, session: Session) -> Account:
    halt = Halt(reason=reason, at=site.now(), by=actor.person)
    values = {"status": "deleted", "halt": halt.model_dump(), "password_hash": None, "asked_address": None}
    where = {"_id": read_id(account.id), "status": {"$ne": "deleted"}}
    removed = await update_where(Account, where, {"$set": values}, session)
    if removed is None:
        raise AccountGuarded("This account has been removed already.")
    await end_access(site, removed, session)
    await tell(site, actor, removed, REMOVED, session, reason)
    await note(site, actor, "account.removed", removed, session, reason=reason)
    return removed
