"""Japanese is found anywhere in a word, whatever its width."""

from hypothesis import given
from hypothesis import strategies as st

from models.schema.search import fold, grams


def test_width_case_and_blanks_do_not_matter() -> None:
    assert fold("ＡＢＣ　電力") == fold("abc電力")


@given(st.text(max_size=30), st.integers(0, 20), st.integers(2, 10))
def test_every_part_of_a_text_is_found_by_its_grams(text: str, start: int, length: int) -> None:
    folded = fold(text)
    part = folded[start : start + length]
    if len(part) >= 2 and fold(part) == part:
        assert set(grams(part)) <= set(grams(folded))


def test_one_character_stands_for_itself() -> None:
    assert grams("東") == ["東"]
    assert grams("") == []
