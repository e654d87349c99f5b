"""The people a record waits for: the accounts behind the parties of its lifecycle, to mail and to tell."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from models.documents.account import Account
from models.documents.base import Id
from models.documents.record import Record, RecordVersion
from models.documents.store import Session
from models.grants import PERMISSIONS
from models.permissions import Actor, may_use
from models.services.identifying import acting
from models.services.inbox_readers import of_operator, readers
from models.services.lifecycle_mails import flow_of
from models.services.messages import Recipient
from models.services.recipients import ROLE_LIMIT, people_of_operator
from models.services.roles import staff_roles
from models.services.seeing import is_in_reach
from models.services.sides import side_named
from models.services.site import Site
from models.services.turns import parties_of

Side = Literal["staff", "operator"]

VERSIONS = 50
"""Versions of a record looked through for people who had to do with it."""

ACTING = "record.act"
"""The permission of the staff who are told where a lifecycle names no role of theirs."""

VIEWING: Mapping[Side, str] = {"staff": "record.view", "operator": "record.view_own"}
"""The permission without which nobody is told of a record."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody a record waits for, and on which side."""

    side: Side
    recipient: Recipient


async def people_of(site: Site, record: Record) -> list[Holder]:
    """Whom mails about the turn of a record go to: its operator, the staff of the roles it waits for; only
    those to whom the row rules leave it, for the mails name it."""
    found: list[Holder] = []
    sides = {side_named(party, record) for party in parties_of(site, record)}
    if "operator" in sides:
        ruled = bool(site.registry.current(record.type).definition.access)
        own = {"operator_id": record.operator_id, "roles": "administrator", "status": "active"}
        theirs = await (
            _reached(site, record, own) if ruled else people_of_operator(site, record.operator_id)
        )
        found += [Holder("operator", each) for each in theirs]
    if roles := roles_of(site, record):
        ours = await _reached(site, record, {"kind": "staff", "roles": {"$in": roles}, "status": "active"})
        found += [Holder("staff", each) for each in ours]
    return found


async def _reached(site: Site, record: Record, where: Mapping[str, Any]) -> list[Recipient]:
    found = await Account.find(where).limit(ROLE_LIMIT).to_list()
    return [
        Recipient(account.email, account.name, account.language)
        for account in found
        if account.email and await is_in_reach(site, acting(site, account), record.type, record.id)
    ]


async def readers_of(site: Site, record: Record, side: Side, session: Session = None) -> list[Actor]:
    """The people of a side a record waits for who may act now and to whom the row rules leave it: the
    operator's administrators and those of its people who took a step of it; the staff of its roles."""
    needs = VIEWING[side]
    if side == "operator":
        acted = await _acted(record, session)
        found = await of_operator(site, record.operator_id, needs, *acted)
    else:
        found = await readers(site, {"kind": "staff", "roles": {"$in": roles_of(site, record)}}, needs)
    return [
        actor
        for actor in found
        if may_use(actor, record.type) and await is_in_reach(site, actor, record.type, record.id)
    ]


async def _acted(record: Record, session: Session) -> list[Id]:
    """The people of its operator who wrote one of its last versions."""
    where = {"record_id": record.id, "by.kind": "operator", "by.id": {"$ne": None}}
    found = RecordVersion.raw().find(where, {"by.id": 1}, session=session).sort("revision", -1)
    return list(dict.fromkeys([row["by"]["id"] async for row in found.limit(VERSIONS)]))


def roles_of(site: Site, record: Record) -> list[str]:
    """The roles of the staff a record waits for: those its lifecycle names as holders, or who may take the
    next step; where it says no more than ``staff``, those who correct records. None of the operator's."""
    parties = [party for party in parties_of(site, record) if side_named(party, record) == "staff"]
    if not parties:
        return []
    known = staff_roles(site)
    named = {party for party in parties if party in known}
    if len(named) == len(parties):
        return sorted(named)
    steps = set(_next(site, record)) & set(known)
    return sorted(named | (steps or set(PERMISSIONS[ACTING].holders) & set(known)))


def _next(site: Site, record: Record) -> Iterator[str]:
    """Who may take a step from where a record is."""
    for step in flow_of(site, record).transitions.values():
        if record.lifecycle in step.origins:
            yield from step.by
