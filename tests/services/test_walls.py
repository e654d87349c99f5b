"""The database refuses what does not fit the version a record names, whoever writes it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.errors import WriteError

from app.database import Database
from models.documents.prepare import CODEC
from models.documents.record import envelope_schema
from models.documents.walls import LEVEL, ensure_wall, wall
from models.schema.definition import RecordType
from models.schema.json_schema import fits
from models.services.site import Site
from models.services.versions import walled
from tests.evolution.conftest import stored
from tests.evolution.kinds import table, text
from tests.evolution.stored import Stored, thing

__all__ = ["stored"]

REFUSED = 121
"""DocumentValidationFailure."""


def number(name: str) -> dict[str, Any]:
    return {"name": name, "type": "integer", "label": {"ja": name}}


FIRST = thing(text("title"), number("power"), table("items", text("a"), number("count")))
SECOND = thing(text("title"), text("power"), table("items", text("a"), number("count")))


async def refused(collection: Any, where: dict[str, Any], values: dict[str, Any]) -> bool:
    try:
        await collection.update_one(where, {"$set": values})
    except WriteError as error:
        return error.code == REFUSED
    return False


async def test_a_text_is_refused_where_a_whole_number_belongs(stored: Stored) -> None:
    """Control: the same write with a number, and with nothing, is taken."""
    await stored.publish(FIRST)
    await stored.fill(1, {"power": 5})
    one = {"number": "000001"}
    assert await refused(stored.collection, one, {"data.power": "5"})
    assert await refused(stored.collection, one, {"data.items": [{"a": "x", "count": "many"}]})
    assert await refused(stored.collection, one, {"data.unheard_of": 1})
    assert await refused(stored.collection, one, {"schema_version": 2})
    assert not await refused(stored.collection, one, {"data.power": 6})
    assert not await refused(stored.collection, one, {"data.power": None})
    assert not await refused(stored.collection, one, {"data.items": [{"a": "x", "count": 2}, {"a": None}]})


async def test_without_its_wall_the_collection_takes_it(stored: Stored) -> None:
    """The control of the test above: nothing else refuses the write."""
    await stored.publish(FIRST)
    await stored.fill(1, {"power": 5})
    await stored.site.store.mongo.command({"collMod": "things", "validator": {}})
    assert not await refused(stored.collection, {"number": "000001"}, {"data.power": "5"})


async def test_records_of_an_earlier_version_can_still_be_changed(stored: Stored) -> None:
    await stored.publish(FIRST)
    await stored.fill(2, {"power": 5})
    assert await stored.publish(SECOND) == 2
    one, other = {"number": "000001"}, {"number": "000002"}
    assert not await refused(stored.collection, one, {"data.power": 7})
    assert await refused(stored.collection, one, {"data.power": "7"})
    assert not await refused(stored.collection, other, {"data.power": "7", "schema_version": 2})
    assert await refused(stored.collection, other, {"data.power": 7})


async def test_an_update_pipeline_passes_with_the_version_it_leads_to(stored: Stored) -> None:
    await stored.publish(FIRST)
    await stored.fill(1, {"power": 5})
    await stored.publish(SECOND)
    spelt = {"$set": {"data.power": {"$toString": "$data.power"}}}
    with pytest.raises(WriteError):
        await stored.collection.update_many({}, [spelt])
    await stored.collection.update_many({}, [spelt, {"$set": {"schema_version": 2}}])
    assert [row["data"]["power"] for row in await stored.rows()] == ["5"]


async def test_what_stood_outside_before_can_be_changed(stored: Stored) -> None:
    await stored.publish(FIRST)
    await stored.fill(1, {"power": 5})
    outside = {"$set": {"data.power": "five"}}
    await stored.collection.update_one({}, outside, bypass_document_validation=True)
    assert not await refused(stored.collection, {}, {"lifecycle": "suspended"})


async def test_a_wall_is_set_once(stored: Stored) -> None:
    await stored.publish(FIRST)
    site, versions = stored.site, walled(stored.site, "thing")
    assert not await ensure_wall(site.store, "things", versions)
    assert await ensure_wall(site.store, "things", {**versions, 2: None})
    assert await ensure_wall(site.store, "things", versions)
    assert (await stored.collection.options())["validationLevel"] == LEVEL


async def test_every_shipped_type_has_its_wall(site: Site) -> None:
    for name, published in site.registry.all_current().items():
        options = await site.records[name].collection.options()
        assert options["validator"] == {"$jsonSchema": wall(walled(site, name))}
        assert options["validator"] != {"$jsonSchema": wall({})}
        assert published.version in walled(site, name)


def test_versions_that_look_the_same_share_an_alternative_and_the_newest_comes_first() -> None:
    longer = thing(text("title", max_length=9), number("power"), table("items", text("a"), number("count")))
    alternatives = wall({1: FIRST, 2: SECOND, 3: longer, 4: None})["anyOf"]
    assert [each["properties"]["schema_version"]["enum"] for each in alternatives] == [[4], [3, 1], [2]]
    assert wall({}) == envelope_schema()


KINDS: RecordType = thing(
    text("title"),
    number("power"),
    {"name": "exact", "type": "decimal", "label": {"ja": "値"}},
    {"name": "yes", "type": "boolean", "label": {"ja": "可否"}},
    {"name": "who", "type": "person_name", "label": {"ja": "氏名"}},
    {"name": "group", "type": "group", "label": {"ja": "組"}, "fields": [text("a"), table("b", number("c"))]},
    table("items", text("a"), number("count")),
)

NAMES = ["title", "power", "exact", "yes", "who", "group", "items", "a", "b", "c", "count", "family", "odd"]
SIMPLE = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.just("x"), st.decimals(-9, 9, places=2))
ANYTHING = st.recursive(
    SIMPLE,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)


def test_the_wall_takes_exactly_what_fits(store: Database) -> None:
    """The database and ``fits`` agree, so that what is carried to a version can be stored under it."""
    told = {"properties": {"data": wall({1: KINDS})["anyOf"][0]["properties"]["data"]}}
    outcomes = set()
    with MongoClient[dict[str, Any]](store.address) as client:
        database = client.get_database(store.mongo.name, codec_options=CODEC)
        walled_in = database.create_collection("walled", validator={"$jsonSchema": told})

        @given(st.lists(st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=3), max_size=20))
        def agree(answers: list[dict[str, Any]]) -> None:
            for data in answers:
                assert taken(walled_in, {"data": data}) == fits(KINDS, data), data
                outcomes.add(fits(KINDS, data))

        agree()
    assert outcomes == {True, False}


def taken(collection: Any, document: dict[str, Any]) -> bool:
    try:
        collection.insert_one(document)
    except WriteError as error:
        return error.code != REFUSED
    return True
