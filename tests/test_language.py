"""Which language a visitor is answered in, and how messages are said."""

import pytest

from models.language import Message, Text, choose_language, translate


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        (None, "", "ja"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "ja,en;q=0.9", "ja"),
        (None, "en;q=0.5,ja;q=0.9", "ja"),
        (None, "fr,de;q=0.8", "ja"),
        (None, "ja;q=0,en", "en"),
        (None, "jam,en;q=0.1", "en"),
        (None, "en;q=abc", "ja"),
        ("en", "ja", "en"),
        ("tlh", "en", "en"),
    ],
)
def test_the_choice_wins_then_the_browsers_best_then_japanese(
    chosen: str | None, accepted: str, language: str
) -> None:
    assert choose_language(chosen, accepted) == language


def test_a_message_says_its_values_in_the_same_language() -> None:
    label = Text(ja="所在地", en="Address")
    message = Message("Enter {label}.", {"label": label})
    assert message("en") == "Enter Address."
    assert "所在地" in message("ja")


def test_a_label_without_english_is_shown_in_japanese() -> None:
    assert Text(ja="所在地")("en") == "所在地"


def test_what_nobody_translated_is_still_said() -> None:
    assert translate("No such message {n}.", "ja", n=3) == "No such message 3."
