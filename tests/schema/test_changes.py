"""What differs between two definitions: every kind of change is named, with its query and its step."""

from typing import Any

import pytest

from models.schema.changes import Change, compare_definitions
from tests.schema.definitions import a_type, field, options

TITLE = field("title")
GONE: list[Any] = [None, "", [], {}]


def changes(
    before: list[dict[str, Any]], after: list[dict[str, Any]], **keys: Any
) -> dict[tuple[str, str], Change]:
    """The changes between two lists of fields, by code and path; `keys` are the new type's."""
    found = compare_definitions(a_type(*before), a_type(*after, **keys))
    assert len({(each.code, each.path) for each in found}) == len(found)
    return {(each.code, each.path): each for each in found}


def only(before: dict[str, Any], after: dict[str, Any], **keys: Any) -> Change:
    """The one change between two fields."""
    found = changes([before], [after], **keys)
    assert len(found) == 1, list(found)
    return next(iter(found.values()))


def test_equal_definitions_do_not_differ() -> None:
    fields = [
        TITLE,
        field("area", "choice", options=options("east")),
        field("rows", "table", fields=[field("a")]),
    ]
    assert changes(fields, fields) == {}


def test_an_optional_field_more_is_safe() -> None:
    change = changes([TITLE], [TITLE, field("note")])["field_added", "note"]
    assert (change.kind, change.touching) == ("safe", None)


def test_a_required_field_more_asks_for_a_default() -> None:
    change = changes([TITLE], [TITLE, field("contact", required=True)])["field_added", "contact"]
    assert change.kind == "step"
    assert change.touching == {"contact": {"$in": GONE}}
    assert change.step == {"default": {"contact": "unknown"}}


def test_a_field_required_in_some_cases_touches_only_those() -> None:
    new = field("reason", required_when={"area": "east"}, show_when={"open": True})
    change = changes([TITLE], [TITLE, new])["field_added", "reason"]
    assert change.touching == {"$and": [{"reason": {"$in": GONE}}, {"area": "east"}, {"open": True}]}


def test_a_column_more_that_is_required_touches_the_rows() -> None:
    old, new = field("rows", "table", fields=[field("a")]), [field("a"), field("b", required=True)]
    change = changes([old], [field("rows", "table", fields=new)])["field_added", "rows.b"]
    assert change.touching == {"rows": {"$elemMatch": {"b": {"$in": GONE}}}}


def test_a_part_more_that_is_required_touches_groups_somebody_wrote_in() -> None:
    new = [field("city"), field("street", required=True)]
    change = changes([field("place", "group", fields=[field("city")])], [field("place", "group", fields=new)])
    touching = change["field_added", "place.street"].touching
    assert touching == {"$and": [{"place.street": {"$in": GONE}}, {"place": {"$nin": GONE}}]}


def test_a_removed_field_loses_what_was_answered() -> None:
    change = changes([TITLE, field("note")], [TITLE])["field_removed", "note"]
    assert change.kind == "loses"
    assert change.touching == {"note": {"$nin": GONE}}
    assert change.step == {"drop": ["note"]}


def test_a_removed_column_is_found_in_its_rows() -> None:
    old, new = [field("a"), field("b")], [field("a")]
    found = changes([field("rows", "table", fields=old)], [field("rows", "table", fields=new)])
    assert found["field_removed", "rows.b"].touching == {"rows": {"$elemMatch": {"b": {"$nin": GONE}}}}
    assert found["field_removed", "rows.b"].step == {"drop": ["rows.b"]}


def test_a_removed_table_is_told_once() -> None:
    found = changes([TITLE, field("rows", "table", fields=[field("a"), field("b")])], [TITLE])
    assert [path for code, path in found if code == "field_removed"] == ["rows"]


def test_a_removed_guide_loses_nothing() -> None:
    guide = field("guide", "guide", text={"ja": "説明"})
    assert changes([TITLE, guide], [TITLE])["field_removed", "guide"].kind == "safe"


def test_a_likely_new_name_is_recognised_by_its_label() -> None:
    new = {**field("remark"), "label": {"ja": "note", "en": "note"}}
    found = changes([TITLE, field("note")], [TITLE, new])
    assert found["field_removed", "note"].step == {"rename": {"note": "remark"}}


def test_another_type_under_another_name_is_no_new_name() -> None:
    found = changes([TITLE, field("note")], [TITLE, field("notes", "integer")])
    assert found["field_removed", "note"].step == {"drop": ["note"]}


def test_a_likely_move_into_a_group_is_recognised() -> None:
    new = field("address", "group", fields=[field("street"), field("city")])
    old = field("address", "group", fields=[field("street")])
    found = changes([TITLE, field("city"), old], [TITLE, new])
    assert found["field_removed", "city"].step == {"move": {"city": "address.city"}}


