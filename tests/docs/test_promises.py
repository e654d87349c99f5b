"""Sentences of the manual that promise something, tried: a log whose alteration shows, an ID issued once."""

from collections.abc import Mapping
from typing import Any

import pytest

from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import new_id
from models.documents.event import Event, Subject
from models.documents.record import Record
from models.documents.store import Session
from models.errors import AuditBroken, TransitionRefused
from models.permissions import Actor
from models.services.effects import Work, issue_administrator
from models.services.events import record_event
from models.services.sealing import seal, verify
from models.services.site import Site


async def told(site: Site, *actions: str) -> int:
    """Some events, sealed; how many stood before them (the start publishes the record types)."""
    while await seal(site):
        continue
    before = (await verify()).count
    for action in actions:
        await record_event(site, Actor(kind="visitor"), action, Subject(kind="application"), None)
    while await seal(site):
        continue
    return before


async def test_a_log_nobody_touched_verifies(site: Site) -> None:
    before = await told(site, "first", "second", "third")
    assert (await verify()).count == before + 3


@pytest.mark.parametrize(
    "alteration",
    [
        {"$set": {"actor.name": "somebody else"}},
        {"$set": {"details.hidden": True}},
        {"$set": {"previous": "0" * 64}},
    ],
)
async def test_an_altered_event_is_found(site: Site, alteration: Mapping[str, Any]) -> None:
    before = await told(site, "first", "second", "third")
    await Event.raw().update_one({"action": "second"}, alteration)
    with pytest.raises(AuditBroken) as broken:
        await verify()
    assert broken.value.values["sequence"] == before + 2


@pytest.mark.parametrize(("gone", "sequence"), [("first", 1), ("second", 2), ("third", 3)])
async def test_a_removed_event_is_found(site: Site, gone: str, sequence: int) -> None:
    before = await told(site, "first", "second", "third")
    await Event.raw().delete_one({"action": gone})
    with pytest.raises(AuditBroken) as broken:
        await verify()
    assert broken.value.values["sequence"] == before + sequence


async def test_an_event_put_in_afterwards_is_found(site: Site) -> None:
    before = await told(site, "first", "second")
    copied = await Event.raw().find_one({"action": "second"})
    await Event.raw().insert_one({**copied, "_id": new_id(), "sequence": before + 3})
    with pytest.raises(AuditBroken):
        await verify()


async def test_an_administrator_is_issued_once_even_after_the_account_is_renamed(site: Site) -> None:
    operator = new_id()
    record = Record(
        _id=operator,
        type="operator",
        number="00000001",
        schema_version=1,
        operator_id=operator,
        lifecycle="active",
        created_at=site.now(),
        updated_at=site.now(),
    )
    application = Application(
        reference="A1",
        type="operator",
        kind="register",
        schema_version=1,
        state="approved",
        data={"name": "海野", "email": "u@example.jp"},
        created_at=site.now(),
        updated_at=site.now(),
    )

    async def issue(session: Session) -> None:
        work = Work(site, Actor(kind="staff"), application, session, record=record)
        await issue_administrator(work, {"name": "name", "email": "email"})

    await site.store.transaction(issue)
    await Account.raw().update_many({}, {"$set": {"login": "renamed", "status": "suspended", "roles": []}})
    with pytest.raises(TransitionRefused):
        await site.store.transaction(issue)
    assert await Account.find({"issued_for": operator}).count() == 1
