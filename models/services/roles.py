"""What an account may do: the roles of the operator's side, and the scope and period of a delegate."""

from collections.abc import Mapping
from typing import Any

from models.configuration.site import OperatorRole
from models.documents.account import Account, Delegation
from models.grants import PERMISSIONS
from models.language import Text
from models.services.site import Site

ADMINISTRATOR, USER = "administrator", "user"

BUILT_IN: Mapping[str, OperatorRole] = {
    ADMINISTRATOR: OperatorRole(label=Text(ja="管理者", en="Administrator")),
    USER: OperatorRole(label=Text(ja="一般ユーザ", en="User")),
}
"""The roles of a site that writes none."""

NEVER_A_DELEGATES = frozenset(
    {
        "account.issue",
        "account.view_own",
        "account.change_own",
        "account.hand_over",
        "delegate.view_own",
        "delegate.manage_own",
        "review.view_own",
        "review.decide_own",
        "certificate.manage",
        "declaration.answer",
        "loss.report_accounts",
    }
)
"""What stays with the operator's own people, whatever a delegate's role says (terms of use 2.3)."""

NOTHING: frozenset[str] = frozenset()


def operator_roles(site: Site) -> Mapping[str, OperatorRole]:
    """The roles of the operator's side by name, the administrator's first."""
    written = site.configuration.site.operator_roles
    if written:
        return written
    named = site.configuration.site.roles
    return {
        name: role.model_copy(update={"label": named.get(name, role.label)})
        for name, role in BUILT_IN.items()
    }


def assignable(site: Site) -> Mapping[str, OperatorRole]:
    """The roles an administrator may give; its own goes on only by a hand-over."""
    return {name: role for name, role in operator_roles(site).items() if name != ADMINISTRATOR}


def staff_roles(site: Site) -> dict[str, Text]:
    """The roles of the staff's side by name: what the site calls a role and operators do not have."""
    operators = {*BUILT_IN, *operator_roles(site)}
    return {name: text for name, text in site.configuration.site.roles.items() if name not in operators}


def role_label(site: Site, name: str) -> Text:
    """What a role is called, of the staff's or the operator's side."""
    role = operator_roles(site).get(name)
    return role.label if role else site.configuration.site.roles.get(name, Text(ja=name, en=name))


def delegation_of(account: Account) -> Delegation | None:
    """For whom and how an account acts that is a delegate's; accounts of hot paths hold it unread."""
    found: Any = account.delegation
    return Delegation.model_validate(found) if isinstance(found, Mapping) else found


def may_act(site: Site, account: Account) -> bool:
    """Whether an account may act now: it is active, and a delegate's period has begun, has not ended, and
    was not ended. Days count in the site's time zone, the first and the last are within."""
    if account.status != "active":
        return False
    given = delegation_of(account)
    if given is None:
        return True
    return given.revoked is None and given.begins <= site.today().isoformat() <= given.ends


def permissions_left(site: Site, account: Account) -> frozenset[str] | None:
    """The permissions that an account's roles and a delegate's scope leave; None: all of the table.

    A role the configuration no longer knows leaves nothing."""
    if account.kind != "operator":
        return None
    given = delegation_of(account)
    left = _of_roles(site, account)
    if given is None:
        return left
    return (frozenset(PERMISSIONS) if left is None else left) - NEVER_A_DELEGATES


def _of_roles(site: Site, account: Account) -> frozenset[str] | None:
    known = operator_roles(site)
    found = [known[name] for name in account.roles if name in known]
    if any(role.may is None for role in found):
        return None
    return NOTHING.union(*(role.may or () for role in found))


def types_left(account: Account) -> frozenset[str] | None:
    """The record types a delegate's scope leaves; None: all."""
    given = delegation_of(account)
    return None if given is None or given.types is None else frozenset(given.types)


def organisation_of(account: Account) -> str:
    """The organisation of a delegate; "" for the operator's own people and the staff."""
    given = delegation_of(account)
    return given.organisation if given else ""
