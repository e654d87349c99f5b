"""``memory://`` under Beanie: what its users may rely on, and what not."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import pytest
import pytest_asyncio
from beanie import Document, Indexed, init_beanie
from pymongo.errors import DuplicateKeyError

from app.database import Database, open_database
from models.documents.store import Session


class Sheet(Document):
    number: Annotated[str, Indexed(unique=True)]
    amount: int = 0
    at: datetime = datetime(2026, 4, 1, tzinfo=UTC)

    class Settings:
        name = "sheets"


@pytest_asyncio.fixture(params=["memory", "mongod"])
async def database(
    request: pytest.FixtureRequest, store: Database, tmp_path: Path
) -> AsyncIterator[Database]:
    """The same tests on the real server show that they describe it."""
    if request.param == "mongod":
        yield store
        return
    async with open_database("memory://trial", data_dir=tmp_path, owner=True) as database:
        yield database


@pytest_asyncio.fixture
async def beanie(database: Database) -> Database:
    await init_beanie(database.mongo, document_models=[Sheet])
    return database


async def test_documents_are_created_read_changed_and_deleted(beanie: Database) -> None:
    sheet = await Sheet(number="A-1", amount=1).insert()
    found = await Sheet.get(sheet.id)
    assert found == sheet
    await sheet.set({Sheet.amount: 5})
    assert [row.amount async for row in Sheet.find(Sheet.amount > 3).sort("-amount")] == [5]
    await sheet.delete()
    assert await Sheet.find_all().count() == 0


async def test_aggregation_and_indexes_are_awaited_as_beanie_does(beanie: Database) -> None:
    await Sheet.insert_many([Sheet(number=f"A-{number}", amount=number) for number in range(4)])
    assert await Sheet.find(Sheet.amount > 1).sum(Sheet.amount) == 5
    indexes = [row["name"] async for row in await beanie.mongo.sheets.list_indexes()]
    assert sorted(indexes) == ["_id_", "number_1"]


async def test_unique_indexes_hold(beanie: Database) -> None:
    await Sheet(number="A-1").insert()
    with pytest.raises(DuplicateKeyError):
        await Sheet(number="A-1").insert()


async def test_dates_come_back_with_their_zone(beanie: Database) -> None:
    sheet = await Sheet(number="A-1").insert()
    found = await Sheet.get(sheet.id)
    assert found is not None
    assert found.at == datetime(2026, 4, 1, tzinfo=UTC)


async def test_memory_says_that_it_has_no_transactions(tmp_path: Path) -> None:
    async def body(session: Session) -> str:
        assert session is None
        return "done"

    async with open_database("memory://", data_dir=tmp_path, owner=True) as database:
        assert not database.transactional
        assert database.address == ""
        assert await database.transaction(body) == "done"


async def test_every_memory_database_is_a_new_one(tmp_path: Path) -> None:
    for _ in range(2):
        async with open_database("memory://", data_dir=tmp_path, owner=True) as database:
            assert await database.mongo.records.count_documents({}) == 0
            await database.mongo.records.insert_one({"n": 1})
