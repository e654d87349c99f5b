"""Stored data led from one definition to another: nothing is lost, and there is a way back."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.schema.definition import RecordType
from models.schema.evolution import Steps, check_steps, evolve, inverse, settled
from tests.evolution.kinds import choice, group, kind, steps, table, text

NUMBER = {"name": "power", "type": "integer", "label": {"ja": "power"}}

OLD = kind(
    text("note"),
    text("other"),
    text("full"),
    text("family"),
    text("given"),
    text("power"),
    choice("area", "abc"),
    choice("areas", "abc", "choices"),
    text("city"),
    table("units", text("name"), text("size"), choice("kind", "ab")),
)
NEW = kind(
    text("other"),
    text("remark"),
    text("first"),
    text("last"),
    text("whole"),
    NUMBER,
    choice("area", "ad"),
    choice("areas", "ad", "choices"),
    group("address", text("city"), text("street")),
    table("units", text("label"), choice("kind", "bc")),
    text("contact"),
)
ENTRY = steps(
    rename={"note": "other", "other": "remark", "units.name": "units.label"},
    move={"city": "address.city"},
    split={"full": {"into": ["first", "last"], "at": " "}},
    merge={"whole": {"of": ["family", "given"], "with": " "}},
    convert={"power": {"otherwise": "attic", "pattern": r"(\d+) MW"}},
    map={"area": {"b": "a", "c": None}, "areas": {"b": "d", "c": None}, "units.kind": {"a": "b"}},
    drop=["units.size"],
    default={"contact": "unknown", "address.street": "none"},
)

words = st.text(st.sampled_from("ab 1　山"), max_size=5)
answers = st.fixed_dictionaries(
    {"code": st.just("1"), "title": words},
    optional={
        "note": words,
        "other": words,
        "full": words,
        "family": words,
        "given": words,
        "power": st.one_of(words, st.sampled_from(["5 MW", "007", "12", "x", "１２"])),
        "area": st.one_of(st.none(), st.sampled_from("abc")),
        "areas": st.one_of(st.none(), st.lists(st.sampled_from("abc"), unique=True)),
        "city": words,
        "units": st.lists(
            st.fixed_dictionaries(
                {}, optional={"name": words, "size": words, "kind": st.sampled_from(["a", "b", None])}
            ),
            max_size=3,
        ),
    },
)


def values(here: Any) -> Iterator[str]:
    """Every text in plain data."""
    if isinstance(here, Mapping):
        for part in here.values():
            yield from values(part)
    elif isinstance(here, list):
        for part in here:
            yield from values(part)
    elif here is not None and here != "":
        yield str(here)


def filled(here: Any) -> Any:
    """The data without what stands for nothing; rows stay, their order counts."""
    if isinstance(here, Mapping):
        cleaned = {key: filled(part) for key, part in here.items()}
        return {key: part for key, part in cleaned.items() if part not in (None, "", [], {})}
    return [filled(part) for part in here] if isinstance(here, list) else here


@given(answers)
def test_every_value_is_in_the_new_data_or_in_the_attic(data: dict[str, Any]) -> None:
    led = evolve(ENTRY, NEW, data, (), OLD)
    assert not led.problems
    there = " ".join([*values(led.data), *(text for kept in led.attic for text in values(kept["value"]))])
    for value in values(data):
        assert value in there


@given(answers)
def test_the_way_back_gives_the_old_data_again(data: dict[str, Any]) -> None:
    led = evolve(ENTRY, NEW, data, (), OLD)
    back = evolve(inverse(ENTRY, OLD, NEW), OLD, led.data, led.attic, NEW)
    assert not back.problems
    assert filled(back.data) == filled(data)


@given(answers)
def test_the_data_given_is_not_changed(data: dict[str, Any]) -> None:
    before = repr(data)
    evolve(ENTRY, NEW, data, (), OLD)
    assert repr(data) == before


def test_what_was_written_since_is_not_overwritten_on_the_way_back() -> None:
    led = evolve(ENTRY, NEW, {"code": "1", "power": "5 MW", "area": "b", "full": "a b c"}, (), OLD)
    written = {**led.data, "power": 60, "area": "d", "first": "z"}
    back = evolve(inverse(ENTRY, OLD, NEW), OLD, written, led.attic, NEW)
    assert (back.data["power"], back.data["area"], back.data["full"]) == ("60", "d", "z b c")


def test_control_without_the_attic_the_old_value_is_gone() -> None:
    led = evolve(ENTRY, NEW, {"code": "1", "power": "5 MW", "area": "b"}, (), OLD)
    back = evolve(inverse(ENTRY, OLD, NEW), OLD, led.data, (), NEW)
    assert (back.data["power"], back.data["area"]) == ("5", "a")


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        (steps(convert={"power": {}}), "power"),
        (steps(split={"full": {"into": ["first", "last"], "pattern": r"(?P<first>\d)(?P<last>\d)"}}), "full"),
        (steps(move={"units.name": "remark"}), "units.name"),
    ],
)
def test_a_value_that_cannot_be_carried_over_is_a_problem_at_its_path(entry: Steps, path: str) -> None:
    led = evolve(entry, NEW, {"power": "many", "full": "ab", "units": [{"name": "x"}]}, (), OLD)
    assert [problem.path for problem in led.problems] == [path]


def test_another_value_takes_the_place_of_one_that_does_not_fit() -> None:
    led = evolve(steps(convert={"power": {"otherwise": {"value": 0}}}), NEW, {"power": "many"}, (), OLD)
    assert led.data["power"] == 0
    assert [(kept["path"], kept["value"], kept["label"]["ja"]) for kept in led.attic] == [
        ("power", "many", "power")
    ]


def test_a_table_is_left_by_its_first_row_and_the_others_are_kept() -> None:
    old, new = (
        kind(table("units", text("name"), text("size"))),
        kind(text("name"), table("units", text("size"))),
    )
    entry = steps(move={"units.first.name": "name"})
    data = {"units": [{"name": "a", "size": "1"}, {"name": "b", "size": "2"}]}
    led = evolve(entry, new, data, (), old)
    assert led.data == {"name": "a", "units": [{"size": "1"}, {"size": "2"}]}
    assert [(kept["path"], kept["value"]) for kept in led.attic] == [("units.1.name", "b")]
    assert evolve(inverse(entry, old, new), old, led.data, led.attic).data == data


def test_a_default_may_be_worked_out() -> None:
    led = evolve(steps(default={"contact": {"$expr": {"$concat": ["$title", "!"]}}}), NEW, {"title": "a"})
    assert led.data["contact"] == "a!"


@pytest.mark.parametrize(("stored", "kept"), [("hunter2", None), ({"sealed": "token"}, {"sealed": "token"})])
def test_a_secret_takes_over_nothing_that_is_not_sealed(stored: object, kept: object) -> None:
    """It would stay readable in the secret's place, behind dots."""
    new = kind({"name": "power", "type": "secret", "label": {"ja": "power"}})
    led = evolve(steps(convert={"power": {"otherwise": "attic"}}), new, {"power": stored}, (), OLD)
    assert led.data == {"power": kept}
    assert [entry["value"] for entry in led.attic] == ([stored] if kept is None else [])
    assert evolve(steps(convert={"power": {}}), new, {"power": "hunter2"}, (), OLD).problems


