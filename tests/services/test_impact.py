"""What a changed record type would touch, counted on a real database."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from app.database import open_database
from app.opening import build_site, configuration_of
from app.settings import Settings
from models.clock import system_entropy
from models.documents import counting
from models.schema.definition import RecordType
from models.services.impact import Counted, Impact, assess
from models.services.registry import Published
from models.services.site import Site
from tests.clock import Hands
from tests.schema.definitions import a_type, field, options
from tests.services.stored import publish, store_application, store_records

TITLE = field("title")
AREA = field("area", "choice", options=options("east", "west"))
WEST = field("area", "choice", options=options("west"))


async def found(
    site: Site, before: RecordType, after: RecordType, *answers: dict[str, Any]
) -> dict[str, Counted]:
    """What each change touches, by its code."""
    published = await publish(site, before)
    await store_records(site, published, *answers)
    impact = await assess(site, published, after)
    assert impact.total_records == len(answers)
    return {counted.change.code: counted for counted in impact.changes}


def touched(rows: Mapping[str, Counted], code: str) -> list[str]:
    """The numbers, without their zeros, of the records a change touches."""
    assert rows[code].records == len(rows[code].numbers)
    return sorted(number.lstrip("0") for number in rows[code].numbers)


async def test_records_are_counted_and_named(site: Site) -> None:
    rows = await found(site, a_type(TITLE, AREA), a_type(TITLE, WEST), {"area": "east"}, {"area": "west"}, {})
    assert touched(rows, "option_removed") == ["1"]


async def test_nothing_is_written(site: Site) -> None:
    published = await publish(site, a_type(TITLE, AREA))
    await store_records(site, published, {"area": "east"})
    await store_application(site, published, "A-1", {"area": "east"})
    database = site.store.mongo
    names = sorted(await database.list_collection_names())
    before = {name: await database[name].find().sort("_id").to_list(None) for name in names}
    await assess(site, published, a_type(TITLE, WEST))
    assert sorted(await database.list_collection_names()) == names
    assert {name: await database[name].find().sort("_id").to_list(None) for name in names} == before


VALUES: list[tuple[str, dict[str, Any], dict[str, Any], list[Any], list[str]]] = [
    ("narrowed", field("v", max_length=9), field("v", max_length=2), ["ab", "あいう", "𠮷𠮷", None], ["2"]),
    ("narrowed", field("v"), field("v", min_length=3), ["ab", "abc", None, "a\nb"], ["1"]),
    ("narrowed", field("v"), field("v", pattern="[A-Z]+"), ["AB", "Ab", None], ["2"]),
    ("narrowed", field("v", "integer"), field("v", "integer", max=5), [5, 6, None], ["2"]),
    (
        "narrowed",
        field("v", "decimal", places=2),
        field("v", "decimal", places=1),
        [Decimal("1.5"), Decimal("1.25"), Decimal("1.50"), None, "text"],
        ["2"],
    ),
    (
        "narrowed",
        field("v", "table", fields=[field("a")]),
        field("v", "table", fields=[field("a")], max_rows=1),
        [[{"a": "x"}], [{"a": "x"}, {"a": "y"}], None],
        ["2"],
    ),
    (
        "narrowed",
        field("v", "table", fields=[field("a")]),
        field("v", "table", fields=[field("a")], min_rows=2),
        [[{"a": "x"}], [{"a": "x"}, {"a": "y"}], None, []],
        ["1"],
    ),
    ("not_fitting", field("v"), field("v", "integer"), ["12", "12 MW", "1,000", None, ""], ["2"]),
    (
        "not_fitting",
        field("v", "decimal"),
        field("v", "integer"),
        [Decimal("12"), Decimal("12.5"), None],
        ["2"],
    ),
    ("not_fitting", field("v"), field("v", "choice", options=options("x")), ["x", "y", None], ["2"]),
    (
        "not_fitting",
        field("v", "long_text"),
        field("v", "text", max_length=3),
        ["a", "a\nb", "abcd"],
        ["2", "3"],
    ),
    (
        "field_removed",
        field("v", "table", fields=[field("a"), field("b")]),
        field("v", "table", fields=[field("a")]),
        [[{"a": "x", "b": None}], [{"a": "x"}, {"a": "y", "b": "z"}], None],
        ["2"],
    ),
    (
        "field_removed",
        field("v", "group", fields=[field("a"), field("b")]),
        field("v", "group", fields=[field("a")]),
        [{"a": "x"}, {"a": "x", "b": "y"}, None],
        ["2"],
    ),
    (
        "field_added",
        field("v", "group", fields=[field("a")]),
        field("v", "group", fields=[field("a"), field("b", required=True)]),
        [{"a": "x"}, None],
        ["1"],
    ),
    (
        "newly_hidden",
        field("v", "table", fields=[field("a"), field("b")]),
        field("v", "table", fields=[field("a"), field("b", show_when={"a": "x"})]),
        [[{"a": "x", "b": "1"}], [{"a": "x"}, {"a": "y", "b": "1"}], [{"a": "y", "b": None}]],
        ["2"],
    ),
]


@pytest.mark.parametrize(("code", "before", "after", "values", "numbers"), VALUES)
async def test_the_database_finds_just_the_values_that_are_touched(
    site: Site,
    code: str,
    before: dict[str, Any],
    after: dict[str, Any],
    values: list[Any],
    numbers: list[str],
) -> None:
    rows = await found(site, a_type(TITLE, before), a_type(TITLE, after), *({"v": value} for value in values))
    assert touched(rows, code) == numbers


async def test_a_check_touches_what_breaks_it_today(site: Site) -> None:
    check = {"name": "late", "must": {"v": {"$gte": "$$TODAY"}}, "message": {"ja": "遅"}, "at": "v"}
    kind, answers = field("v", "date"), ({"v": "2000-01-01"}, {"v": "2999-01-01"})
    rows = await found(site, a_type(TITLE, kind), a_type(TITLE, kind, checks=[check]), *answers)
    assert touched(rows, "check_added") == ["1"]


async def test_a_formula_over_values_of_another_kind_hides_no_other_count(site: Site) -> None:
    must = {"$expr": {"$lt": [{"$add": ["$v", 1]}, 10]}}
    check = {"name": "small", "must": must, "message": {"ja": "小"}, "at": "v"}
    kind = field("v", "integer")
    after = a_type(TITLE, WEST, kind, checks=[check])
    answers = ({"v": 5, "area": "east"}, {"v": 50}, {"v": "text"})
    rows = await found(site, a_type(TITLE, AREA, kind), after, *answers)
    assert touched(rows, "option_removed") == ["1"]
    assert "2" in touched(rows, "check_added")


async def test_duplicates_stand_in_the_way_of_a_unique_field(site: Site) -> None:
    unique = field("title", unique={"among": {"lifecycle": {"$ne": "deleted"}}})
    published = await publish(site, a_type(TITLE))
    await store_records(site, published, {"title": "a"}, {"title": "b"}, {"title": "a"}, {"title": "a"})
    records = site.records["plant"].collection
    await records.update_one({"number": "0000000004"}, {"$set": {"lifecycle": "deleted"}})
    impact = await assess(site, published, a_type(unique))
    counted = next(each for each in impact.changes if each.change.code == "unique_added")
    assert counted.numbers == ("0000000001", "0000000003")
    assert impact.refusals() == (counted,)


async def test_states_a_new_lifecycle_does_not_have_are_counted(site: Site) -> None:
    published = await publish(site, a_type(TITLE))
    await store_records(site, published, {"title": "a"}, lifecycle="gone")
    rows = (await assess(site, published, a_type(TITLE, lifecycle="unheard_of"))).changes
    assert [(each.change.code, each.records) for each in rows] == [("lifecycle_changed", 1)]


async def test_records_of_older_versions_count_too(site: Site) -> None:
    first = await publish(site, a_type(TITLE, AREA))
    await store_records(site, first, {"area": "east"})
    second = await publish(site, a_type(TITLE, AREA, field("note")))
    impact = await assess(site, second, a_type(TITLE, WEST, field("note")))
    assert [each.records for each in impact.changes] == [1]


async def test_drafts_are_judged_by_what_they_come_to(site: Site) -> None:
    published = await publish(site, a_type(TITLE, field("v", "integer")))
    await store_application(site, published, "A-1", {"v": "１，０００"})
    await store_application(site, published, "A-2", {"v": "3"})
    impact = await assess(site, published, a_type(TITLE, field("v", "integer", max=5)))
    assert impact.open_drafts == 2
    assert [(each.drafts, each.references) for each in impact.changes] == [(1, ("A-1",))]


async def test_submitted_applications_are_judged_by_their_data(site: Site) -> None:
    published = await publish(site, a_type(TITLE, AREA))
    await store_application(site, published, "A-1", {"area": "east"}, {"area": "east"})
    await store_application(site, published, "A-2", {"area": "west"}, {"area": "west"})
    closed = await store_application(site, published, "A-3", {"area": "east"}, {"area": "east"})
    await closed.set({"open": False})
    impact = await assess(site, published, a_type(TITLE, WEST))
    assert impact.open_applications == 2
    assert [(each.applications, each.references) for each in impact.changes] == [(1, ("A-1",))]


async def test_a_change_that_touches_nothing_is_not_refused(site: Site) -> None:
    published = await publish(site, a_type(TITLE, AREA))
    await store_records(site, published, {"area": "west"})
    assert (await assess(site, published, a_type(TITLE, WEST))).refusals() == ()


async def test_what_is_refused_is_acknowledged_or_settled(site: Site) -> None:
    published = await publish(site, a_type(TITLE, AREA))
    await store_records(site, published, {"area": "east"})
    bare = await assess(site, published, a_type(TITLE, WEST))
    steps = [{"from": published.version, "map": {"area": {"east": "west"}}}]
    settled = await assess(site, published, a_type(TITLE, WEST, evolution=steps))
    assert [each.change.path for each in bare.refusals()] == ["area"]
    assert bare.refusals({"area"}) == ()
    assert settled.refusals() == ()


async def test_an_impact_is_kept_as_plain_values(site: Site) -> None:
    published = await publish(site, a_type(TITLE, AREA))
    await store_records(site, published, {"area": "east", "title": "x"})
    impact = await assess(site, published, a_type(WEST, field("contact", required=True)))
    document = json.loads(json.dumps(impact.document()))
    again = Impact.read(document)
    assert again.document() == impact.document()
    assert [each.change.message("ja") for each in again.changes] == [
        each.change.message("ja") for each in impact.changes
    ]
    assert len(again.refusals()) == len(impact.refusals()) == 3


async def test_ranges_add_up_and_tell_how_far_they_are(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    published = await publish(site, a_type(TITLE, AREA))
    await store_records(site, published, *({"area": "east" if each % 2 else "west"} for each in range(60)))
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(counting, "RANGE", 7)
    impact = await assess(
        site, published, a_type(TITLE, WEST), lambda done, total: told.append((done, total))
    )
    assert [each.records for each in impact.changes] == [30]
    assert len(impact.changes[0].numbers) == 20
    assert told[0][0] < told[-1][0] == 60
    assert {total for _, total in told} == {60}


async def test_every_rule_a_steward_writes_is_asked_in_the_database_s_words(
    published_types: Published,
) -> None:
    """Placed conditions stay in the language, so that formulas cannot stop a count half way."""
    from models.schema.changes import compare_definitions
    from models.schema.database_query import for_database

    plain = published_types.definition
    bare = plain.model_copy(update={"fields": tuple(_bare(each) for each in plain.fields), "checks": ()})
    rules = [
        each for each in compare_definitions(bare, plain) if each.code in ("newly_hidden", "made_required")
    ]
    rules += [each for each in compare_definitions(bare, plain) if each.code == "check_added"]
    assert rules
    for change in rules:
        for_database(change.touching or {}, {"TODAY": "2026-04-01"})


def _bare(each: Any) -> Any:
    parts = tuple(_bare(part) for part in each.parts)
    update = {"show_when": None, "required_when": None, "required": False}
    return each.with_parts(parts).model_copy(update=update)


@pytest.fixture(params=["operator", "resource", "expected_capacity"])
def published_types(site: Site, request: pytest.FixtureRequest) -> Published:
    return site.registry.current(request.param)


async def test_a_site_in_memory_is_asked_one_question_after_another(settings: Settings, hands: Hands) -> None:
    async with open_database("memory://", data_dir=settings.data, owner=True) as memory:
        site = await build_site(settings, configuration_of(settings), memory, hands, system_entropy)
        published = await publish(site, a_type(TITLE, AREA))
        await store_records(site, published, {"area": "east", "title": "x"}, {"area": "west", "title": "x"})
        await store_application(site, published, "A-1", {"area": "east"})
        impact = await assess(site, published, a_type(field("title", unique=True), WEST))
    counts = {each.change.code: (each.records, each.drafts) for each in impact.changes}
    assert counts == {"option_removed": (1, 1), "unique_added": (2, 0)}
