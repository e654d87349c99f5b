"""Answers become valid data, or errors at their fields: one pipeline for every door."""

from decimal import Decimal
from typing import Any

import pytest

from models.schema.compiled import CompiledType, compile_type
from models.schema.definition import RecordType, walk
from models.schema.reading import look_at, read_answers, read_data
from tests.forms.sample import definition

TEXT = {"ja": "項目", "en": "Item"}


def described(fields: list[dict[str, Any]], checks: list[dict[str, Any]] | None = None) -> CompiledType:
    """A record type of these fields."""
    return compile_type(
        RecordType.model_validate(
            {
                "record_type": "thing",
                "label": TEXT,
                "collection": "things",
                "number": {"field": "thing_id"},
                "title": "{name}",
                "applications": {"workflow": "registration"},
                "lifecycle": "registered",
                "fields": [{"label": TEXT, **field} for field in fields],
                "checks": checks or [],
            }
        )
    )


def errors(compiled: CompiledType, answers: dict[str, Any], **variables: Any) -> dict[str, str]:
    reading = read_answers(compiled, answers, {"TODAY": "2026-11-21", **variables})
    return {error.path: error.key for error in reading.errors}


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ({"type": "text"}, "  東京  ", "東京"),
        ({"type": "integer"}, "１，２３４", 1234),
        ({"type": "integer"}, "-5", -5),
        ({"type": "decimal", "places": 2}, "12.50", Decimal("12.50")),
        ({"type": "date"}, "2026年4月1日", "2026-04-01"),
        ({"type": "date"}, {"year": "2026", "month": "4", "day": "1"}, "2026-04-01"),
        ({"type": "year_month"}, "２０２６/４", "2026-04"),
        ({"type": "boolean"}, "yes", True),
        ({"type": "boolean"}, "no", False),
        ({"type": "email"}, "ｓｏｃ＠example.co.jp", "soc@example.co.jp"),
        ({"type": "postal_code"}, "１０００００１", "100-0001"),
        ({"type": "time"}, "9:05", "09:05"),
    ],
    ids=str,
)
def test_what_people_type_is_understood(field: dict[str, Any], typed: Any, kept: Any) -> None:
    compiled = described([{"name": "a", **field}])
    reading = read_answers(compiled, {"a": typed}, {"TODAY": "2026-11-21"})
    assert reading.errors == ()
    assert reading.data["a"] == kept


