"""Accounts for tests: an operator's people, a member of staff, and who acts with them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.documents.account import Account
from models.documents.base import Id, new_id, read_id
from models.documents.message import Message
from models.permissions import Actor
from models.services.identifying import acting
from models.services.site import Site


async def somebody(site: Site, operator: Id | None, *roles: str, **values: Any) -> Account:
    """An account that can sign in."""
    number = await Account.find({}).count()
    facts: Mapping[str, Any] = {
        "login": f"T{number:07}",
        "kind": "operator" if operator else "staff",
        "name": f"電力 {number}郎",
        "email": f"p{number}@example.co.jp",
        "roles": list(roles),
        "operator_id": operator,
        "status": "active",
        "password_hash": "kept",
        "created_at": site.now(),
    }
    account: Account = Account.model_validate({**facts, **values})
    await account.insert()
    return account


def signed_in(site: Site, account: Account) -> Actor:
    """Who just entered the password of an account."""
    return replace(acting(site, account), confirmed_at=site.now())


def id_of(account: Account) -> Id:
    return read_id(account.id)


async def again(account: Account) -> Account:
    """The account as it is stored now."""
    found: Account | None = await Account.get(account.id)
    assert found is not None
    return found


async def mails_to(address: str) -> list[Message]:
    """What was sent to an address, the oldest first."""
    return await Message.find({"to_address": address}).sort("created_at").to_list()


@dataclass
class Company:
    """An operator's people."""

    operator: Id
    administrator: Account
    user: Account
    head: Actor


async def new_company(site: Site, operator: Id | None = None) -> Company:
    """An operator with an administrator, just signed in, and a user."""
    operator = operator or new_id()
    administrator = await somebody(site, operator, "administrator", issued_for=operator)
    user = await somebody(site, operator, "user")
    return Company(operator, administrator, user, signed_in(site, administrator))
