"""Texts: steps put in without touching the rest, differences, and the words the editor knows."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from ruamel.yaml import YAML

from admin.studio.difference import difference
from admin.studio.insertion import insert_step
from admin.studio.words import words
from models.schema.evolution import Steps
from models.schema.fields import TYPE_NAMES
from tests.admin.studio.conftest import Studio

TEXT = """\
# A note that stays
record_type: x   # and this one
evolution:       # how stored data follows
  # the first change
  - from: 1      # long ago
    rename: {a: b}   # why
    drop: [c]

fields:
  - {name: b, type: text}
"""


def read(text: str) -> dict[str, object]:
    found: dict[str, object] = YAML(typ="safe", pure=True).load(io.StringIO(text))
    return found


def test_a_step_goes_into_its_entry_and_every_note_stays() -> None:
    text = insert_step(TEXT, 1, {"rename": {"d": "e"}, "drop": ["f"]})
    assert read(text)["evolution"] == [{"from": 1, "rename": {"a": "b", "d": "e"}, "drop": ["c", "f"]}]
    for note in ("# A note that stays", "# and this one", "# how stored data follows", "# long ago", "# why"):
        assert note in text
    assert text.endswith("\nfields:\n  - {name: b, type: text}\n")


def test_what_is_declared_already_wins() -> None:
    text = insert_step(TEXT, 1, {"rename": {"a": "other"}, "drop": ["c"]})
    assert read(text) == read(TEXT)


@pytest.mark.parametrize("text", ["a: 1", "a: 1\nevolution: []\n", "evolution:\na: 1\n"])
def test_the_list_is_made_where_it_is_missing(text: str) -> None:
    stepped = read(insert_step(text, 3, {"drop": ["c"]}))
    assert stepped == {"a": 1, "evolution": [{"from": 3, "drop": ["c"]}]}


@pytest.mark.parametrize("text", ["evolution: {a: b}\n", "evolution: [1]\n", "evolution:\n  - [\n"])
def test_a_list_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="evolution"):
        insert_step(text, 1, {"drop": ["c"]})


NAMES = some.text("abcdefgh", min_size=1, max_size=4)


@settings(deadline=None, max_examples=40)
@given(some.lists(some.tuples(some.integers(1, 4), some.dictionaries(NAMES, NAMES, min_size=1)), max_size=6))
def test_every_step_put_in_is_there_and_the_rest_is_as_it_was(
    steps: list[tuple[int, dict[str, str]]],
) -> None:
    text = "record_type: x\n\nfields:\n  - {name: b}  # b\n"
    for version, renaming in steps:
        text = insert_step(text, version, {"rename": renaming})
    entries = read(text).pop("evolution", [])
    assert isinstance(entries, list)
    for version, renaming in steps:
        entry = next(Steps.model_validate(one) for one in entries if one["from"] == version)
        assert renaming.keys() <= entry.rename.keys()
    assert text.startswith("record_type: x\n\nfields:\n  - {name: b}  # b\n")


LINES = some.lists(some.sampled_from(["a", "b", "c", "d"]), max_size=12)


@settings(deadline=None)
@given(LINES, LINES)
def test_a_difference_holds_both_texts(old: list[str], new: list[str]) -> None:
    found = difference("\n".join(old), "\n".join(new))
    shown = {int(line.old): line.text for line in found if line.mark in "- "}
    assert all(old[number - 1] == text for number, text in shown.items())
    assert {line.text for line in found if line.mark == "+"} <= set(new)
    assert (found == []) == (old == new)


async def test_the_editor_knows_every_key_type_and_name(studio: Studio) -> None:
    known = words(studio.site)
    assert set(TYPE_NAMES) == set(known["values"]["type"]) == set(known["fields"]) - {""}
    assert {"record_type", "fields", "pages", "evolution"} <= set(known["keys"][""])
    assert {"search", "required", "max_length"} <= set(known["fields"]["text"])
    assert {"from", "rename", "drop"} <= set(known["keys"]["evolution"])
    assert known["values"]["required"] == ["true", "false"]
    assert "resource_class" in known["values"]["choices"]
    assert "registration" in known["values"]["workflow"]