@pytest.mark.parametrize(
    ("steps", "word"),
    [
        ({"rename": {"note": "remark"}}, "rename"),
        ({"drop": ["note"]}, "drop"),
        ({"merge": {"remark": {"of": ["note", "title"]}}}, "merge"),
        ({"split": {"note": {"into": ["remark", "more"], "at": " "}}}, "split"),
    ],
)
def test_a_removed_field_is_settled_by_the_step_that_takes_it_up(steps: dict[str, Any], word: str) -> None:
    found = changes([TITLE, field("note")], [TITLE, field("remark")], evolution=[{"from": 1, **steps}])
    assert found["field_removed", "note"].settled_by == word


def test_steps_for_another_field_settle_nothing() -> None:
    found = changes([TITLE, field("note")], [TITLE], evolution=[{"from": 1, "drop": ["other"]}])
    assert found["field_removed", "note"].settled_by == ""


def test_only_the_steps_from_the_version_compared_count() -> None:
    old, new = a_type(TITLE, field("note")), a_type(TITLE, evolution=[{"from": 2, "drop": ["note"]}])
    settled = {version: compare_definitions(old, new, version)[0].settled_by for version in (1, 2)}
    assert settled == {1: "", 2: "drop"}


def test_a_renamed_field_is_compared_with_what_it_was() -> None:
    before, after = field("note", max_length=100), field("remark", max_length=10)
    found = changes([before], [after], evolution=[{"from": 1, "rename": {"note": "remark"}}])
    assert found["narrowed", "remark"].touching == {"note": {"$regex": r"^[\s\S]{11}"}}


def test_an_option_that_goes_touches_who_chose_it() -> None:
    change = only(
        field("area", "choice", options=options("east", "west")),
        field("area", "choice", options=options("west")),
    )
    assert (change.code, change.kind) == ("option_removed", "step")
    assert change.touching == {"area": {"$in": ["east"]}}
    assert change.step == {"map": {"area": {"east": None}}}


@pytest.mark.parametrize(
    ("mapped", "settled"), [({"east": "west", "old": None}, "map"), ({"east": "west"}, "")]
)
def test_options_are_settled_when_each_has_a_place_to_go(mapped: dict[str, Any], settled: str) -> None:
    change = changes(
        [field("area", "choice", options=options("east", "old", "west"))],
        [field("area", "choice", options=options("west"))],
        evolution=[{"from": 1, "map": {"area": mapped}}],
    )["option_removed", "area"]
    assert change.settled_by == settled


def test_options_more_or_called_otherwise_are_safe() -> None:
    new = [{"code": "east", "label": {"ja": "東日本"}}, *options("west")]
    found = changes(
        [field("area", "choice", options=options("east"))], [field("area", "choice", options=new)]
    )
    assert {code: change.kind for (code, _), change in found.items()} == {
        "options_added": "safe",
        "option_relabelled": "safe",
    }


def test_what_becomes_required_touches_records_without_it() -> None:
    change = only(TITLE, field("title", required=True))
    assert (change.code, change.kind, change.touching) == ("made_required", "step", {"title": {"$in": GONE}})


def test_what_is_required_in_more_cases_touches_only_those() -> None:
    found = changes(
        [field("note", required_when={"area": "east"})],
        [field("note", required_when={"area": {"$ne": "west"}})],
    )
    assert found["made_required", "note"].touching == {
        "$and": [
            {"note": {"$in": GONE}},
            {"area": {"$ne": "west"}},
            {"$nor": [{"area": "east"}]},
        ]
    }


def test_what_need_not_be_answered_any_more_is_safe() -> None:
    assert changes([field("title", required=True)], [TITLE]) == {}


def test_a_condition_that_hides_more_loses_what_it_hides() -> None:
    change = only(TITLE, field("title", show_when={"area": "east"}))
    assert (change.code, change.kind) == ("newly_hidden", "loses")
    assert change.touching == {"$and": [{"title": {"$nin": GONE}}, {"$nor": [{"area": "east"}]}]}


def test_a_condition_in_a_row_is_asked_of_the_row() -> None:
    hidden = [field("a"), field("b", show_when={"a": "x"})]
    found = changes(
        [field("rows", "table", fields=[field("a"), field("b")])], [field("rows", "table", fields=hidden)]
    )
    row = {"$and": [{"b": {"$nin": GONE}}, {"$nor": [{"a": "x"}]}]}
    assert found["newly_hidden", "rows.b"].touching == {"rows": {"$elemMatch": row}}


