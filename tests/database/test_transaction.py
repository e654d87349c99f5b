"""Transactions: all or nothing, no conflict for the caller, an end in time."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest
from bson import ObjectId
from pymongo.errors import DuplicateKeyError, OperationFailure

from app.database import UNCERTAIN, Database, Timeouts, honest, open_database, process
from models.documents.store import Session, Store
from models.errors import AlreadyOpen, DatabaseUnavailable
from tests.halting import halt

WRITE_CONFLICT = 112


async def test_a_database_is_a_store(store: Database) -> None:
    domain: Store = store
    assert domain.transactional


async def test_both_writes_of_a_committed_transaction_are_there(store: Database) -> None:
    async def body(session: Session) -> str:
        await store.mongo.records.insert_one({"_id": 1}, session=session)
        await store.mongo.events.insert_one({"_id": 1}, session=session)
        return "done"

    assert await store.transaction(body) == "done"
    assert await store.mongo.records.count_documents({}) == 1
    assert await store.mongo.events.count_documents({}) == 1


async def test_a_typed_error_comes_out_as_it_is_and_nothing_is_kept(store: Database) -> None:
    refusal = AlreadyOpen()

    async def body(session: Session) -> None:
        await store.mongo.records.insert_one({"_id": 1}, session=session)
        raise refusal

    with pytest.raises(AlreadyOpen) as caught:
        await store.transaction(body)
    assert caught.value is refusal
    assert await store.mongo.records.count_documents({}) == 0


async def test_control_without_the_session_the_write_stays(store: Database) -> None:
    async def body(_session: Session) -> None:
        await store.mongo.records.insert_one({"_id": 1})
        raise AlreadyOpen

    with pytest.raises(AlreadyOpen):
        await store.transaction(body)
    assert await store.mongo.records.count_documents({}) == 1


async def test_a_duplicate_key_passes_through(store: Database) -> None:
    await store.mongo.records.insert_one({"_id": 1})

    async def body(session: Session) -> None:
        await store.mongo.records.insert_one({"_id": 1}, session=session)

    with pytest.raises(DuplicateKeyError):
        await store.transaction(body)


async def test_two_transactions_on_one_document_both_succeed(store: Database) -> None:
    counter = ObjectId()
    await store.mongo.counters.insert_one({"_id": counter, "n": 0})

    async def body(session: Session) -> None:
        row = await store.mongo.counters.find_one({"_id": counter}, session=session)
        assert row is not None
        await asyncio.sleep(0.02)
        await store.mongo.counters.update_one(
            {"_id": counter}, {"$set": {"n": row["n"] + 1}}, session=session
        )

    await asyncio.gather(*(store.transaction(body) for _ in range(4)))
    row = await store.mongo.counters.find_one({"_id": counter})
    assert row is not None
    assert row["n"] == 4


async def test_control_hand_written_transactions_conflict(store: Database) -> None:
    await store.mongo.counters.insert_one({"_id": 1, "n": 0})
    client = store.mongo.client
    async with client.start_session() as first, client.start_session() as second:
        await first.start_transaction()
        await second.start_transaction()
        await store.mongo.counters.update_one({"_id": 1}, {"$inc": {"n": 1}}, session=first)
        with pytest.raises(OperationFailure) as caught:
            await store.mongo.counters.update_one({"_id": 1}, {"$inc": {"n": 1}}, session=second)
    assert caught.value.code == WRITE_CONFLICT


async def test_reads_and_writes_are_majority_and_journaled(store: Database) -> None:
    assert store.mongo.write_concern.document == {"w": "majority", "wtimeout": 5000, "j": True}
    assert store.mongo.read_concern.level == "majority"


@pytest.mark.fault
async def test_a_mute_database_is_reported_within_the_deadline(tmp_path: Path) -> None:
    timeouts = Timeouts(selection=0.5, answer=60, transaction=1.0)
    async with open_database("embedded:", data_dir=tmp_path, owner=True, timeouts=timeouts) as database:
        [pid] = process.orphans(tmp_path)

        async def body(session: Session) -> None:
            await database.mongo.records.insert_one({"n": 1}, session=session)

        await database.transaction(body)
        halt(pid)
        try:
            before = time.monotonic()
            with pytest.raises(DatabaseUnavailable):
                await database.transaction(body)
            assert time.monotonic() - before < 3

            async with database.mongo.client.start_session() as session:  # control: the driver alone goes on
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(session.with_transaction(body), 3)
        finally:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.fault
async def test_an_unknown_end_is_told_as_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(process.PARAMETERS, "enableTestCommands", "1")
    timeouts = Timeouts(transaction=2.0)
    async with open_database("embedded:", data_dir=tmp_path, owner=True, timeouts=timeouts) as database:

        async def body(session: Session) -> None:
            await database.mongo.records.insert_one({"n": 1}, session=session)

        async def fail(command: str) -> str:
            data = {"failCommands": [command], "closeConnection": True}
            order = {"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": data}
            await database.mongo.client.admin.command(order)
            with pytest.raises(DatabaseUnavailable) as caught:
                await database.transaction(body)
            await database.mongo.client.admin.command({**order, "mode": "off"})
            return caught.value.public

        assert await fail("commitTransaction") == UNCERTAIN
        assert await fail("insert") == DatabaseUnavailable.message


@pytest.mark.fault
async def test_a_connection_lost_inside_a_body_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(process.PARAMETERS, "enableTestCommands", "1")
    async with open_database("embedded:", data_dir=tmp_path, owner=True) as database:
        runs = 0

        async def body(session: Session) -> None:
            nonlocal runs
            runs += 1
            with honest():  # as a repository does, for use outside of transactions too
                await database.mongo.records.insert_one({"n": 1}, session=session)

        await database.mongo.client.admin.command(
            "configureFailPoint",
            "failCommand",
            mode={"times": 2},
            data={"failCommands": ["insert"], "closeConnection": True},
        )
        await database.transaction(body)
        assert runs > 1
        assert await database.mongo.records.count_documents({}) == 1
