"""Lists too long to be read through: what somebody looking for an answer finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.language import Language
from models.schema.fields.choice import ListedField
from models.schema.search import fold

SEARCHED = 15
"""Most answers of a plain list; a longer one gets a search box where there is script."""

LISTED = 200
"""Most answers sent along with a page; among more, the server looks."""

SHOWN = 20
"""Most matches shown at once."""

Options = Sequence[tuple[str, str]]

_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}


@dataclass(frozen=True, slots=True)
class Find:
    """What a search among many answers shows: what was looked for, what fits, how many more do."""

    needle: str
    matches: Options
    more: int = 0
    """How many fit besides those shown; -1 where nobody counted."""


def seen_as(text: str) -> str:
    """`text` as a search sees it: width, case, blanks and the two kana make no difference."""
    return fold(text).translate(_TO_KATAKANA)


def words_of(target: ListedField, language: Language) -> dict[str, str]:
    """What else each answer of a list is found by: its code, its reading (attribute ``kana``), its label in
    the other language."""
    other: Language = "en" if language == "ja" else "ja"
    found = {}
    for option in target.options:
        told = (option.code, str(option.attributes.get("kana", "")), option.label(other))
        found[option.code] = " ".join(text for text in told if text)
    return found


def search(options: Options, words: Mapping[str, str], needle: str, answer: str) -> Find:
    """The answers that hold `needle` anywhere in label, reading or code; the one given stands first. With
    nothing looked for, only that one."""
    given = [(code, text) for code, text in options if code == answer]
    given = given or ([(answer, answer)] if answer else [])
    wanted = seen_as(needle)
    if not wanted:
        return Find("", given)
    fits = [pair for pair in options if wanted in seen_as(f"{pair[1]} {words.get(pair[0], '')}")]
    fits.sort(key=lambda pair: not seen_as(pair[1]).startswith(wanted))
    found = [pair for pair in fits if pair[0] != answer]
    return Find(needle, [*given, *found[:SHOWN]], max(len(found) - SHOWN, 0))


def exact(target: ListedField, text: str) -> str:
    """The code of the one answer that is called exactly `text`, by label or code; "" where none is, or
    several."""
    wanted = seen_as(text)
    found = {
        option.code
        for option in target.options
        if wanted in (seen_as(option.code), seen_as(option.label.ja), seen_as(option.label.en))
    }
    return found.pop() if wanted and len(found) == 1 else ""
