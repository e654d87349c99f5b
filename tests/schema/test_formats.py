"""What people type into numbered and coded fields is understood, tidied and checked."""

import re
import time
from unicodedata import normalize

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.schema.formats import FORMATS, CorporateNumber, Format, check_digit, fold, message_ids

NAMES = sorted(FORMATS)

pasted = st.text(max_size=40) | st.text(
    alphabet="0123456789０９TＴtA-－ー−ｰ‐ 　()（）〒+時分前:：かがカﾞｶｯっゃャヲヴワわ・･"
    "\u200b\u3099\u309a\u0307iIhH\u0331",
    max_size=40,
)
twelve_digits = st.text(alphabet="0123456789", min_size=12, max_size=12)


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@pytest.mark.parametrize("name", NAMES)
@given(text=pasted)
def test_normalising_twice_changes_nothing_more(name: str, text: str) -> None:
    once = FORMATS[name].normalise(text)
    assert FORMATS[name].normalise(once) == once


@pytest.mark.parametrize("text", ["i\u0307", "か\u200b\u3099"])
def test_folding_again_at_the_end_is_what_makes_it_so(text: str) -> None:
    """The control of the test above: one NFKC before the replacements leaves work for a second pass."""
    once = normalize("NFKC", text).upper().replace("\u200b", "")
    assert normalize("NFKC", once) != once


@pytest.mark.parametrize("name", NAMES)
def test_every_format_accepts_its_own_example(name: str) -> None:
    kind = FORMATS[name]
    assert kind.normalise(kind.example) == kind.example
    assert kind.check(kind.example) is None


@pytest.mark.parametrize("name", NAMES)
def test_full_width_input_is_accepted(name: str) -> None:
    kind = FORMATS[name]
    typed = normalize("NFKC", full_width(kind.example)) if name == "half_kana" else full_width(kind.example)
    assert kind.normalise(typed) == kind.example


@pytest.mark.parametrize("name", NAMES)
@given(text=st.text(max_size=30))
def test_what_passes_is_in_normal_form_and_fits_the_published_pattern(name: str, text: str) -> None:
    kind = FORMATS[name]
    if kind.check(text) is None:
        assert re.fullmatch(kind.pattern, text)
        assert kind.normalise(kind.normalise(text)) == kind.normalise(text)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("filler", ["0", "ア", "ア　", "A", "-", " ", "(", "ｱ", "コ-", "0-", "+81"])
