"""What every field type answers for itself: reading, showing, comparing, searching, describing."""

import json
import string
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from models.schema.definition import RecordType
from models.schema.fields import FIELD_TYPES, BaseField, type_name
from models.schema.fields.secret import DOTS
from models.schema.search import grams, grams_of
from tests.schema.definitions import a_type, field, options


def one(kind: str, **keys: Any) -> BaseField:
    """One field of this type."""
    return a_type(field("f", kind, **keys)).by_name["f"]


LINE = st.text(string.ascii_letters + string.digits + "東京電力・ーｱ", min_size=1, max_size=20)
DAY = st.dates().map(lambda day: day.isoformat())
CLOCK = st.times().map(lambda time: f"{time:%H:%M}")
UPLOAD = st.fixed_dictionaries({"id": st.text("0123456789abcdef", min_size=1), "filename": LINE})
KANA = st.text("アイウカガパヴー", min_size=1, max_size=9).filter(lambda text: text[0] != "ー")
NAME = st.fixed_dictionaries({"family": LINE, "given": LINE, "family_kana": KANA, "given_kana": KANA})
PLACE = st.fixed_dictionaries(
    {
        "postal_code": st.from_regex("[0-9]{3}-[0-9]{4}", fullmatch=True),
        "prefecture": st.sampled_from(["hokkaido", "tokyo", "okinawa"]),
        "city": LINE,
        "street": LINE,
        "building": st.none() | LINE,
    }
)
LISTED = {"options": options("a", "b", "c")}
GROUPED = {"fields": [field("n", "integer"), field("t")]}
PARTS = st.fixed_dictionaries({"n": st.integers(0, 99), "t": LINE})

VALUES: dict[str, tuple[dict[str, Any], st.SearchStrategy[Any]]] = {
    "text": ({}, LINE),
    "long_text": ({}, st.lists(LINE, min_size=1).map("\n".join)),
    "markdown": ({}, st.lists(LINE, min_size=1).map("\n- ".join)),
    "email": ({}, st.from_regex(r"[a-z]{1,9}@[a-z]{1,9}\.jp", fullmatch=True)),
    "phone": ({}, st.from_regex("03-[0-9]{4}-[0-9]{4}", fullmatch=True)),
    "postal_code": ({}, st.from_regex("[0-9]{3}-[0-9]{4}", fullmatch=True)),
    "url": ({}, st.from_regex(r"https://[a-z]{1,9}\.jp/[a-z]{0,9}", fullmatch=True)),
    "integer": ({}, st.integers(-(2**63), 2**63 - 1)),
    "decimal": ({"places": 4}, st.decimals(-(10**9), 10**9, places=4)),
    "boolean": ({}, st.booleans()),
    "date": ({}, DAY),
    "year_month": ({}, DAY.map(lambda day: day[:7])),
    "time": ({}, CLOCK),
    "datetime": ({}, st.tuples(DAY, CLOCK).map("T".join)),
    "choice": (LISTED, st.sampled_from("abc")),
    "choices": (LISTED, st.sets(st.sampled_from("abc"), min_size=1).map(sorted)),
    "declaration": (
        {"text": {"ja": "表明"}},
        st.just({"affirmed": True, "text_version": "1"}),
    ),
    "address": ({}, PLACE),
    "person_name": ({}, NAME),
    "file": ({}, UPLOAD),
    "files": ({}, st.lists(UPLOAD, min_size=1, max_size=3)),
    "certificate": (
        {},
        st.just(dict.fromkeys(("serial", "issuer", "subject", "not_after", "fingerprint"), "x")),
    ),
    "table": (GROUPED, st.lists(PARTS, min_size=1, max_size=3)),
    "group": (GROUPED, PARTS),
    "reference": ({"to": "plant"}, st.from_regex("[0-9]{10}", fullmatch=True)),
    "account": ({}, st.from_regex("U[0-9]{7}", fullmatch=True)),
    "secret": ({}, LINE | st.just({"sealed": "token"})),
}

SILENT: dict[str, dict[str, Any]] = {
    "computed": {"value": "$n"},
    "heading": {},
    "guide": {"text": {"ja": "案内"}},
}


def test_every_type_is_tried_here() -> None:
    assert {type_name(kind) for kind in FIELD_TYPES} == VALUES.keys() | SILENT.keys()


@pytest.mark.parametrize("kind", VALUES)
@settings(max_examples=25)
@given(data=st.data())
def test_a_value_survives_the_form_and_is_what_its_type_says(kind: str, data: st.DataObject) -> None:
    keys, values = VALUES[kind]
    target, value = one(kind, **keys), data.draw(values)
    assert target.parse(target.unparse(value)) == value
    assert target.parse(value) == value
    assert TypeAdapter(target.value_type()).validate_python(value) == value
    assert target.compare(value, value) == 0
    assert target.show(value, "ja") != ""
    assert not target.is_empty(value)


@pytest.mark.parametrize("kind", [*VALUES, *SILENT])
def test_nothing_is_shown_found_or_stored_for_nothing(kind: str) -> None:
    target = one(kind, **(VALUES[kind][0] if kind in VALUES else SILENT[kind]))
    assert target.parse(None) is None
    assert target.show(None, "ja") == target.show(None, "en") == target.search_text(None) == ""
    assert target.is_empty(None)
    json.dumps(target.json_schema())