def test_a_value_is_converted_to_the_type_its_field_has_after_later_versions() -> None:
    entries = (steps(convert={"power": {}}), Steps(start=2, rename={"power": "output"}))
    new = kind({**NUMBER, "name": "output"})
    assert evolve(entries, new, {"power": "12"}).data == {"output": 12}


def test_entries_are_published_as_they_are_declared() -> None:
    evolution = [{"from": 2, "drop": ["b"]}, {"from": 1, "drop": ["a"]}, {"from": 3, "drop": ["c"]}]
    definition = kind(evolution=evolution)
    assert RecordType.model_validate(definition.published()) == definition
    assert definition.published()["evolution"] == evolution


def test_what_a_step_looks_after_is_known() -> None:
    found = settled(ENTRY)
    assert found["note"] == "rename"
    assert (found["city"], found["address.city"]) == ("move", "move")
    assert (found["full"], found["last"], found["whole"]) == ("split", "split", "merge")
    assert (found["contact"], found["units.size"]) == ("default", "drop")


def test_sound_steps_have_no_problems() -> None:
    assert list(check_steps(ENTRY, OLD, NEW)) == []


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        (steps(rename={"nothing": "remark"}), "nothing"),
        (steps(rename={"note": "nowhere"}), "nowhere"),
        (steps(rename={"note": "other"}), "note"),
        (steps(rename={"note": "units.label"}), "note"),
        (steps(move={"units.name": "remark"}), "units.name"),
        (steps(map={"area": {"b": "z"}}), "area"),
        (steps(map={"title": {"b": "z"}}), "title"),
        (steps(convert={"power": {"pattern": "((a*)*)"}}), "power"),
        (steps(convert={"power": {"otherwise": {"value": "x"}}}), "power"),
        (steps(convert={"units": {}}), "units"),
        (steps(drop=["nothing"]), "nothing"),
        (steps(default={"nowhere": "x"}), "nowhere"),
        (steps(default={"power": "x"}), "power"),
        (steps(default={"contact": {"$expr": {"$no": 1}}}), "contact"),
        (steps(merge={"units.label": {"of": ["family", "given"]}}), "units.label"),
        (steps(split={"full": {"into": ["first", "nowhere"], "at": " "}}), "nowhere"),
    ],
)
def test_what_is_wrong_with_a_step_is_said_at_its_path(entry: Steps, path: str) -> None:
    assert path in [where for where, _ in check_steps(entry, OLD, NEW)]
