"""Narrower constraints and other types: which stored values no longer fit."""

import re
from typing import Any

import pytest

from models.schema.changes import Change, compare_definitions
from models.schema.changes.types import READABLE
from tests.schema.definitions import a_type, field, options

GONE: list[Any] = [None, "", [], {}]
LOOSE: dict[str, dict[str, Any]] = {
    "max_length": field("v", max_length=100),
    "min_length": field("v", min_length=1),
    "pattern": field("v"),
    "format": field("v"),
    "max": field("v", "integer", max=100),
    "min": field("v", "integer", min=1),
    "places": field("v", "decimal", places=3),
    "max_rows": field("v", "table", fields=[field("a")], max_rows=10),
    "min_rows": field("v", "table", fields=[field("a")], min_rows=1),
    "min_items": field("v", "choices", options=options("a", "b"), min_items=1),
    "max_files": field("v", "files", max_files=5),
    "min_files": field("v", "files", min_files=1),
    "accept": field("v", "file", accept=["pdf", "png"]),
    "max_mb": field("v", "file", max_mb=10),
}
TIGHT: list[tuple[str, Any, Any]] = [
    ("max_length", 10, {"v": {"$regex": r"^[\s\S]{11}"}}),
    ("min_length", 3, {"v": {"$nin": GONE, "$not": {"$regex": r"^[\s\S]{3}"}}}),
    ("pattern", "[A-Z]+", {"v": {"$nin": GONE, "$not": {"$regex": "^(?:[A-Z]+)$"}}}),
    ("format", "corporate_number", {"v": {"$nin": GONE, "$not": {"$regex": "^(?:[1-9][0-9]{12})$"}}}),
    ("max", 10, {"v": {"$gt": 10}}),
    ("min", 3, {"v": {"$lt": 3}}),
    ("places", 1, {"$expr": {"$cond": [{"$isNumber": "$v"}, {"$ne": ["$v", {"$round": ["$v", 1]}]}, False]}}),
    ("max_rows", 3, {"v.3": {"$exists": True}}),
    ("min_rows", 2, {"v": {"$nin": GONE}, "v.1": {"$exists": False}}),
    ("min_items", 2, {"v": {"$nin": GONE}, "v.1": {"$exists": False}}),
    ("max_files", 2, {"v.2": {"$exists": True}}),
    ("min_files", 2, {"v": {"$nin": GONE}, "v.1": {"$exists": False}}),
    ("accept", ["png"], {"v.content_type": {"$nin": [None, "image/png"]}}),
    ("max_mb", 1, {"v.size": {"$gt": 1_048_576}}),
]


def compared(old: dict[str, Any], new: dict[str, Any], **keys: Any) -> dict[str, Change]:
    found = compare_definitions(a_type(field("title"), old), a_type(field("title"), new, **keys))
    return {change.code: change for change in found}


@pytest.mark.parametrize(("key", "bound", "touching"), TIGHT)
def test_a_tighter_bound_touches_what_it_refuses(key: str, bound: Any, touching: Any) -> None:
    change = compared(LOOSE[key], {**LOOSE[key], key: bound})["narrowed"]
    assert (change.kind, change.touching) == ("step", touching)


@pytest.mark.parametrize(("key", "bound", "touching"), TIGHT)
def test_a_looser_bound_touches_nothing(key: str, bound: Any, touching: Any) -> None:
    change = compared({**LOOSE[key], key: bound}, LOOSE[key])["widened"]
    assert (change.kind, change.touching) == ("safe", None)


def test_every_bound_is_tried() -> None:
    from models.schema.changes.narrowing import CONSTRAINTS

    assert CONSTRAINTS.keys() == LOOSE.keys() == {key for key, _, _ in TIGHT}


def test_a_tighter_bound_in_a_row_is_asked_of_the_row() -> None:
    old, new = (field("rows", "table", fields=[field("v", "integer", max=top)]) for top in (9, 5))
    assert compared(old, new)["narrowed"].touching == {"rows": {"$elemMatch": {"v": {"$gt": 5}}}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("integer", "decimal"),
        ("text", "long_text"),
        ("long_text", "markdown"),
        ("email", "text"),
        ("date", "text"),
    ],
)
def test_types_whose_values_fit_as_they_are_need_no_step(before: str, after: str) -> None:
    change = compared(field("v", before), field("v", after))["type_changed"]
    assert (change.kind, change.touching) == ("safe", None)