@pytest.mark.parametrize("kind", SILENT)
def test_what_is_not_asked_takes_nothing_from_a_form(kind: str) -> None:
    assert one(kind, **SILENT[kind]).parse("forged") is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2026-04-01T09:30", "2026-04-01T09:30"),
        ("2026-04-01 09:30", "2026-04-01T09:30"),
        ("２０２６/４/１　９：３０", "2026-04-01T09:30"),
        ("2026年4月1日9時30分", "2026-04-01T09:30"),
        ("2026-04-01T09:30:00", "2026-04-01T09:30"),
        ({"year": "2026", "month": "4", "day": "1", "hour": "9", "minute": "5"}, "2026-04-01T09:05"),
        ({"year": "", "month": "", "day": "", "hour": "", "minute": ""}, None),
    ],
    ids=str,
)
def test_a_moment_is_read_in_any_usual_writing(typed: Any, kept: str | None) -> None:
    assert one("datetime").parse(typed) == kept


@pytest.mark.parametrize(
    ("kind", "keys", "value"),
    [
        ("datetime", {}, "2026-04-01"),
        ("datetime", {}, "2026-02-30T09:30"),
        ("datetime", {}, "2026-04-01T24:00"),
        ("datetime", {"min": "2026-05-01T00:00"}, "2026-04-01T09:30"),
        ("date", {}, "2026-W14-3"),
        ("time", {}, "09:30:15+09:00"),
        ("decimal", {}, Decimal("NaN")),
        ("decimal", {}, Decimal("1E+40")),
        ("integer", {}, 2**63),
        ("integer", {}, True),
        ("choice", LISTED, "forged"),
        ("choice", {}, "a"),
        ("files", {"max_files": 1}, [{"id": "1", "filename": "a"}, {"id": "2", "filename": "b"}]),
        ("files", {"min_files": 2}, [{"id": "1", "filename": "a"}]),
        ("secret", {"min_length": 8}, "short"),
        ("secret", {}, {"sealed": ""}),
        ("reference", {"to": "plant"}, {"$ne": None}),
        ("account", {}, "a\x00b"),
        ("text", {"pattern": "[A-Z]+"}, "ABc"),
        ("address", {}, {"prefecture": "atlantis"}),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(kind: str, keys: dict[str, Any], value: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(one(kind, **keys).value_type()).validate_python(value)


def test_a_secret_is_dots_wherever_it_is_shown_and_is_found_nowhere() -> None:
    secret = one("secret", search=True)
    for value in ("hunter2", {"sealed": "token"}):
        assert secret.show(value, "ja") == DOTS
        assert secret.search_text(value) == ""
    assert secret.confidential
    abilities = (secret.listable, secret.orderable, secret.matchable, secret.findable)
    assert not any(abilities)


def searched(**part: Any) -> RecordType:
    group = field("g", "group", fields=[field("a", **part), field("s", "secret", search=True)])
    return a_type(field("title"), group)


def test_a_part_marked_for_search_is_found_and_a_secret_beside_it_is_not() -> None:
    data = {"title": "x", "g": {"a": "南港", "s": {"sealed": "token"}}}
    assert set(grams("南港")) <= set(grams_of(searched(search=True), "1", data))
    assert not set(grams("token")) & set(grams_of(searched(search=True), "1", data))
    assert not set(grams("南港")) & set(grams_of(searched(), "1", data))


def test_a_schema_says_what_may_be_stored() -> None:
    assert one("choice", **LISTED).json_schema() == {"title": "f", "type": "string", "enum": ["a", "b", "c"]}
    integer = one("integer", min=1, max=9, help={"ja": "説明"})
    assert integer.json_schema() == {
        "title": "f",
        "description": "説明",
        "type": "integer",
        "minimum": 1,
        "maximum": 9,
    }
    table = one("table", max_rows=3, fields=[field("n", "integer", required=True), field("t")]).json_schema()
    assert table["maxItems"] == 3
    assert table["items"]["required"] == ["n"]
    assert table["items"]["additionalProperties"] is False
    assert table["items"]["properties"]["t"]["anyOf"][1] == {"type": "null"}


def test_a_title_reads_as_a_person_would_read_it_and_never_tells_a_secret() -> None:
    definition = a_type(field("who", "person_name", kana=False), field("s", "secret"), title="{who} {s} {x}")
    told = definition.title_of({"who": {"family": "山田", "given": "太郎"}, "s": "hunter2", "x": None})
    assert told == f"山田 太郎 {DOTS}"


def test_a_computed_code_is_told_by_its_label_and_a_computed_figure_as_it_is() -> None:
    listed = one("computed", value="$$ORIGIN", options=options("staff", "operator"))
    assert listed.show("staff", "ja") == listed.options[0].label.ja  # type: ignore[attr-defined]
    assert listed.show("neither", "ja") == "neither"
    assert listed.show(None, "ja") == ""
    assert one("computed", value=7, unit="kW").show(1200, "ja") == "1,200 kW"
    kind = a_type(
        field("f", "computed", value="$$ORIGIN", options=options("staff")), field("n", "computed", value=7)
    )
    titled = kind.model_copy(update={"title": "{f} {n}"})
    assert titled.title_of({"f": "staff", "n": 1200}) == f"{kind.by_name['f'].show('staff', 'ja')} 1200"
