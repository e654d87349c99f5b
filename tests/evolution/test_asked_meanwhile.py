"""What is asked of stored records while they follow a version is answered as it will be afterwards."""

from collections.abc import Mapping
from typing import Any

import pytest

from models.permissions import Actor
from models.schema.database_query import for_database
from models.schema.definition import RecordType
from models.schema.evolution import inverse
from models.services.jobs import run_one
from models.services.seeing import seen
from models.services.spanning import closed, shown, spanned, untold
from tests.evolution.kinds import choice, group, table, text
from tests.evolution.stored import Stored, thing

AREA = choice("area", "abc")
TOLD = {"name": "told", "type": "yes_no", "label": {"ja": "告知"}}
OLD = thing(
    text("note", filter=True),
    text("city"),
    text("spare"),
    AREA,
    group("place", text("street"), text("floor")),
    table("units", text("name"), text("maker")),
)
NEW = thing(
    text("remark", filter=True),
    text("note"),
    group("place", text("road"), text("city")),
    text("floor"),
    table("parts", text("label"), text("maker")),
    choice("area", "ab"),
    text("fresh"),
    evolution=[
        {
            "from": 1,
            "rename": {
                "note": "remark",
                "place.street": "place.road",
                "units": "parts",
                "units.name": "parts.label",
            },
            "move": {"city": "place.city", "place.floor": "floor"},
            "map": {"area": {"c": "b"}},
            "drop": ["spare"],
            "default": {"fresh": "none"},
        }
    ],
)

ROWS: list[dict[str, Any]] = [
    {"note": "shut", "city": "港区", "area": "a"},
    {"note": "shut", "city": None, "spare": "x", "place": {"street": "坂", "floor": "2"}},
    {"note": "open", "area": "c", "units": [{"name": "x", "maker": "m"}, {"name": "y"}]},
    {"note": None, "place": {"street": None, "floor": "shut"}, "units": []},
    {"city": "shut", "units": [{"name": "shut", "maker": "x"}]},
    {"place": {"street": "shut"}, "units": [{"maker": "shut"}]},
    {},
]
"""Answers as the former version holds them."""

ASKED: list[Mapping[str, Any]] = [
    {f"data.{path}": test}
    for path in ("remark", "note", "place.road", "place.city", "floor", "parts.label", "parts.maker", "title")
    for test in (
        "shut",
        {"$ne": "shut"},
        None,
        {"$ne": None},
        {"$in": ["shut", "x"]},
        {"$nin": ["shut", "open"]},
        {"$not": {"$gte": "s"}},
        {"$regex": "^s"},
    )
]
ASKED += [
    {"$or": [{"data.remark": "open"}, {"data.place.city": "shut"}, {"number": "000007"}]},
    {"$nor": [{"data.remark": "shut"}, {"data.parts.label": "x"}]},
    {"data.parts": {"$elemMatch": {"label": "x", "maker": "m"}}},
    {"data.parts": {"$not": {"$elemMatch": {"label": "shut", "maker": {"$ne": "m"}}}}},
    {"data.remark": {"$exists": False}},
    {"$expr": {"$eq": ["$data.remark", "shut"]}},
    {"$expr": {"$ne": ["$data.remark", "$data.note"]}},
    {"$expr": {"$eq": ["$data.remark", {"$literal": "$data.remark"}]}},
]
"""Conditions that read no more than names that changed."""

UNTOLD: list[Mapping[str, Any]] = [
    {"data.area": {"$ne": "b"}},
    {"data.fresh": {"$ne": "none"}},
    {"data.place.city": {"$exists": False}},
    {"data.place": {"$exists": False}},
    {"data.parts": {"$exists": False}},
    {"$expr": {"$ne": ["$data.floor", None]}},
    {"$nor": [{"data.remark": "open"}, {"data.area": "b"}]},
]
"""Conditions on what steps made of values, or that tell nothing from null where a move leaves nothing."""


