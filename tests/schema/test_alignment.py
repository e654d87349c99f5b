"""Rows belong together by what is in them, wherever they stand; texts are compared word by word."""

import random
from itertools import pairwise
from time import perf_counter
from typing import Any

import pytest

from models.schema.alignment import align
from models.schema.compare import differences
from models.schema.edits import edits
from tests.schema.definitions import a_type, field

UNITS = a_type(
    field("units", "table", fields=[field("name"), field("area"), field("kw", "integer")]),
)

Told = list[tuple[str, str, str, str]]


def unit(name: str, kw: int, area: str = "関西") -> dict[str, Any]:
    return {"name": name, "area": area, "kw": kw}


def told(before: list[Any], after: list[Any]) -> Told:
    found = differences(UNITS, {"units": before}, {"units": after}, "en")
    return [(each.kind, each.path, each.before, each.after) for each in found]


def test_a_row_put_in_front_is_one_row_more() -> None:
    """By index every row behind it would differ."""
    old = [unit("A", 1), unit("B", 2), unit("C", 3)]
    found = told(old, [unit("N", 9, "東京"), *old])
    assert {(kind, path.split(".")[1]) for kind, path, _, _ in found} == {("added", "0")}


def test_a_row_taken_out_is_told_as_it_was_numbered() -> None:
    old = [unit("A", 1), unit("B", 2), unit("C", 3)]
    assert {(k, p.split(".")[1], b) for k, p, b, _ in told(old, [old[0], old[2]])} == {
        ("removed", "1", "B"),
        ("removed", "1", "関西"),
        ("removed", "1", "2"),
    }


def test_one_cell_that_changed_is_one_difference() -> None:
    old = [unit("A", 1), unit("B", 2)]
    assert told(old, [unit("B", 5), unit("A", 1)]) == [
        ("moved", "units.0", "row 2", "row 1"),
        ("changed", "units.0.kw", "2", "5"),
    ]


def test_rows_with_nothing_in_common_are_not_put_together() -> None:
    """Control: the same two rows in the same place are compared with each other."""
    one, other = [unit("A", 1, "関西"), unit("B", 2, "東京")], [unit("X", 7, "九州")]
    assert {kind for kind, *_ in told(one, other)} == {"added", "removed"}
    assert {kind for kind, *_ in told(one[:1], other)} == {"changed"}


@pytest.mark.parametrize("seed", range(20))
def test_every_row_is_told_once_whatever_happened_to_them(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - only to vary the rows
    for _ in range(100):
        before, after = (
            [{"n": chance.choice("abcd"), "m": chance.choice("xy")} for _ in range(chance.randrange(7))]
            for _ in range(2)
        )
        pairs = align(before, after, ("n",))
        assert sorted(p.before for p in pairs if p.before is not None) == list(range(len(before)))
        assert [p.after for p in pairs if p.after is not None] == list(range(len(after)))
        kept = [p.before for p in pairs if p.before is not None and p.after is not None and not p.moved]
        assert all(one < other for one, other in pairwise(kept))


def test_damaged_answers_are_compared_as_they_are() -> None:
    found = list(differences(UNITS, {"units": "broken"}, {"units": [3, {"kw": {"a": 1}}]}, "en"))
    assert [(each.path, each.after) for each in found] == [("units.0.kw", "{'a': 1}")]


def test_texts_are_told_word_by_word() -> None:
    pieces = edits("東京都千代田区丸の内1-1 Marunouchi", "東京都港区丸の内1-2 Marunouchi")
    assert [(piece.fate, piece.text) for piece in pieces] == [
        ("same", "東京都"),
        ("gone", "千代田"),
        ("new", "港"),
        ("same", "区丸の内1-"),
        ("gone", "1"),
        ("new", "2"),
        ("same", " Marunouchi"),
    ]


def test_both_texts_can_be_read_back_from_their_pieces() -> None:
    chance = random.Random(7)  # noqa: S311 - only to vary the rows
    for _ in range(2000):
        one, other = ("".join(chance.choice("ab漢。 \n") for _ in range(chance.randrange(14))) for _ in "12")
        pieces = edits(one, other)
        assert "".join(piece.text for piece in pieces if piece.fate != "new") == one
        assert "".join(piece.text for piece in pieces if piece.fate != "gone") == other


def test_long_texts_and_tables_without_anything_in_common_take_no_time() -> None:
    """As much as a field and a table may hold; unbounded, the text alone takes minutes."""
    chance = random.Random(3)  # noqa: S311 - only to vary the rows
    one, other = ("".join(chance.choice("漢字仮名 。") for _ in range(10_000)) for _ in "12")
    rows = [{str(column): chance.randrange(3) for column in range(20)} for _ in range(200)]
    begun = perf_counter()
    edits(one, other)
    align(rows, [{**row, "x": 1} for row in reversed(rows)])
    assert perf_counter() - begun < 1
