"""Conditions and formulas mean in Python what they mean in MongoDB: the database is asked."""

from datetime import date
from typing import Any

import pytest

from app.database import Database
from models.schema.conditions import compile_condition, fields_in
from models.schema.expressions import Problem, compile_expression

DOCUMENTS: list[dict[str, Any]] = [
    {},
    {"a": None},
    {"a": 0},
    {"a": 5},
    {"a": 5.0},
    {"a": "5"},
    {"a": True},
    {"a": "東京"},
    {"a": []},
    {"a": [1, 5]},
    {"a": [None]},
    {"a": {"b": 5}},
    {"a": [{"b": 5}, {"b": 7}]},
    {"a": [{"b": 5}, {"c": 1}]},
    {"a": [[5]]},
    {"a": "x", "b": "x"},
    {"a": 7, "b": 3, "rows": [{"n": 2, "k": "p"}, {"n": 3, "k": "q"}]},
    {"rows": [{"n": 2, "k": "p"}]},
    {"rows": []},
]

QUERIES: list[dict[str, Any]] = [
    {"a": 5},
    {"a": None},
    {"a": {"$eq": "5"}},
    {"a": {"$ne": 5}},
    {"a": {"$in": [5, "東京"]}},
    {"a": {"$in": [None]}},
    {"a": {"$nin": [5, None]}},
    {"a": {"$gt": 0}},
    {"a": {"$gte": 5, "$lt": 6}},
    {"a": {"$lt": "6"}},
    {"a": {"$exists": True}},
    {"a": {"$exists": False}},
    {"a": {"$regex": "^東"}},
    {"a": {"$size": 2}},
    {"a": {"$size": 0}},
    {"a": {"$all": [1, 5]}},
    {"a": {"$elemMatch": {"b": {"$gt": 6}}}},
    {"a": {"$elemMatch": {"$gt": 1, "$lt": 9}}},
    {"a.b": 5},
    {"a.b": {"$ne": 5}},
    {"a.b": {"$exists": False}},
    {"a": {"$not": {"$gt": 4}}},
    {"$and": [{"a": {"$exists": True}}, {"b": {"$exists": True}}]},
    {"$or": [{"a": 5}, {"b": 3}]},
    {"$nor": [{"a": 5}, {"b": 3}]},
    {"rows": {"$not": {"$elemMatch": {"k": {"$nin": ["p"]}}}}},
    {"$expr": {"$gt": ["$a", "$b"]}},
    {"$expr": {"$eq": [{"$sum": "$rows.n"}, 5]}},
    {"$expr": {"$lte": [{"$max": "$rows.n"}, 2]}},
    {"$expr": {"$eq": [{"$ifNull": ["$a", "none"]}, "none"]}},
    {"$expr": {"$and": [{"$gte": ["$a", 5]}, {"$lt": ["$a", 9]}]}},
    {"$expr": {"$cond": [{"$gt": ["$a", 5]}, True, False]}},
    {"$expr": {"$in": ["$a", [5, 7]]}},
]


@pytest.mark.parametrize("query", QUERIES, ids=str)
async def test_a_condition_selects_what_the_database_selects(store: Database, query: dict[str, Any]) -> None:
    numbered = [{**document, "_id": number} for number, document in enumerate(DOCUMENTS)]
    await store.mongo["documents"].insert_many(numbered)
    expected = {found["_id"] async for found in store.mongo["documents"].find(query, {"_id": 1})}
    condition = compile_condition(query)
    assert {number for number, document in enumerate(DOCUMENTS) if condition(document, {})} == expected


FORMULAS: list[Any] = [
    {"$sum": "$rows.n"},
    {"$sum": ["$a", "$b"]},
    {"$max": "$rows.n"},
    {"$min": ["$a", "$b"]},
    {"$avg": "$rows.n"},
    {"$concat": ["$a", "$b"]},
    {"$ifNull": ["$a", 1]},
    {"$cond": {"if": {"$eq": ["$a", 5]}, "then": "five", "else": "other"}},
]


@pytest.mark.parametrize("formula", FORMULAS, ids=str)
async def test_a_formula_computes_what_the_database_computes(store: Database, formula: Any) -> None:
    documents: list[dict[str, Any]] = [
        {"a": "x", "b": "x"},
        {"a": 7, "b": 3, "rows": [{"n": 2}, {"n": 3}]},
        {"rows": []},
    ]
    if "$concat" in formula:
        documents = documents[:1]
    await store.mongo["documents"].insert_many([{**d, "_id": n} for n, d in enumerate(documents)])
    pipeline: list[dict[str, Any]] = [{"$sort": {"_id": 1}}, {"$project": {"v": formula}}]
    cursor = await store.mongo["documents"].aggregate(pipeline)
    expected = [found.get("v") async for found in cursor]
    expression = compile_expression(formula)
    assert [expression(document, {}) or None for document in documents] == [
        value or None for value in expected
    ]


def test_variables_stand_for_what_they_are_given() -> None:
    condition = compile_condition({"start": {"$gte": "$$TODAY"}})
    assert condition({"start": "2026-12-01"}, {"TODAY": "2026-11-21"})
    assert not condition({"start": "2026-11-01"}, {"TODAY": "2026-11-21"})
    operator = compile_condition({"$expr": {"$eq": ["$$OPERATOR.license_class", "generation"]}})
    assert operator({}, {"OPERATOR": {"license_class": "generation"}})
    assert not operator({}, {"OPERATOR": {}})


def test_months_are_told_apart_by_calendar() -> None:
    months = compile_expression({"$dateDiff": {"startDate": "$a", "endDate": "$b", "unit": "month"}})
    assert months({"a": "2026-01-31", "b": "2026-03-01"}, {}) == 2
    assert months({"a": date(2026, 1, 1).isoformat(), "b": None}, {}) is None


@pytest.mark.parametrize(
    "query",
    [
        {"$where": "1"},
        {"a": {"$function": {}}},
        {"a": {"$regex": "x" * 201}},
        {"a": {"$regex": "("}},
        {"$and": []},
        {"$expr": {"$accumulator": 1}},
        {"$expr": {"$eq": ["$$SECRET.key", 1]}},
        {"$expr": {"$add": 1, "$sum": 2}},
    ],
    ids=str,
)
def test_what_is_outside_the_language_is_refused_in_words(query: dict[str, Any]) -> None:
    with pytest.raises(Problem) as refused:
        compile_condition(query)
    assert len(str(refused.value)) > 10


def test_the_fields_a_condition_reads_are_known() -> None:
    query = {"$or": [{"a": 1}, {"b.c": 2}], "$expr": {"$gt": ["$d", {"$sum": "$rows.n"}]}}
    assert set(fields_in(query)) == {"a", "b.c", "d", "rows.n"}
