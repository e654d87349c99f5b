"""What the server does by an update pipeline is what ``evolve`` does, on the real database."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.collection import Collection

from app.database import Database
from models.schema.evolution import Steps, completed, evolve, pipeline
from tests.evolution.kinds import choice, kind, steps, table, text

OLD = kind(
    text("a"), text("b"), text("c"), text("gone"), choice("area", "abc"), choice("areas", "abc", "choices")
)
NEW = kind(
    text("a"), text("b"), text("d"), text("fresh"), choice("area", "ad"), choice("areas", "ad", "choices")
)

VALUES: st.SearchStrategy[Any] = st.sampled_from([None, "", "x", "$title", "山", [], 0, 1])
CODES = st.sampled_from("abcd")
DATA = st.fixed_dictionaries(
    {"code": st.just("1")},
    optional={
        **dict.fromkeys(("a", "b", "c", "d", "gone", "fresh"), VALUES),
        "area": st.one_of(st.none(), CODES),
        "areas": st.one_of(st.none(), st.lists(CODES, max_size=4)),
    },
)

ENTRIES = [
    steps(rename={"c": "d"}),
    steps(rename={"a": "b", "b": "a"}),
    steps(rename={"a": "b", "b": "c", "c": "d"}),
    steps(drop=["gone", "a"]),
    steps(default={"fresh": "$title", "a": 0}),
    steps(map={"area": {"b": "a", "c": None}, "areas": {"b": "a", "c": None}}),
    steps(map={"areas": {"a": "b", "b": "a"}}),
    steps(rename={"c": "d"}, map={"area": {"a": "d"}}, drop=["gone"], default={"fresh": "x", "d": "y"}),
]


@pytest.fixture(scope="module")
def records(mongod: Database) -> Iterator[Collection[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](mongod.address, tz_aware=True) as client:
        yield client["pipelines"]["records"]
        client.drop_database("pipelines")


def by_the_server(
    records: Collection[dict[str, Any]], entries: tuple[Steps, ...], many: list[dict[str, Any]]
) -> list[tuple[Any, Any]]:
    stages = pipeline(entries, NEW, OLD)
    assert stages is not None
    records.delete_many({})
    records.insert_many([{"_id": number, "data": data} for number, data in enumerate(many)])
    records.update_many({}, stages or [{"$set": {"seen": True}}])
    return [(row["data"], row.get("attic", [])) for row in records.find().sort("_id", 1)]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: str(entry.model_dump(exclude_defaults=True)))
@given(many=st.lists(DATA, min_size=1, max_size=20))
def test_the_server_and_python_agree(
    records: Collection[dict[str, Any]], entry: Steps, many: list[dict[str, Any]]
) -> None:
    known = kind(*[text(name) for name in ("c", "d", "gone", "fresh", "a", "b", "area", "areas")])
    found = by_the_server(records, (entry,), many)
    expected = [evolve((entry,), known, data, (), None) for data in many]
    assert [data for data, _ in found] == [led.data for led in expected]
    assert [_unlabelled(attic) for _, attic in found] == [_unlabelled(led.attic) for led in expected]


@given(many=st.lists(DATA, min_size=1, max_size=20))
def test_what_the_new_definition_has_no_field_for_goes_to_the_attic_on_both_ways(
    records: Collection[dict[str, Any]], many: list[dict[str, Any]]
) -> None:
    entries = completed(steps(rename={"a": "d"}), OLD, NEW)
    assert set(entries[-1].drop) == {"c", "gone"}
    written = [{name: value for name, value in data.items() if name != "fresh"} for data in many]
    for (data, attic), led in zip(
        by_the_server(records, entries, written),
        [evolve(entries, NEW, data, (), OLD) for data in written],
        strict=True,
    ):
        assert (data, attic) == (led.data, led.attic)


def _unlabelled(attic: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in kept.items() if key != "label"} for kept in attic]


@pytest.mark.parametrize(
    "entry",
    [
        steps(convert={"a": {}}),
        steps(split={"a": {"into": ["b", "c"], "at": " "}}),
        steps(merge={"a": {"of": ["b", "c"]}}),
        steps(move={"a": "g.a"}),
        steps(rename={"t.a": "t.b"}),
        steps(default={"a": {"$expr": "$b"}}),
        steps(restore=["a"]),
        steps(drop=["a"], backwards=True),
    ],
)
def test_the_rest_is_left_to_python(entry: Steps) -> None:
    assert pipeline(entry) is None


def test_control_tables_are_known_to_python_alone() -> None:
    old, new = kind(table("t", text("a"))), kind(table("t", text("b")))
    assert evolve(steps(rename={"t.a": "t.b"}), new, {"t": [{"a": "1"}]}, (), old).data == {"t": [{"b": "1"}]}