@pytest.mark.parametrize(
    ("before", "after"), [("integer", "text"), ("decimal", "text"), ("boolean", "text"), ("choice", "text")]
)
def test_anything_can_be_written_as_a_text(before: str, after: str) -> None:
    found = compared(field("v", before), field("v", after))
    assert (found["type_changed"].kind, found["type_changed"].touching) == ("step", {"v": {"$nin": GONE}})
    assert found["type_changed"].step == {"convert": {"v": {"otherwise": "refuse"}}}
    assert "not_fitting" not in found


def test_a_text_may_not_be_a_number() -> None:
    found = compared(field("v"), field("v", "integer"))
    assert found["not_fitting"].kind == "loses"
    assert found["not_fitting"].touching == {"v": {"$nin": GONE, "$not": {"$regex": READABLE["integer"]}}}
    assert found["not_fitting"].step == {"convert": {"v": {"otherwise": "attic"}}}


@pytest.mark.parametrize(
    ("steps", "settled"),
    [
        ({}, ("", "")),
        ({"convert": {"v": {}}}, ("convert", "")),
        ({"convert": {"v": {"otherwise": "attic"}}}, ("convert", "convert")),
        ({"convert": {"v": {"otherwise": {"value": 0}}}}, ("convert", "convert")),
    ],
)
def test_a_conversion_that_refuses_settles_the_type_but_not_the_values(
    steps: dict[str, Any], settled: tuple[str, str]
) -> None:
    found = compared(field("v"), field("v", "integer"), evolution=[{"from": 1, **steps}])
    assert (found["type_changed"].settled_by, found["not_fitting"].settled_by) == settled


def test_the_pattern_of_the_step_says_what_fits() -> None:
    steps = {"from": 1, "convert": {"v": {"pattern": r"^(\d+) MW$"}}}
    found = compared(field("v"), field("v", "integer"), evolution=[steps])
    assert found["not_fitting"].touching == {"v": {"$nin": GONE, "$not": {"$regex": r"^(\d+) MW$"}}}


def test_a_text_becomes_a_choice_where_it_is_an_option() -> None:
    found = compared(field("v"), field("v", "choice", options=options("east")))
    assert found["not_fitting"].touching == {"v": {"$nin": [*GONE, "east"]}}


def test_prose_becomes_a_line_where_it_is_one() -> None:
    found = compared(field("v", "long_text"), field("v", "text", max_length=80))
    assert found["not_fitting"].touching == {
        "$or": [{"v": {"$regex": r"[\n\r]"}}, {"v": {"$regex": r"^[\s\S]{81}"}}]
    }


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("integer", "1,000"), ("integer", "１２"), ("integer", "-5"), ("decimal", "1.50"), ("decimal", "3"),
        ("boolean", "yes"), ("date", "2026-04-01"), ("date", "2026年4月1日"), ("year_month", "2026-04"),
        ("time", "9:30"), ("datetime", "2026-04-01T09:30"), ("email", "a@example.jp"),
        ("url", "https://example.jp"), ("phone", "03-0000-1234"), ("postal_code", "105-0022"),
    ],
)  # fmt: skip
def test_what_a_type_reads_is_not_counted_as_unreadable(kind: str, raw: str) -> None:
    """The pattern asked of the database lets through what the field's own parse takes."""
    from models.schema.compiled import compile_type
    from models.schema.reading import read_data

    assert re.search(READABLE[kind], raw)
    definition = a_type(field("v", kind))
    assert read_data(compile_type(definition), {"v": raw}, {"TODAY": "2026-04-01"}).errors == ()


@pytest.mark.parametrize(
    ("kind", "raw"),
    [("integer", "12 MW"), ("decimal", "1.5.2"), ("boolean", "maybe"), ("date", "soon"), ("email", "nobody"),
     ("url", "example"), ("time", "noon"), ("year_month", "2026"), ("phone", "x"), ("postal_code", "1")],
)  # fmt: skip
def test_what_a_type_cannot_read_is_counted(kind: str, raw: str) -> None:
    assert not re.search(READABLE[kind], raw)
