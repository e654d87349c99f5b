"""The JSON Schema of stored data: what the program accepts is valid, plain nonsense is not."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from models.configuration.check import check
from models.configuration.load import load_configuration
from models.schema.compiled import compile_type
from models.schema.definition import RecordType
from models.schema.json_schema import record_schema
from models.schema.reading import read_data
from tests.evolution.kinds import kind

MARKET = load_configuration([Path(__file__).parents[2] / "fixtures" / "capacity_market"], check)
TYPES = MARKET.record_types
VARIABLES = {"TODAY": "2026-04-01"}
EXAMPLES = [(each, example) for each in TYPES.values() for example in each.examples]


@cache
def validator_of(name: str) -> Draft202012Validator:
    return validator(TYPES[name])


def validator(definition: RecordType) -> Draft202012Validator:
    schema = record_schema(definition, 3)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def paths(definition: RecordType, data: Mapping[str, Any]) -> set[str]:
    checks = validator_of(definition.name) if definition.name in TYPES else validator(definition)
    return {".".join(map(str, error.absolute_path)) for error in checks.iter_errors(data)}


@pytest.mark.parametrize("name", TYPES)
def test_the_schema_says_what_it_describes(name: str) -> None:
    schema = record_schema(TYPES[name], 3)
    assert schema["$id"] == f"urn:toroku:record-type:{name}:3"
    assert "version 3" in schema["$comment"]
    assert schema["title"] == TYPES[name].label.ja


@pytest.mark.parametrize(
    ("definition", "example"), EXAMPLES, ids=lambda each: getattr(each, "record_type", "")
)
def test_valid_examples_are_valid(definition: RecordType, example: Any) -> None:
    reading = read_data(compile_type(definition), example.given, {**VARIABLES, **example.variables})
    if example.expect == "valid":
        assert paths(definition, reading.data) == set()


VALID = [pair for pair in EXAMPLES if pair[1].expect == "valid"]
ODD = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.just(""), st.just("x"), st.just([]))


@settings(deadline=None)
@given(st.data())
def test_what_is_read_as_valid_is_valid(data: st.DataObject) -> None:
    """Valid examples with answers changed, left out or taken from another example."""
    definition, example = VALID[data.draw(st.integers(0, len(VALID) - 1))]
    others = [other.given for each, other in VALID if each is definition]
    given = dict(example.given)
    for name in data.draw(st.lists(st.sampled_from(sorted(definition.by_name)), max_size=4)):
        given[name] = data.draw(st.sampled_from([other.get(name) for other in others]) | ODD)
    reading = read_data(compile_type(definition), given, {**VARIABLES, **example.variables})
    if not reading.errors:
        assert paths(definition, reading.data) == set()


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"operator_name": None}, {"operator_name"}),
        ({"operator_name": 5}, {"operator_name"}),
        ({"operator_name": "あ" * 101}, {"operator_name"}),
        ({"license_class": "unheard_of"}, {"license_class"}),
        ({"is_invoice_issuer": "yes", "invoice_number": None}, {"is_invoice_issuer"}),
        ({"is_domestic_corporation": True, "corporate_number": None}, {"corporate_number"}),
        ({"is_domestic_corporation": False, "corporate_number": "7999901000001"}, {"corporate_number"}),
        ({"supplier_types": []}, {"supplier_types"}),
        ({"unheard_of": 1}, {""}),
    ],
)
def test_plain_nonsense_is_not_valid(change: dict[str, Any], at: set[str]) -> None:
    """Control: the same record without the change is."""
    definition = TYPES["operator"]
    example = next(each for each in definition.examples if each.expect == "valid")
    data = read_data(compile_type(definition), example.given, {**VARIABLES, **example.variables}).data
    assert paths(definition, data) == set()
    assert paths(definition, {**data, **change}) == at


def rule(query: dict[str, Any]) -> RecordType:
    choices = {"name": "a", "type": "choices", "label": {"ja": "a"}}
    options = [{"code": code, "label": {"ja": code}} for code in "xyz"]
    asked = {"name": "b", "type": "text", "label": {"ja": "b"}, "required_when": query}
    return kind(
        {**choices, "options": options}, {"name": "n", "type": "integer", "label": {"ja": "n"}}, asked
    )


CONDITIONS = [
    {"a": "x"},
    {"a": None},
    {"a": {"$ne": "x"}},
    {"a": {"$in": ["x", "y"]}, "n": 1},
    {"n": {"$nin": [1, 2, None]}},
    {"n": {"$exists": True}},
    {"$or": [{"a": "x"}, {"n": 2}]},
    {"$nor": [{"a": "x"}, {"n": 2}]},
    {"$and": [{"a": "x"}, {"a": {"$eq": "y"}}]},
]


@pytest.mark.parametrize("query", CONDITIONS, ids=str)
def test_conditions_mean_the_same(query: dict[str, Any]) -> None:
    definition = rule(query)
    codes: list[Any] = [None, ["x"], ["x", "y"], ["z"]]
    for answers in ({"a": a, "n": n, "b": b} for a in codes for n in (None, 1, 2, 3) for b in (None, "t")):
        reading = read_data(compile_type(definition), answers, VARIABLES)
        wanted = {error.path for error in reading.errors}
        assert paths(definition, answers) == wanted, answers


def test_a_condition_json_schema_cannot_say_is_left_out() -> None:
    assert "allOf" not in record_schema(rule({"n": {"$gt": 2}}))
    assert "allOf" in record_schema(rule({"n": 2}))
