"""Japanese is found anywhere in a word, whatever its width."""

from hypothesis import given
from hypothesis import strategies as st

from models.schema.search import entries, fold, grams, needles


def test_width_case_and_blanks_do_not_matter() -> None:
    assert fold("ＡＢＣ　電力") == fold("abc電力")


@given(st.text(max_size=30), st.integers(0, 20), st.integers(2, 10))
def test_every_part_of_a_text_is_found_by_its_grams(text: str, start: int, length: int) -> None:
    folded = fold(text)
    part = folded[start : start + length]
    if len(part) >= 2 and fold(part) == part and fold(folded) == folded:
        assert set(grams(part)) <= set(grams(folded))


@given(st.text(max_size=30), st.integers(0, 20), st.integers(2, 10))
def test_what_is_looked_for_is_what_the_index_keeps(text: str, start: int, length: int) -> None:
    folded = fold(text)
    part = folded[start : start + length]
    if len(part) >= 2 and fold(part) == part and fold(folded) == folded:
        assert set(needles(part)) <= set(entries(folded))


@given(st.text(min_size=1, max_size=30))
def test_every_character_begins_an_entry(text: str) -> None:
    """Control: without the last character of a text as an entry of its own, that one begins none."""
    kept = entries(text)
    assert all(any(entry.startswith(letter) for entry in kept) for letter in fold(text))
    assert not any(entry.startswith("b") for entry in grams("ab"))


def test_numbers_are_looked_for_many_digits_at_a_time() -> None:
    """Control: their pairs are those of nearly every other number."""
    assert needles("0000123456") == ["00001234", "00012345", "00123456"]
    assert needles("第12345号") == ["1234", "2345", "第1", "5号"]
    assert set(grams("0000123456")) <= set(grams("0012345600"))
    assert not set(needles("0000123456")) <= set(entries("0012345600"))


def test_one_character_stands_for_itself() -> None:
    assert grams("東") == ["東"]
    assert grams("") == []
