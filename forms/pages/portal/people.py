"""What the pages about accounts share: an account in words, errors at their fields, the account an address
names."""

from collections.abc import Mapping
from typing import Any

from forms.pages.visit import Visit
from models.documents.account import Account
from models.documents.base import Id, read_id
from models.errors import AnswersInvalid, NotFound, TorokuError
from models.language import Message, translate
from models.permissions import allowed, require
from models.services.roles import may_act, role_label

STATES: Mapping[str, Message] = {
    "invited": Message("Invited"),
    "active": Message("Active"),
    "suspended": Message("Stopped"),
    "deleted": Message("Removed"),
    "waiting": Message("Not begun yet"),
    "over": Message("Period over"),
    "revoked": Message("Ended"),
    "locked": Message("Locked"),
    "passwordless": Message("Password to be set"),
}

LOCKS: Mapping[str, Message] = {
    "password": Message("A wrong password was entered five times in a row."),
    "code": Message("A wrong one-time code was entered five times in a row."),
    "confirmation": Message("A wrong password was entered where it was asked for again."),
    "attempts": Message("A wrong password was entered very often."),
}
"""Why an account is locked, by the reason kept."""


def state_name(visit: Visit, account: Account) -> str:
    """How an account stands, as one of STATES."""
    given = account.delegation
    if account.status == "deleted":
        return "deleted"
    if given is not None and given.revoked is not None:
        return "revoked"
    if account.status != "active":
        return account.status
    if given is not None and not may_act(visit.site, account):
        return "waiting" if given.begins > visit.site.today().isoformat() else "over"
    if account.lock is not None:
        return "locked"
    return "active" if account.password_hash is not None else "passwordless"


def told(visit: Visit, account: Account) -> dict[str, Any]:
    """An account as a line of a list."""
    name = state_name(visit, account)
    return {
        "account": account,
        "login": account.login,
        "name": account.name,
        "email": account.email,
        "role": "、".join(role_label(visit.site, role)(visit.language) for role in account.roles),
        "state": STATES[name](visit.language),
        "state_name": name,
        "alarming": name not in ("active", "deleted", "waiting"),
        "last": account.last_login_at,
        "me": account.id == visit.actor.account_id,
    }


def problems(visit: Visit, error: TorokuError) -> list[tuple[str, str]]:
    """What is wrong, for the summary: at its field where it is at one."""
    if isinstance(error, AnswersInvalid) and error.errors:
        return [(f"#{each.path}", each.message(visit.language)) for each in error.errors]
    return [("", translate(error.public, visit.language, **error.values))]


async def account_named(visit: Visit) -> Account:
    """The account of the visitor's operator that the address names. Raises NotAllowed, NotFound."""
    require(visit.actor, "account.view_own")
    where = {"operator_id": visit.actor.operator_id, "login": visit.parameter("login")[:64]}
    account = await Account.find_one(where) if visit.actor.operator_id else None
    if account is None:
        raise NotFound
    return account


def id_of(account: Account) -> Id:
    """The identity of a stored account."""
    return read_id(account.id)


def delegating(visit: Visit) -> bool:
    """Whether delegates are named at this site, by this person."""
    return visit.site.configuration.site.delegates is not None and allowed(visit.actor, "delegate.view_own")