def test_a_condition_in_a_row_on_what_is_around_is_asked_of_the_record() -> None:
    found = changes(
        [TITLE, field("rows", "table", fields=[field("a")])],
        [TITLE, field("rows", "table", fields=[field("a", show_when={"title": "x"})])],
    )
    answered = {"rows": {"$elemMatch": {"a": {"$nin": GONE}}}}
    assert found["newly_hidden", "rows.a"].touching == {"$and": [answered, {"$nor": [{"title": "x"}]}]}


def test_a_condition_on_the_operator_is_an_upper_bound() -> None:
    change = only(TITLE, field("title", show_when={"title": "$$OPERATOR.name"}))
    assert (change.bound, change.touching) == ("most", {"title": {"$nin": GONE}})


def test_a_check_more_touches_what_breaks_it() -> None:
    check = {
        "name": "small",
        "must": {"size": {"$lt": 5}},
        "when": {"area": "east"},
        "message": {"ja": "小"},
        "at": "size",
    }
    size = field("size", "integer")
    change = changes([size], [size], checks=[check])["check_added", ":checks.small"]
    assert change.touching == {"$and": [{"area": "east"}, {"$nor": [{"size": {"$lt": 5}}]}]}


def test_a_check_in_effect_later_says_from_when() -> None:
    check = {
        "name": "small",
        "must": {"size": 1},
        "message": {"ja": "小"},
        "at": "size",
        "effective_from": "2027-04-01",
    }
    size = field("size", "integer")
    change = changes([size], [size], checks=[check])["check_added", ":checks.small"]
    assert "2027-04-01" in change.message("en")


@pytest.mark.parametrize("paths", [["title"], ["title", "area"]], ids=["alone", "with another"])
def test_what_becomes_unique_is_asked_for_duplicates(paths: list[str]) -> None:
    rule = {"with": paths[1:], "among": {"lifecycle": {"$ne": "deleted"}}}
    change = changes([TITLE, field("area")], [field("title", unique=rule), field("area")])[
        "unique_added", "title"
    ]
    assert change.duplicates is not None
    assert change.duplicates.paths == tuple(paths)
    assert change.duplicates.among == {"lifecycle": {"$ne": "deleted"}}


def test_another_formula_touches_what_was_computed_but_is_safe() -> None:
    old, new = (
        field("sum", "computed", value={"$add": ["$a", 1]}),
        field("sum", "computed", value={"$add": ["$a", 2]}),
    )
    change = only(old, new)
    assert (change.code, change.kind, change.touching) == ("formula_changed", "safe", {"sum": {"$nin": GONE}})


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"label": {"ja": "題", "en": "Name"}}, "label_changed"),
        ({"help": {"ja": "助け"}}, "wording_changed"),
        ({"example": "例"}, "wording_changed"),
        ({"list": True}, "listing_changed"),
        ({"index": True}, "listing_changed"),
        ({"filter": True, "sort": True}, "listing_changed"),
        ({"personal": "yes"}, "protection_changed"),
        ({"classification": "confidential"}, "protection_changed"),
        ({"set_once": True}, "entry_changed"),
        ({"read_only": True}, "entry_changed"),
        ({"default": "x"}, "entry_changed"),
    ],
)
def test_what_hurts_nothing_is_safe_and_told(keys: dict[str, Any], code: str) -> None:
    change = only(TITLE, {**TITLE, **keys})
    assert (change.code, change.kind, change.touching) == (code, "safe", None)


@pytest.mark.parametrize(
    ("keys", "code", "kind"),
    [
        ({"collection": "others"}, "collection_changed", "loses"),
        ({"lifecycle": "other"}, "lifecycle_changed", "step"),
        ({"number": {"field": "plant_number", "format": "P{seq}"}}, "number_changed", "safe"),
        ({"title": "x{title}"}, "title_changed", "safe"),
        ({"applications": {"workflow": "other"}}, "applications_changed", "safe"),
        ({"belongs_to": "operator"}, "belongs_to_changed", "safe"),
        ({"pages": [{"name": "p", "label": {"ja": "頁"}, "fields": ["title"]}]}, "pages_changed", "safe"),
        ({"enabled": False}, "enabled_changed", "safe"),
    ],
)
def test_keys_of_the_type_are_compared(keys: dict[str, Any], code: str, kind: str) -> None:
    change = only(TITLE, TITLE, **keys)
    assert (change.code, change.kind, change.path[0]) == (code, kind, ":")


def test_fields_in_another_order_are_told() -> None:
    assert list(changes([TITLE, field("note")], [field("note"), TITLE])) == [("order_changed", ":fields")]


def test_every_key_of_every_type_is_looked_at() -> None:
    """No key of a record type is left out: what differs in the checksum differs in the changes."""
    from models.schema.changes.whole import SAFE
    from models.schema.definition import RecordType

    assert RecordType.model_fields.keys() - SAFE.keys() == {
        "record_type", "collection", "lifecycle", "fields", "checks",
    }  # fmt: skip
