"""Japanese is whole: every message of models, app and forms has its translation, and none is left over."""

import re
from collections import Counter
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from models.language import catalogue_files
from tests.msgids import all_msgids, is_for_people, python_msgids, template_msgids

JAPANESE = catalogue_files("ja")


def entries() -> dict[str, Message]:
    """The entries of all Japanese files by message id."""
    found: dict[str, Message] = {}
    for path in JAPANESE:
        with path.open("rb") as source:
            found |= {str(entry.id): entry for entry in read_po(source, locale="ja") if entry.id}
    return found


def places(text: str) -> Counter[str]:
    """The named values a text puts in."""
    return Counter(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def untranslated(known: dict[str, Message], wanted: dict[str, str]) -> dict[str, str]:
    return {msgid: place for msgid, place in wanted.items() if msgid not in known or not known[msgid].string}


def left_over(known: dict[str, Message], wanted: dict[str, str]) -> set[str]:
    return known.keys() - wanted.keys()


def mismatched(known: dict[str, Message]) -> list[str]:
    return [msgid for msgid, entry in known.items() if places(msgid) != places(str(entry.string))]


def test_every_message_has_japanese() -> None:
    assert untranslated(entries(), all_msgids()) == {}


def test_no_translation_is_left_over() -> None:
    assert left_over(entries(), all_msgids()) == set()


def test_a_translation_of_nothing_would_be_found() -> None:
    assert left_over({"Gone.": Message("Gone.", "もうない。")}, all_msgids()) == {"Gone."}


def test_no_translation_is_a_guess() -> None:
    assert [msgid for msgid, entry in entries().items() if entry.fuzzy] == []


def test_no_message_is_translated_twice() -> None:
    whole = "\n".join(path.read_text(encoding="utf-8") for path in JAPANESE)
    written = re.findall(r"^msgid (\"[^\n]+\")$", whole, re.MULTILINE)
    assert [text for text, times in Counter(written).items() if times > 1] == []


def test_a_translation_keeps_the_places_of_its_message() -> None:
    assert mismatched(entries()) == []


def test_japanese_sentences_are_japanese() -> None:
    stayed = [
        msgid
        for msgid, entry in entries().items()
        if is_for_people(msgid) and not re.search("[ぁ-んァ-ヶ一-龠]", str(entry.string))
    ]
    assert stayed == []


def test_a_new_message_would_be_found(tmp_path: Path) -> None:
    """The control: messages written in every way the code has are seen, and miss their translation."""
    code = tmp_path / "page.py"
    code.write_text(
        "TOLD = 'Told by name.'\n"
        "TABLE = {'key': ('stable', 'Told by a table.')}\n"
        "def step(yes):\n"
        "    msgid = 'Told when yes.' if yes else 'Told when no.'\n"
        "    key, text = TABLE.get('key', ('required', 'Told by default.'))\n"
        "    say(msgid); Message(text, {'label': 'Not told'}); refuse('key', 'Told by a field.')\n"
        "    raise NotAllowed(TOLD)\n",
        encoding="utf-8",
    )
    found = dict(python_msgids(code))
    ways = ("by name", "by a table", "when yes", "when no", "by default", "by a field")
    assert found.keys() == {f"Told {way}." for way in ways}
    assert untranslated(entries(), found) == found


def test_a_new_message_of_a_template_would_be_found(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<p title=\"{{ _('Title') }}\">{{ _('Yes it is' if yes else 'No it is not', n=1) }}</p>", "utf-8"
    )
    assert dict(template_msgids(page)).keys() == {"Title", "Yes it is", "No it is not"}


@pytest.mark.parametrize("japanese", ["{a}だけ", "{a}{b}{c}", "{b}{b}"])
def test_a_lost_or_new_place_would_be_found(japanese: str) -> None:
    assert mismatched({"{a} and {b}": Message("{a} and {b}", japanese)}) == ["{a} and {b}"]
