"""A database is prepared once for each state of the definitions, and again whenever something is missing."""

from collections.abc import Iterator

import pytest
from pymongo.errors import WriteError

from app.database import Database
from app.opening import configuration_of
from app.settings import Settings
from models.configuration.load import Configuration
from models.documents.base import new_id
from models.documents.prepare import MARK, Kind, prepare


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    return configuration_of(Settings(data=tmp_path_factory.mktemp("data")))


@pytest.fixture
def kinds(configuration: Configuration) -> list[Kind]:
    return list(_kinds(configuration))


def _kinds(configuration: Configuration) -> Iterator[Kind]:
    for kind in configuration.record_types.values():
        yield kind, configuration.lifecycles[kind.lifecycle]


async def names(store: Database, collection: str) -> set[str]:
    return set(await store.mongo[collection].index_information())


async def test_what_was_prepared_is_not_prepared_again(store: Database, kinds: list[Kind]) -> None:
    await prepare(store, kinds)
    await store.mongo["operators"].drop_index("search")
    await prepare(store, kinds)
    assert "search" not in await names(store, "operators")


async def test_without_its_mark_it_is_prepared_again(store: Database, kinds: list[Kind]) -> None:
    """The control of the test above."""
    await prepare(store, kinds)
    await store.mongo["operators"].drop_index("search")
    await store.mongo[MARK].delete_many({})
    await prepare(store, kinds)
    assert "search" in await names(store, "operators")


async def test_a_dropped_collection_comes_back_with_wall_and_indexes(
    store: Database, kinds: list[Kind]
) -> None:
    await prepare(store, kinds)
    before = await names(store, "operators")
    await store.mongo["operators"].drop()
    await store.mongo["operators"].insert_one({"made": "by hand"})
    await store.mongo["operators"].drop()
    await prepare(store, kinds)
    assert await names(store, "operators") == before
    options = await store.mongo["operators"].options()
    assert "$jsonSchema" in options["validator"]


def with_another_index(kinds: list[Kind]) -> list[Kind]:
    """The same definitions, with the index of one more field."""
    kind, lifecycle = next(pair for pair in kinds if pair[0].name == "operator")
    fields = tuple(f.model_copy(update={"index": f.index or f.name == "address"}) for f in kind.fields)
    changed = kind.model_copy(update={"fields": fields})
    return [(changed, lifecycle), *(pair for pair in kinds if pair[0] is not kind)]


async def test_a_changed_definition_brings_its_index(store: Database, kinds: list[Kind]) -> None:
    await prepare(store, kinds)
    assert "by_address" not in await names(store, "operators")
    await prepare(store, with_another_index(kinds))
    assert "by_address" in await names(store, "operators")


async def test_going_back_to_earlier_definitions_prepares_again(store: Database, kinds: list[Kind]) -> None:
    await prepare(store, kinds)
    await prepare(store, with_another_index(kinds))
    await store.mongo["operators"].drop_index("search")
    await prepare(store, kinds)
    assert "search" in await names(store, "operators")


async def test_the_second_wall_refuses_what_is_no_record(store: Database, kinds: list[Kind]) -> None:
    """Control: the same document with its envelope is taken."""
    await prepare(store, kinds)
    whole = {
        "type": "operator",
        "number": "1",
        "schema_version": 1,
        "operator_id": new_id(),
        "lifecycle": "active",
        "data": {},
        "revision": 1,
    }
    for missing in ("number", "schema_version", "data", "revision"):
        with pytest.raises(WriteError, match="failed validation"):
            await store.mongo["operators"].insert_one({k: v for k, v in whole.items() if k != missing})
    await store.mongo["operators"].insert_one(whole)