@pytest.fixture
async def halfway(stored: Stored) -> Stored:
    """Records of which the first half was written under the version before, and none has followed yet."""
    await stored.publish(OLD)
    await stored.fill(len(ROWS), {}, history=False)
    for number, data in enumerate(ROWS, 1):
        values = {f"data.{name}": value for name, value in data.items()}
        if values:
            await stored.collection.update_one({"number": f"{number:06}"}, {"$set": values})
    await stored.publish(NEW)
    return stored


def asked_of(where: Mapping[str, Any]) -> dict[str, Any]:
    return for_database(where, {"TODAY": "2026-04-01"}, prefix="")


async def numbers(stored: Stored, where: Mapping[str, Any]) -> list[str]:
    return [row["number"] for row in await stored.rows(**where)]


async def answers(stored: Stored, asked: list[Mapping[str, Any]], by: Any) -> list[list[str]]:
    return [await numbers(stored, by(stored.site, "thing", asked_of(where))) for where in asked]


def as_it_is(site: Any, type_name: str, query: Mapping[str, Any]) -> Mapping[str, Any]:
    return query


async def test_conditions_select_while_records_follow_what_they_select_afterwards(halfway: Stored) -> None:
    before = await answers(halfway, ASKED, spanned)
    naive = await answers(halfway, ASKED, as_it_is)
    await halfway.job()
    assert await run_one(halfway.site)
    after = await answers(halfway, ASKED, as_it_is)
    assert await numbers(halfway, {"schema_version": 2}) == [f"{n:06}" for n in range(1, len(ROWS) + 1)]
    assert before == after
    assert await answers(halfway, ASKED, spanned) == after
    assert sum(one != other for one, other in zip(naive, after, strict=True)) > len(ASKED) // 2


async def test_what_cannot_be_told_of_the_former_form_is_kept_back_until_it_is_led_on(
    halfway: Stored,
) -> None:
    site = halfway.site
    assert [untold(site, "thing", asked_of(where)) for where in (*ASKED, *UNTOLD)] == [
        *([] for _ in ASKED),
        *([1] for _ in UNTOLD),
    ]
    assert await answers(halfway, UNTOLD, closed) == [[] for _ in UNTOLD]
    assert all(await answers(halfway, UNTOLD, as_it_is))
    await halfway.job()
    assert await run_one(site)
    assert await answers(halfway, UNTOLD, closed) == await answers(halfway, UNTOLD, as_it_is)


async def test_going_back_conditions_select_what_they_select_afterwards(halfway: Stored) -> None:
    await halfway.job()
    assert await run_one(halfway.site)
    entry = OLD.model_copy(
        update={"evolution": (inverse(NEW.evolution[0], OLD, NEW).model_copy(update={"start": 2}),)}
    )
    await halfway.publish(entry)
    asked: list[Mapping[str, Any]] = [
        {f"data.{path}": test}
        for path in ("note", "place.street", "units.maker", "area", "city", "spare")
        for test in ("shut", {"$ne": "shut"}, None)
    ]
    told = [where for where in asked if not untold(halfway.site, "thing", asked_of(where))]
    assert {path for where in told for path in where} == {"data.units.maker"}
    before = await answers(halfway, told, spanned)
    naive = await answers(halfway, told, as_it_is)
    await halfway.job("restore")
    assert await run_one(halfway.site)
    assert before == await answers(halfway, told, as_it_is) != naive


async def test_records_two_versions_behind_are_asked_by_the_names_of_their_own(halfway: Stored) -> None:
    described = NEW.published()
    described["fields"] = [
        {**f, "name": {"remark": "said"}.get(f["name"], f["name"])} for f in described["fields"]
    ]
    described["evolution"] = [{"from": 2, "rename": {"remark": "said"}}]
    await halfway.publish(RecordType.model_validate(described))
    await halfway.collection.update_one({"number": "000001"}, {"$set": {"data.note": "open"}})
    asked = asked_of({"data.said": "open"})
    found = await numbers(halfway, spanned(halfway.site, "thing", asked))
    assert found == ["000001", "000003"]
    await halfway.job()
    assert await run_one(halfway.site)
    assert await numbers(halfway, asked) == found