def test_checking_takes_time_in_proportion_to_the_text(name: str, filler: str) -> None:
    """A hundred thousand characters that nearly fit are refused at once."""
    text = filler * (100_000 // len(filler)) + "!"
    began = time.perf_counter()
    assert FORMATS[name].check(FORMATS[name].normalise(text)) is not None
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("name", NAMES)
def test_a_trailing_line_break_is_refused(name: str) -> None:
    assert FORMATS[name].check(FORMATS[name].example + "\n") is not None


@pytest.mark.parametrize("name", NAMES)
def test_other_scripts_digits_do_not_pass_as_digits(name: str) -> None:
    example = FORMATS[name].example
    arabic = re.sub("[0-9]", "\u0663", example)
    assert arabic == example or FORMATS[name].check(arabic) is not None


@given(base=twelve_digits)
def test_a_corporate_number_with_its_check_digit_passes(base: str) -> None:
    assert FORMATS["corporate_number"].check(f"{check_digit(base)}{base}") is None


@given(base=twelve_digits, place=st.integers(min_value=0, max_value=12), digit=st.sampled_from("0123456789"))
def test_a_changed_digit_is_noticed(base: str, place: int, digit: str) -> None:
    number = f"{check_digit(base)}{base}"
    assume(digit != number[place])
    assume(place == 0 or {digit, number[place]} != {"0", "9"})
    changed = number[:place] + digit + number[place + 1 :]
    assert FORMATS["corporate_number"].check(changed) is not None


def test_zero_for_nine_is_the_one_slip_the_rule_cannot_see() -> None:
    assert check_digit("000000000000") == check_digit("900000000000")


@pytest.mark.parametrize("number", ["7123456789012", "2120901007402", "4011001098993"])
def test_published_worked_examples_of_the_check_digit_hold(number: str) -> None:
    assert FORMATS["corporate_number"].check(number) is None


def test_a_wrong_check_digit_is_named_as_such() -> None:
    assert FORMATS["corporate_number"].check("1999901000001") == CorporateNumber.wrong_check_digit
    assert FORMATS["corporate_number"].check("199990100001") == CorporateNumber.problem


@pytest.mark.parametrize(
    ("name", "typed", "stored"),
    [
        ("corporate_number", "7-9999-0100-0001", "7999901000001"),
        ("invoice_number", "ｔ－７９９９９０１００００１", "T799990100001"),
        ("operator_code", "9a016", "9A01"),
        ("operator_code", "９ａ０１６", "9A01"),
        ("operator_code", "9A010", "9A010"),
        ("grid_code", " 3g0a1 ", "3G0A1"),
        ("supply_point_22", "03-0000-0000-0000-0000-0001", "0300000000000000000001"),
        ("jp_phone", "０３（００００）１２３４", "03-0000-1234"),
        ("jp_phone", "03 0000 1234", "03-0000-1234"),
        ("jp_phone", "03ー0000―1234", "03-0000-1234"),
        ("jp_phone", "+81-3-0000-1234", "03-0000-1234"),
        ("jp_phone", "+81 (0)3 0000 1234", "03-0000-1234"),
        ("jp_phone", "09012345678", "090-1234-5678"),
        ("jp_phone", "0120000123", "0120-000-123"),
        ("jp_phone", "08000001234", "0800-000-1234"),
        ("jp_postal", "〒１００−０００１", "100-0001"),
        ("jp_postal", "1000001", "100-0001"),
        ("kana", "みなと はつでん", "ミナト\u3000ハツデン"),
        ("kana", "ﾐﾅﾄﾊﾂﾃﾞﾝ", "ミナトハツデン"),
        ("kana", "エネルギ-", "エネルギー"),
        ("half_kana", "カ）ミナトエネルギー", "ｶ)ﾐﾅﾄｴﾈﾙｷﾞ-"),
        ("half_kana", "しゃかいヲ", "ｼﾔｶｲｵ"),
        ("fit_equipment_id", "s123456c13", "S123456C13"),
        ("deadline_time", "９：００", "09:00"),
        ("deadline_time", "9時30分", "09:30"),
        ("deadline_time", "17時", "17:00"),
        ("deadline_time", "60 min", "60分前"),
        ("deadline_time", "1時間前", "60分前"),
    ],
)
def test_common_ways_of_typing_are_understood(name: str, typed: str, stored: str) -> None:
    assert FORMATS[name].normalise(typed) == stored


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("corporate_number", "0999901000001"),
        ("invoice_number", "7999901000001"),
        ("operator_code", "9A0"),
        ("operator_code", "9A01X"),
        ("grid_code", "3G0A"),
        ("supply_point_22", "1100000000000000000001"),
        ("supply_point_22", "0000000000000000000001"),
        ("supply_point_22", "030000000000000000001"),
        ("jp_phone", "0312345678"),
        ("jp_phone", "03-1234"),
        ("jp_phone", "012-1-123"),
        ("jp_phone", "13-0000-1234"),
        ("jp_postal", "100-001"),
        ("kana", "港発電"),
        ("kana", "ミナト　　ハツデン"),
        ("half_kana", "ｶｯ"),
        ("half_kana", "ｦ"),
        ("half_kana", "ｱ" * 31),
        ("fit_equipment_id", "1123456C13"),
        ("bank_code", "99999"),
        ("branch_code", "01"),
        ("account_number", "1234"),
        ("deadline_time", "25:00"),
        ("deadline_time", "24:01"),
        ("deadline_time", "前日12:00"),
        ("deadline_time", "0分前"),
    ],
)
def test_wrong_texts_are_refused_with_a_message_of_the_catalogue(name: str, text: str) -> None:
    assert FORMATS[name].check(text) in message_ids()


def test_a_supply_point_must_lie_in_the_area_chosen() -> None:
    kind, number = FORMATS["supply_point_22"], "0600000000000000000001"
    assert kind.check_with(number, {"area_prefix": "06"}) is None
    assert (
        kind.check_with(number, {"area_prefix": "03"}) == "The first two digits do not fit the area chosen."
    )
    assert kind.check_with(number, {}) is None
    assert kind.check_with("06", {"area_prefix": "06"}) == "Enter the number as 22 digits."


def test_formats_without_parameters_check_the_same_with_them() -> None:
    assert FORMATS["grid_code"].check_with("3G0A1", {"area_prefix": "06"}) is None


@pytest.mark.parametrize("kind", FORMATS.values(), ids=list(FORMATS))
def test_every_format_describes_itself_for_the_form(kind: Format) -> None:
    assert all((kind.name, kind.label, kind.description.endswith("."), kind.problem.endswith(".")))
    assert kind.max_length is None or kind.max_length > len(kind.example)


@given(text=pasted)
def test_folding_leaves_no_invisible_characters(text: str) -> None:
    assert "\u200b" not in fold(text, {})
