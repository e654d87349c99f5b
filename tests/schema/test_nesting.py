"""Tables and groups at any depth: what is hidden, required, computed and wrong inside them."""

from typing import Any

import pytest

from models.schema.compiled import CompiledType, compile_type
from models.schema.problem import Problem
from models.schema.reading import Reading, read_answers, read_data
from tests.schema.definitions import a_type, field

TODAY = {"TODAY": "2026-11-22"}


def described(*fields: dict[str, Any], **keys: Any) -> CompiledType:
    return compile_type(a_type(*fields, **keys))


def read(compiled: CompiledType, answers: dict[str, Any], **variables: Any) -> Reading:
    return read_answers(compiled, answers, {**TODAY, **variables})


def errors(reading: Reading) -> dict[str, str]:
    return {error.path: error.key for error in reading.errors}


ADDRESS = {
    "postal_code": "1000001",
    "prefecture": "tokyo",
    "city": "千代田区",
    "street": "千代田1-1",
    "building": "",
}


def test_an_optional_group_nobody_wrote_in_asks_for_nothing() -> None:
    reading = read(described(field("at", "address")), {"at": dict.fromkeys(ADDRESS, "")})
    assert reading.errors == ()
    assert reading.data == {"at": None}
    assert reading.required == frozenset()


def test_a_group_partly_filled_in_demands_its_required_parts() -> None:
    reading = read(described(field("at", "address")), {"at": {"city": "千代田区"}})
    assert errors(reading) == dict.fromkeys(("at.postal_code", "at.prefecture", "at.street"), "required")
    assert "at.city" in reading.required
    assert "at.building" not in reading.required


def test_a_required_group_demands_its_required_parts_even_when_empty() -> None:
    reading = read(described(field("at", "address", required=True)), {})
    missing = ("at.postal_code", "at.prefecture", "at.city", "at.street")
    assert errors(reading) == dict.fromkeys(missing, "required")
    assert reading.required == {"at", *missing}


def test_a_required_group_without_required_parts_must_not_be_empty() -> None:
    compiled = described(field("g", "group", required=True, fields=[field("a"), field("b")]))
    assert errors(read(compiled, {})) == {"g": "required"}
    assert errors(read(compiled, {"g": {"b": "x"}})) == {}


def test_parts_are_normalised_and_what_changed_is_told() -> None:
    reading = read(described(field("at", "address")), {"at": ADDRESS})
    assert reading.errors == ()
    assert reading.data["at"]["postal_code"] == "100-0001"
    assert [(note.path, note.kept) for note in reading.notes] == [("at.postal_code", "100-0001")]


def test_readings_of_a_name_become_katakana() -> None:
    name = {"family": "山田", "given": "太郎", "family_kana": "やまだ", "given_kana": "ﾀﾛｳ"}
    compiled = described(field("who", "person_name"))
    reading = read(compiled, {"who": name})
    assert reading.errors == ()
    shown = compiled.level.fields["who"].show(reading.data["who"], "ja")
    assert shown == "山田 太郎（ヤマダ タロウ）"


def deep(**leaf: Any) -> CompiledType:
    """A table in a group in a table."""
    lines = field("lines", "table", fields=[field("kind"), field("leaf", **leaf)])
    units = field("units", "table", fields=[field("name"), field("more", "group", fields=[lines])])
    return described(field("mode"), units)


def rows(*lines: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": "u", "more": {"lines": list(lines)}}]


def test_errors_name_the_row_and_the_part_at_any_depth() -> None:
    reading = read(deep(kind="integer"), {"units": rows({"leaf": "1"}, {"leaf": "many"})})
    assert errors(reading) == {"units.0.more.lines.1.leaf": "not_a_number"}
    assert reading.data["units"][0]["more"]["lines"][0]["leaf"] == 1
    assert "leaf" not in reading.data["units"][0]["more"]["lines"][1]


def test_what_is_required_inside_is_asked_of_every_row_filled_in() -> None:
    compiled = deep(required=True)
    assert errors(read(compiled, {"units": rows({"kind": "a"})})) == {"units.0.more.lines.0.leaf": "required"}
    assert errors(read(compiled, {"units": rows({"kind": ""})})) == {}


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ({"kind": "a"}, True),
        ({"kind": "b"}, False),
        ({"mode": "m"}, True),
        ({"mode": "n"}, False),
        ({"name": "u"}, True),
        ({"name": "v"}, False),
    ],
    ids=str,
)
def test_a_condition_inside_sees_its_row_and_all_that_is_around(rule: dict[str, Any], shown: bool) -> None:
    compiled = deep(show_when=rule)
    reading = read(compiled, {"mode": "m", "units": rows({"kind": "a", "leaf": "x"})})
    line = reading.data["units"][0]["more"]["lines"][0]
    assert ("leaf" in line) is shown
    assert ("units.0.more.lines.0.leaf" in reading.hidden) is not shown


def test_the_nearest_answer_of_a_name_counts() -> None:
    compiled = described(
        field("kind"),
        field("rows", "table", fields=[field("kind"), field("leaf", show_when={"kind": "inner"})]),
    )
    reading = read(compiled, {"kind": "outer", "rows": [{"kind": "inner", "leaf": "x"}]})
    assert reading.data["rows"][0]["leaf"] == "x"