async def test_lists_show_answers_by_the_names_of_today_and_nothing_under_a_name_given_on(
    halfway: Stored,
) -> None:
    """The name ``note`` belongs to another answer now: what was called so stands under ``remark``."""
    read = await halfway.rows(number="000001")
    part = [{**row, "data": {"note": row["data"]["note"]}} for row in read]
    (row,) = await shown(halfway.site, "thing", part)
    assert (row["data"].get("note"), row["data"]["remark"]) == (None, "shut")
    await halfway.collection.update_one(
        {"number": "000001"}, {"$set": {"data.area": 7}}, bypass_document_validation=True
    )
    (stuck,) = await shown(halfway.site, "thing", part)
    assert stuck["schema_version"] == 1
    assert "note" not in stuck["data"]


async def test_an_index_leads_to_what_is_behind_and_is_empty_afterwards(halfway: Stored) -> None:
    asked = spanned(halfway.site, "thing", asked_of({"data.remark": "shut"}))
    await halfway.job()
    assert await run_one(halfway.site)
    found = await halfway.collection.find(asked).explain()
    stages = str(found["queryPlanner"]["winningPlan"])
    assert ("by_remark" in stages, "behind" in stages, "COLLSCAN" in stages) == (True, True, False)
    (index,) = [each async for each in await halfway.collection.list_indexes() if each["name"] == "behind"]
    assert index["partialFilterExpression"] == {"schema_version": {"$lte": 1}}


@pytest.mark.parametrize(("kept_from", "reads"), [(["approver"], False), (["reviewer"], True)])
async def test_a_restriction_inside_a_renamed_group_holds_for_what_was_written_before(
    stored: Stored, reviewer: Actor, kept_from: list[str], reads: bool
) -> None:
    await stored.publish(thing(group("place", text("street"))))
    closed_to = text("road", access={"read": kept_from})
    renamed = [{"from": 1, "rename": {"place": "spot", "place.street": "spot.road"}}]
    await stored.publish(thing(group("spot", closed_to), evolution=renamed))
    assert ("place" in seen(stored.site, reviewer, "thing", 1).by_name) is reads
    await stored.publish(thing(group("spot", closed_to), text("place"), evolution=[{"from": 2}]))
    assert ("place" in seen(stored.site, reviewer, "thing", 1).by_name) is reads, "the steps of each version"


SPLIT: dict[str, Any] = {"split": {"name": {"into": ["family", "given"], "at": " "}}}
MERGED: dict[str, Any] = {"merge": {"whole": {"of": ["name", "note"], "with": " "}}}


@pytest.mark.parametrize(
    ("step", "closed_to", "reads"),
    [(SPLIT, "given", False), (SPLIT, "", True), (MERGED, "whole", False), (MERGED, "", True)],
)
async def test_a_restriction_on_what_a_text_became_holds_for_the_text_it_was(
    stored: Stored, reviewer: Actor, step: dict[str, Any], closed_to: str, reads: bool
) -> None:
    """Until its record is led on, the text before holds what nobody but an approver may read now."""
    await stored.publish(thing(text("name"), text("note")))
    kept = {"access": {"read": ["approver"]}}
    names = ["family", "given", "note"] if step is SPLIT else ["whole"]
    fields = [text(name, **(kept if name == closed_to else {})) for name in names]
    await stored.publish(thing(*fields, evolution=[{"from": 1, **step}]))
    assert ("name" in seen(stored.site, reviewer, "thing", 1).by_name) is reads


async def test_a_type_without_steps_is_asked_as_it_stands(stored: Stored) -> None:
    await stored.publish(OLD)
    await stored.publish(OLD.model_copy(update={"fields": (*OLD.fields, NEW.by_name["fresh"])}))
    asked = asked_of({"data.note": {"$ne": "shut"}, "data.fresh": None})
    assert spanned(stored.site, "thing", asked) == asked
    assert closed(stored.site, "thing", {"number": "1"}) == {"number": "1"}