@pytest.mark.parametrize(
    ("field", "typed", "key"),
    [
        ({"type": "text", "max_length": 3}, "四文字熟", "too_long"),
        ({"type": "text", "required": True}, "   ", "required"),
        ({"type": "text"}, "a\x07b", "control_character"),
        ({"type": "integer"}, "many", "not_a_number"),
        ({"type": "integer"}, "1.5", "not_a_number"),
        ({"type": "integer", "min": 1}, "0", "too_small"),
        ({"type": "integer", "max": 9}, "10", "too_large"),
        ({"type": "integer"}, "9" * 5000, "not_a_number"),
        ({"type": "decimal", "places": 1}, "1.25", "places"),
        ({"type": "date"}, "2026-02-30", "not_a_date"),
        ({"type": "choice", "options": [{"code": "x", "label": TEXT}]}, "forged", "choice"),
        ({"type": "choices", "options": [{"code": "x", "label": TEXT}]}, ["x", "forged"], "choice"),
        ({"type": "email"}, "nobody@nowhere", "format"),
        ({"type": "declaration", "required": True, "text": TEXT}, None, "declaration"),
        ({"type": "file", "required": True}, "forged", "required"),
        ({"type": "boolean"}, "perhaps", "choice"),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_refused_at_its_field(field: dict[str, Any], typed: Any, key: str) -> None:
    found = errors(described([{"name": "a", **field}]), {"a": typed})
    assert list(found.values()) == [key]


def test_a_hidden_answer_is_dropped_and_not_required() -> None:
    compiled = described(
        [
            {"name": "kind", "type": "text"},
            {"name": "detail", "type": "integer", "required": True, "show_when": {"kind": "other"}},
        ]
    )
    reading = read_answers(compiled, {"kind": "usual", "detail": "not a number"}, {})
    assert (reading.errors, "detail" in reading.data) == ((), False)
    assert errors(compiled, {"kind": "other"}) == {"detail": "required"}


def test_what_a_hidden_answer_showed_is_hidden_too() -> None:
    compiled = described(
        [
            {"name": "a", "type": "text"},
            {"name": "b", "type": "text", "show_when": {"a": "yes"}},
            {"name": "c", "type": "text", "show_when": {"b": "yes"}},
        ]
    )
    reading = read_answers(compiled, {"a": "no", "b": "yes", "c": "typed earlier"}, {})
    assert set(reading.data) == {"a"}


def test_rows_are_checked_one_by_one_and_empty_ones_left_out() -> None:
    table = {
        "name": "units",
        "type": "table",
        "min_rows": 1,
        "max_rows": 2,
        "fields": [
            {"name": "name", "type": "text", "label": TEXT, "required": True},
            {"name": "kw", "type": "integer", "label": TEXT, "min": 1},
        ],
    }
    compiled = described([table, {"name": "total", "type": "computed", "value": {"$sum": "$units.kw"}}])
    rows = [{"name": "1号機", "kw": "100"}, {"name": "", "kw": ""}, {"name": "", "kw": "0"}]
    assert errors(compiled, {"units": rows}) == {
        "units.1.kw": "too_small",
        "units.1.name": "required",
    } or errors(compiled, {"units": rows}) == {"units.1.kw": "too_small"}
    reading = read_answers(
        compiled, {"units": [{"name": "1号機", "kw": "100"}, {"name": "2号機", "kw": "50"}]}, {}
    )
    assert reading.data["total"] == 150
    assert errors(compiled, {"units": [{"name": "n"}] * 3})["units"] == "max_rows"


def test_a_rule_holds_only_on_the_days_it_is_in_effect() -> None:
    rule = {
        "name": "small_enough",
        "must": {"a": {"$lte": 5}},
        "message": TEXT,
        "at": "a",
        "effective_from": "2026-04-01",
        "effective_to": "2026-12-31",
    }
    compiled = described([{"name": "a", "type": "integer"}], [rule])
    assert errors(compiled, {"a": "9"}, TODAY="2026-03-31") == {}
    assert errors(compiled, {"a": "9"}, TODAY="2026-04-01") == {"a": "small_enough"}
    assert errors(compiled, {"a": "9"}, TODAY="2026-12-31") == {"a": "small_enough"}
    assert errors(compiled, {"a": "9"}, TODAY="2027-01-01") == {}


def test_a_rule_waits_for_the_fields_it_reads_to_be_right() -> None:
    rule = {"name": "order", "must": {"$expr": {"$lte": ["$a", "$b"]}}, "message": TEXT, "at": "b"}
    compiled = described([{"name": "a", "type": "integer"}, {"name": "b", "type": "integer"}], [rule])
    assert errors(compiled, {"a": "x", "b": "1"}) == {"a": "not_a_number"}
    assert errors(compiled, {"a": "2", "b": "1"}) == {"b": "order"}


def test_normalising_is_told() -> None:
    compiled = described([{"name": "a", "type": "postal_code"}])
    reading = read_answers(compiled, {"a": "１０００００１"}, {})
    assert [(note.path, note.typed, note.kept) for note in reading.notes] == [
        ("a", "１０００００１", "100-0001")
    ]


def test_unknown_names_in_typed_data_are_errors() -> None:
    reading = read_data(described([{"name": "a", "type": "text"}]), {"a": "x", "$where": "1"}, {})
    assert [(error.path, error.key) for error in reading.errors] == [("$where", "unknown")]


def test_no_answer_can_be_a_forged_upload_or_certificate() -> None:
    compiled = described([{"name": "f", "type": "file"}, {"name": "c", "type": "certificate"}])
    reading = read_answers(compiled, {"f": "id-of-somebody-elses", "c": "CN=forged"}, {})
    assert reading.data.get("f") is None
    assert reading.data.get("c") is None


LOOKED: list[dict[str, Any]] = [
    {},
    {"word": " あ ", "agree": "yes", "count": "12", "share": "much", "day": "2026-02-30"},
    {"parts": [{"kind": "c1", "meters": [{}]}, {"title": "x", "kind": "c2"}], "site": {"kind": "c1"}},
    {"home": {"city": "港区"}, "pick": "none", "picks": ["c1"], "key": "k", "papers": [{"id": "1"}]},
]


@pytest.mark.parametrize("answers", LOOKED)
def test_a_look_sees_what_reading_finds(answers: dict[str, Any]) -> None:
    compiled = compile_type(definition())
    read, looked = read_answers(compiled, answers, {}), look_at(compiled, answers, {})
    assert looked.data == {name: value for name, value in read.data.items() if name in looked.data}
    assert {"site", "parts", "count"} & read.data.keys() <= looked.data.keys()
    assert (looked.hidden, looked.required) == (read.hidden, read.required)
    assert (looked.errors, looked.notes) == ((), ())
    assert read.errors


def test_no_answer_is_read_as_none_by_every_kind_of_field() -> None:
    assert {field.parse(None) for _, field in walk(definition().fields) if field.asked} == {None}
