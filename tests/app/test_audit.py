"""``python -m app audit verify``: the event log of a journey holds, and whatever is done to it shows."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from app.database import Database, open_database
from app.opening import build_site
from app.settings import ROOT, Settings
from models.configuration.load import Configuration
from models.documents.chain import digest
from models.documents.store import Mongo
from models.errors import AuditBroken
from models.services import sealing
from models.services.sealing import seal, verify
from models.services.steps import take_step
from tests.services.conftest import staff
from tests.services.test_journey import proposed

Tampering = Callable[[Mongo], Awaitable[object]]


@dataclass
class Journey:
    """The database after an operator's whole registration, its events sealed."""

    mongo: Mongo
    environment: dict[str, str]
    events: list[dict[str, Any]]
    head: dict[str, Any]

    async def verify(self) -> tuple[int, str]:
        """Exit status and words of the command."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app", "audit", "verify"),
            cwd=ROOT,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, said.decode()

    async def restore(self) -> None:
        await self.mongo["events"].delete_many({})
        await self.mongo["events"].insert_many(self.events)
        await self.mongo["counters"].replace_one({"_id": "events"}, self.head)


@pytest_asyncio.fixture(scope="module")
async def journey(
    mongod: Database, tmp_path_factory: pytest.TempPathFactory, configuration: Configuration
) -> AsyncIterator[Journey]:
    folder = tmp_path_factory.mktemp("audit")
    url = mongod.address.replace("/toroku?", f"/audit-{uuid4().hex[:12]}?")
    async with open_database(url, data_dir=folder, owner=False) as database:
        site = await build_site(Settings(data=folder), configuration, database)
        await database.mongo["events"].delete_many({})  # of the start, so that the journey's are the first
        application = await proposed(site, await staff(site, "reviewer", "reviewer"))
        await take_step(site, await staff(site, "approver", "approver"), application, "approve")
        await seal(site)
        events = await database.mongo["events"].find().sort("sequence", 1).to_list()
        head = await database.mongo["counters"].find_one({"_id": "events"})
        assert head is not None
        environment = {**os.environ, "TOROKU_DATA": str(folder), "TOROKU_DATABASE_URL": url}
        yield Journey(database.mongo, environment, events, head)
        await database.mongo.client.drop_database(database.mongo.name)


async def alter(mongo: Mongo) -> None:
    await mongo["events"].update_one({"sequence": 3}, {"$set": {"actor.name": "somebody else"}})


async def backdate(mongo: Mongo) -> None:
    found = await mongo["events"].find_one({"sequence": 3})
    assert found is not None
    earlier = found["at"] - timedelta(milliseconds=1)
    await mongo["events"].update_one({"sequence": 3}, {"$set": {"at": earlier}})


async def add_a_detail(mongo: Mongo) -> None:
    await mongo["events"].update_one({"sequence": 3}, {"$set": {"details.note": "added"}})


async def delete(mongo: Mongo) -> None:
    await mongo["events"].delete_one({"sequence": 3})


async def delete_and_close_the_gap(mongo: Mongo) -> None:
    await delete(mongo)
    async for event in mongo["events"].find({"sequence": {"$gt": 3}}).sort("sequence", 1):
        await mongo["events"].update_one({"_id": event["_id"]}, {"$inc": {"sequence": -1}})


async def swap(mongo: Mongo) -> None:
    one, other = [await mongo["events"].find_one({"sequence": n}) for n in (3, 4)]
    assert one is not None
    assert other is not None
    for event, sequence in ((one, 9000), (other, 3), (one, 4)):
        await mongo["events"].update_one({"_id": event["_id"]}, {"$set": {"sequence": sequence}})


async def insert(mongo: Mongo) -> None:
    """In the middle: those behind make room, as somebody would who knows how numbers work."""
    async for event in mongo["events"].find({"sequence": {"$gte": 3}}).sort("sequence", -1):
        await mongo["events"].update_one({"_id": event["_id"]}, {"$inc": {"sequence": 1}})
    before = await mongo["events"].find_one({"sequence": 2})
    assert before is not None
    await mongo["events"].insert_one(_forged(3, before["hash"]))


def _forged(sequence: int, previous: str) -> dict[str, Any]:
    """An event that never happened, its own hash correct."""
    event = {
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "actor": {"kind": "staff", "id": None, "name": "nobody"},
        "action": "application.approve",
        "subject": {"kind": "application", "id": None, "label": ""},
        "details": {},
    }
    return {**event, "sequence": sequence, "previous": previous, "hash": digest(event, sequence, previous)}


async def insert_knowing_the_chain(mongo: Mongo) -> None:
    """With a correct hash of its own: then the event behind it no longer follows."""
    await insert(mongo)
    found = await mongo["events"].find_one({"sequence": 3})
    assert found is not None
    values = {"hash": digest(found, 3, found["previous"])}
    await mongo["events"].update_one({"_id": found["_id"]}, {"$set": values})


async def append(mongo: Mongo) -> None:
    """An event hung on at the end does not fit the head."""
    last = await mongo["events"].find_one(sort=[("sequence", -1)])
    assert last is not None
    await mongo["events"].insert_one(_forged(last["sequence"] + 1, last["hash"]))


def move_head(**values: object) -> Tampering:
    async def move(mongo: Mongo) -> None:
        await mongo["counters"].update_one({"_id": "events"}, {"$set": values})

    return move


LAST = 7
"""Events of the journey: begun, submitted, three steps, and an account issued between effect and step."""

BY_COMMAND: dict[str, tuple[Tampering, int]] = {
    "altered": (alter, 3),
    "deleted": (delete, 3),
    "inserted": (insert, 3),
    "head": (move_head(hash="0" * 64), LAST + 1),
}

BY_SERVICE: dict[str, tuple[Tampering, int]] = {
    "backdated": (backdate, 3),
    "a detail added": (add_a_detail, 3),
    "deleted, gap closed": (delete_and_close_the_gap, 3),
    "swapped": (swap, 3),
    "inserted, knowing the chain": (insert_knowing_the_chain, 4),
    "appended": (append, LAST + 1),
    "head behind": (move_head(value=3), LAST + 1),
    "head before": (move_head(value=10_000), LAST + 1),
}


@pytest_asyncio.fixture
async def tampered(journey: Journey) -> AsyncIterator[Journey]:
    """The same journey, put right again afterwards."""
    yield journey
    await journey.restore()


@pytest.mark.parametrize("way", BY_COMMAND)
async def test_the_command_fails_and_names_the_first_event_at_fault(tampered: Journey, way: str) -> None:
    tampering, sequence = BY_COMMAND[way]
    await tampering(tampered.mongo)
    status, said = await tampered.verify()
    assert status == 1
    assert f"T-A001 監査記録の検証に失敗しました（{sequence} 番の記録" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("way", BY_SERVICE)
async def test_nothing_done_to_the_chain_stays_hidden(tampered: Journey, way: str) -> None:
    tampering, sequence = BY_SERVICE[way]
    await tampering(tampered.mongo)
    with pytest.raises(AuditBroken) as found:
        await verify()
    assert found.value.values["sequence"] == sequence


async def test_control_with_the_same_hash_for_everything_an_altered_event_passes(
    tampered: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hash is what finds it: a digest that does not look at the event finds nothing."""
    await alter(tampered.mongo)
    kept = {event["sequence"]: event["hash"] for event in tampered.events}
    monkeypatch.setattr(sealing, "digest", lambda _event, sequence, _previous: kept[sequence])
    assert (await verify()).count == LAST


async def test_control_untouched_the_log_of_a_journey_verifies(journey: Journey) -> None:
    status, said = await journey.verify()
    assert status == 0, said
    assert f"{len(journey.events)} 件" in said
    assert len(journey.events) == LAST
    assert journey.head["hash"][:16] in said