def test_a_hidden_part_no_longer_counts_for_what_depends_on_it() -> None:
    group = field("g", "group", fields=[field("a"), field("b", show_when={"a": "yes"})])
    compiled = described(group, field("c", show_when={"g.b": "x"}))
    answers = {"g": {"a": "no", "b": "x"}, "c": "kept"}
    assert read(compiled, answers).data == {"g": {"a": "no"}}
    assert read(compiled, {**answers, "g": {"a": "yes", "b": "x"}}).data["c"] == "kept"


def test_a_group_left_with_nothing_shown_counts_as_not_answered() -> None:
    group = field("g", "group", fields=[field("b", show_when={"mode": "on"}), field("c", required=True)])
    compiled = described(field("mode"), group)
    assert read(compiled, {"mode": "off", "g": {"b": "x", "c": ""}}).data["g"] is None
    assert errors(read(compiled, {"mode": "off", "g": {"b": "x", "c": ""}})) == {}
    assert errors(read(compiled, {"mode": "on", "g": {"b": "x", "c": ""}})) == {"g.c": "required"}


def test_computed_values_use_each_other_in_whatever_order_they_are_written() -> None:
    row = [
        field("share", "computed", value={"$divide": ["$double", "$total"]}),
        field("double", "computed", value={"$multiply": ["$n", 2]}),
        field("n", "integer"),
    ]
    compiled = described(
        field("grand", "computed", value={"$add": ["$total", 1]}),
        field("total", "computed", value={"$sum": "$rows.double"}),
        field("rows", "table", fields=row),
    )
    data = read(compiled, {"rows": [{"n": "1"}, {"n": "3"}]}).data
    assert (data["total"], data["grand"]) == (8, 9)
    assert [each["share"] for each in data["rows"]] == [0.25, 0.75]


def test_a_computed_value_decides_what_is_shown() -> None:
    compiled = described(
        field("n", "integer"),
        field("twice", "computed", value={"$multiply": ["$n", 2]}),
        field("why", required=True, show_when={"twice": {"$gt": 5}}),
    )
    assert errors(read(compiled, {"n": "3"})) == {"why": "required"}
    assert errors(read(compiled, {"n": "2", "why": "dropped"})) == {}
    assert "why" not in read(compiled, {"n": "2", "why": "dropped"}).data


def test_rows_that_are_alike_in_a_unique_column_are_refused() -> None:
    row = [field("code", unique=True), field("n", "integer")]
    compiled = described(field("rows", "table", fields=row))
    assert errors(read(compiled, {"rows": [{"code": "a"}, {"code": "b"}, {"code": "a "}]})) == {
        "rows.2.code": "duplicate"
    }
    assert errors(read(compiled, {"rows": [{"code": "a"}, {"n": "1"}, {"n": "2"}]})) == {}


def test_rows_may_be_unique_together_with_another_column() -> None:
    row = [field("code", unique={"with": ["n"]}), field("n", "integer")]
    compiled = described(field("rows", "table", fields=row))
    assert errors(read(compiled, {"rows": [{"code": "a", "n": "1"}, {"code": "a", "n": "2"}]})) == {}
    assert errors(read(compiled, {"rows": [{"code": "a", "n": "1"}, {"code": "a", "n": "１"}]})) == {
        "rows.1.code": "duplicate"
    }


@pytest.mark.parametrize(
    ("now", "broken"), [("a", {}), ("b", {"g.code": "set_once"}), ("", {"g.code": "set_once"})]
)
def test_what_is_set_once_stays_as_it_was_registered(now: str, broken: dict[str, str]) -> None:
    compiled = described(field("g", "group", fields=[field("code", set_once=True), field("n", "integer")]))
    answers = {"g": {"code": now, "n": "1"}}
    assert errors(read(compiled, answers, BEFORE={"g": {"code": "a"}})) == broken
    assert errors(read(compiled, answers, BEFORE={"g": {"n": 1}})) == {}
    assert errors(read(compiled, answers, BEFORE={})) == {}


def test_what_is_left_out_of_an_import_takes_its_default_and_what_is_emptied_does_not() -> None:
    compiled = described(
        field("kind", default="solar"),
        field("rows", "table", fields=[field("n", "integer", default=7), field("name")]),
    )
    assert read_data(compiled, {"rows": [{"name": "x"}]}, TODAY).data == {
        "kind": "solar",
        "rows": [{"n": 7, "name": "x"}],
    }
    assert read_data(compiled, {"kind": None}, TODAY).data["kind"] is None


def test_unknown_names_inside_are_errors_too() -> None:
    compiled = described(field("g", "group", fields=[field("a")]))
    reading = read_data(compiled, {"g": {"a": "x", "b": "y"}, "h": 1}, TODAY)
    assert errors(reading) == {"h": "unknown", "g.b": "unknown"}


def test_nesting_ends_at_a_depth_of_four_names() -> None:
    def nested(depth: int) -> dict[str, Any]:
        return field(f"f{depth}") if depth == 1 else field(f"f{depth}", "group", fields=[nested(depth - 1)])

    assert read(described(nested(4)), {"f4": {"f3": {"f2": {"f1": "x"}}}}).errors == ()
    with pytest.raises(Problem, match="depth"):
        described(nested(5))


def test_a_new_form_starts_with_the_defaults_of_parts() -> None:
    parts = [field("country", default="JP"), field("city")]
    fields = described(
        field("g", "group", fields=parts), field("h", "group", fields=[field("a")])
    ).level.fields
    assert fields["g"].initial() == {"country": "JP", "city": None}
    assert fields["h"].initial() is None
