"""Addresses that live again: because somebody opened a link mailed there, or because the staff say so."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models.documents.account import Account
from models.documents.base import read_id
from models.documents.dead_address import DeadAddress, Revival, address_key
from models.documents.event import Subject
from models.documents.guarded import update_where
from models.documents.store import Session
from models.permissions import SYSTEM, Actor
from models.services.events import record_event
from models.services.site import Site

ACCOUNTS = 20
"""Most accounts of one address that are marked; there is to be one."""


async def owners_of(row: DeadAddress, session: Session) -> list[Account]:
    """The accounts whose mails go to an address (at most ACCOUNTS)."""
    where = {"email": row.written, "status": {"$ne": "deleted"}}
    return await Account.find(where, session=session).limit(ACCOUNTS).to_list()


def address_subject(row: DeadAddress) -> Subject:
    """An address as events name it: never by itself."""
    return Subject(kind="address", id=read_id(row.id))


async def note_opened(site: Site, address: str, made_at: datetime, session: Session) -> bool:
    """Somebody opened a link made at `made_at` and mailed to `address`: if that had died before,
    it lives again. True where that was so."""
    where = {"address": address_key(address), "dead_at": {"$ne": None, "$lt": made_at}}
    return await revive(site, SYSTEM, where, "", session)


async def revive(site: Site, actor: Actor, where: Mapping[str, Any], reason: str, session: Session) -> bool:
    """Let mails go to the dead address that matches again, and take the mark off whoever has it; False when
    none matches."""
    revived = Revival(by=actor.person, at=site.now(), reason=reason)
    values: dict[str, Any] = {"dead_at": None, "gone": False, "failures": [], "revived": revived.model_dump()}
    row = await update_where(DeadAddress, where, {"$set": values, "$inc": {"revision": 1}}, session)
    if row is None:
        return False
    for account in await owners_of(row, session):
        await update_where(Account, {"_id": account.id}, {"$set": {"unreachable_since": None}}, session)
        subject, operator = Subject(kind="account", id=account.id, label=account.login), account.operator_id
        await record_event(site, actor, "account.reachable", subject, session, operator_id=operator)
    await record_event(site, actor, "address.put_right", address_subject(row), session, reason=reason)
    return True
