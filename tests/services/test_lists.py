"""Lists find their rows by an index, page by page in one order whatever is stored, and searches find what a
look at every text would."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from bson.objectid import ObjectId

from app.bench.filling import RARE, fill
from app.database import Database
from models.documents import rows as reading
from models.documents import searching
from models.documents.keyset import beyond, turned
from models.documents.prepare import CODEC
from models.documents.rows import Rows, storable
from models.documents.searching import SearchedRows, searched_rows
from models.errors import SearchTooWide
from models.schema.search import fold
from models.services.indexing import indexing_of
from models.services.site import Site

NOTHING_THERE = object()
VALUES = [
    *(NOTHING_THERE, None, -1, 0, 2.5, Decimal("7.10"), 7, "", "a", "b", "港", {}, {"$gt": 1}),
    *(ObjectId("5" * 24), False, True, datetime(2026, 4, 1, tzinfo=UTC)),
]


async def mixed(store: Database) -> Any:
    """Every kind of value a damaged collection may hold, twice each."""
    things = store.mongo["things"].with_options(codec_options=CODEC)
    rows = [{} if value is NOTHING_THERE else {"v": value} for value in VALUES * 2]
    await things.insert_many([{**row, "_id": ObjectId()} for row in rows])
    return things


async def walked(things: Any, order: Sequence[tuple[str, int]], size: int = 3) -> list[Any]:
    """The ids of every page, each asked for behind the last row of the one before."""
    found: list[Any] = []
    where: Any = {}
    while rows := await things.find(where).sort(list(order)).limit(size).to_list(None):
        found += [row["_id"] for row in rows]
        where = beyond(order, [rows[-1].get(path) for path, _ in order])
    return found


@pytest.mark.parametrize("way", [1, -1])
async def test_pages_neither_repeat_nor_miss_a_row_of_any_kind(store: Database, way: int) -> None:
    """Control: a comparison alone stays within one kind of value and ends with it."""
    things, order = await mixed(store), [("v", way), ("_id", way)]
    whole = [row["_id"] async for row in things.find({}, {"_id": 1}).sort(order)]
    assert await walked(things, order) == whole
    assert await walked(things, turned(order)) == whole[::-1]
    place = await things.find_one({"v": "a"})
    naive = {"$or": [{"v": {"$gt" if way > 0 else "$lt": "a"}}, {"v": "a", "_id": {"$gt": place["_id"]}}]}
    assert await things.count_documents(naive) < len(whole) // 3


async def test_what_takes_too_long_is_refused_in_words(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: with the usual patience the same rows come."""
    things = store.mongo["things"]
    await things.insert_many([{"v": f"{number:06}" * 40} for number in range(6_000)])
    slow = {"$and": [{"v": {"$regex": f"(0*){{{turn}}}[1-9]*x$"}} for turn in range(3, 9)]}
    rows = Rows(lambda: things)
    monkeypatch.setattr(reading, "PATIENCE", 1)
    monkeypatch.setattr(reading, "COUNTING", 1)
    with pytest.raises(SearchTooWide):
        await rows.page({"$or": [slow, {"v": "none"}]}, [("v", 1)], 0, 20, ["v"])
    with pytest.raises(SearchTooWide):
        await rows.count({"$or": [slow, {"v": "none"}]}, 100)
    monkeypatch.undo()
    assert len(await rows.page({}, [("_id", 1)], 0, 5, ["v"])) == 5


async def test_a_count_at_its_limit_is_not_repeated(store: Database) -> None:
    """Control: one below its limit is."""
    things = store.mongo["things"]
    await things.insert_many([{"v": number % 2} for number in range(10)])
    rows = Rows(lambda: things)
    assert (await rows.count({"v": 0}, 5), await rows.count({"v": 0}, 9), await rows.count({}, 9)) == (
        5,
        5,
        9,
    )
    await things.delete_many({"v": 0})
    assert (await rows.count({"v": 0}, 5), await rows.count({"v": 0}, 9)) == (5, 0)


@pytest.mark.parametrize("value", [10**30, -(2**63) - 1, Decimal("1" * 40), Decimal("1e99999"), "\ud800"])
def test_numbers_no_database_holds_are_no_conditions(value: Any) -> None:
    with pytest.raises(ValueError, match=r"8-byte|decimal|surrogates"):
        storable({"a": {"$gte": value}})
    assert storable({"a": {"$gte": 2**63 - 1}}) == {"a": {"$gte": 2**63 - 1}}


@pytest_asyncio.fixture
async def resources(site: Site) -> AsyncIterator[SearchedRows]:
    """Some hundred registered resources."""
    await fill(site, "resource", 400)
    await site.records["resource"].collection.update_one(
        {"number": "0000000042"}, {"$push": {"grams": RARE[:2]}}
    )
    yield searched_rows("resources")


async def test_every_order_lists_offer_is_served_by_an_index(site: Site, resources: SearchedRows) -> None:
    """Control: without its index, an order is served by none, and the type is not sound."""
    assert (await indexing_of(site, "resource")).is_sound
    await resources.collection.drop_index("by_resource_name")
    found = await indexing_of(site, "resource")
    assert not found.is_sound
    assert [order.path for order in found.sorted if not order.served.index] == ["data.resource_name"]
    assert [index.name for index in found.wanted if index.standing is None] == ["by_resource_name"]


TEXTS = ("発電", "再エネ株式会社", "0000000123", "0299", "青", "Ａ", "第1号", "無き言葉", "所")


@pytest.mark.parametrize("common", [False, True])
async def test_a_search_finds_what_a_look_at_every_text_finds(
    resources: SearchedRows, monkeypatch: pytest.MonkeyPatch, common: bool
) -> None:
    """Whether its index leads there or the list's order is walked."""
    if common:
        monkeypatch.setattr(searching, "FEW", 1)
        monkeypatch.setattr(searching, "MANY", 1)
    read = {"number": 1, "title": 1, "data.grid_code": 1}
    everything = await resources.collection.find({}, read).to_list(None)
    texts = {row["number"]: (row["number"], row["title"], row["data"]["grid_code"]) for row in everything}
    order = [("data.resource_name", 1), ("_id", 1)]
    for text in TEXTS:
        search = await resources.search(text, by_identity=False, alone=True)
        how = {"walked": True} if search.walked else {}
        rows = await resources.page(search.where, order, 0, 5_000, ["number"], **how)
        found = {row["number"] for row in rows}
        wanted = {number for number, parts in texts.items() if any(fold(text) in fold(p) for p in parts)}
        assert found == wanted or (len(text) == 1 and found > wanted), text
        assert search.empty == (not found)


async def test_a_rare_text_is_looked_up_and_a_common_one_walked(
    resources: SearchedRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: in the order of identity the index itself is in order, and nothing is ever walked."""
    monkeypatch.setattr(searching, "FEW", 10)
    monkeypatch.setattr(searching, "MANY", 50)
    assert not (await resources.search(RARE[:2], by_identity=False, alone=True)).walked
    assert (await resources.search("発電所", by_identity=False, alone=True)).walked
    assert not (await resources.search("発電所", by_identity=False, alone=False)).walked
    assert not (await resources.search("発電所", by_identity=True, alone=True)).walked
