"""Characters: those no text may hold, those only some do, and how each is called for a person."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from models.language import Message

Repertoire = Literal["jis_x_0208", "windows_31j"]

TURNING = r"\u202a-\u202e\u2066-\u2069"
"""Characters that turn the direction of text: a name could read otherwise than it is stored (UTS 55)."""

_NOWHERE = r"\ue000-\uf8ff\ufffd\ufffe\uffff"
"""Private use (外字), which every machine draws in its own way; what was lost in copying; no characters."""

IN_LINE = rf"^[^\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029{_NOWHERE}{TURNING}]*$"
IN_PROSE = rf"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_NOWHERE}{TURNING}]*$"
"""Texts whose every character can be kept, for pydantic's regular expressions."""

NAMED_LIMIT = 5
"""Most characters one message names."""

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad"))
"""What pages and spreadsheets put between letters unseen; joiners and variation selectors are no such."""

_HALF_KANA = re.compile("[\uff61-\uff9f]+")
_CODECS: Mapping[Repertoire, str] = {"jis_x_0208": "shift_jis", "windows_31j": "cp932"}
_ALIKE = frozenset("～－∥￠￡￢―")
"""Of JIS X 0208, but mapped elsewhere by its own codec (Unicode's two tables of Shift_JIS differ here)."""


def without_invisible(text: str) -> str:
    """`text` without what nobody sees and nobody typed: zero-width spaces, byte-order marks, soft hyphens."""
    return text if text.isascii() else text.translate(_INVISIBLE)


def full_width_kana(text: str) -> str:
    """`text` with half-width katakana and their marks made full width (NFKC of them alone)."""
    return (
        text if text.isascii() else _HALF_KANA.sub(lambda kana: unicodedata.normalize("NFKC", kana[0]), text)
    )


def outside(repertoire: Repertoire, text: str) -> list[str]:
    """The characters of `text` that a system of that repertoire cannot take: for ``jis_x_0208``
    環境依存文字 (①, ㈱, 髙) and all beyond; for ``windows_31j`` what Windows' Shift_JIS does not have."""
    if text.isascii():
        return []
    return [c for c in dict.fromkeys(text) if not (c in _ALIKE or _is_in(_CODECS[repertoire], c))]


def _is_in(codec: str, character: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return not 0xFF61 <= ord(character) <= 0xFF9F


def unusable(text: str, *, lines: bool = False) -> list[str]:
    """The characters of `text` that can be kept in no text; line ends are none where there are `lines`."""
    fits = re.compile(IN_PROSE if lines else IN_LINE).fullmatch
    return [c for c in dict.fromkeys(text) if not fits(c) or 0xD800 <= ord(c) <= 0xDFFF]


class Characters(Message):
    """Names characters in a sentence: “①”, “髙” and 3 more; those nobody can see by what they are."""

    def __init__(self, found: list[str]) -> None:
        super().__init__("{characters}", {"found": tuple(found)})

    def __call__(self, language: Literal["ja", "en"]) -> str:
        found: tuple[str, ...] = self.values["found"]
        told = list(_named(found[:NAMED_LIMIT], language))
        text = ("、" if language == "ja" else ", ").join(told)
        more = Message(
            "{characters} and {count} more", {"characters": text, "count": len(found) - NAMED_LIMIT}
        )
        return more(language) if len(found) > NAMED_LIMIT else text


def _named(found: tuple[str, ...], language: Literal["ja", "en"]) -> Iterator[str]:
    for character in found:
        kind = next((name for fits, name in _KINDS if fits(character)), None)
        said = Message("“{character}”", {"character": character}) if kind is None else kind
        yield said(language)


_KINDS: tuple[tuple[Callable[[str], bool], Message], ...] = (
    (lambda c: c in "\n\r\u2028\u2029", Message("a line break")),
    (lambda c: c == "\ufffd", Message("a character lost in copying (�)")),
    (lambda c: 0xE000 <= ord(c) <= 0xF8FF, Message("a character of your own computer only (gaiji)")),
    (
        lambda c: re.fullmatch(f"[{TURNING}]", c) is not None,
        Message("a sign that turns the writing direction"),
    ),
    (lambda c: 0xD800 <= ord(c) <= 0xDFFF, Message("half of a character")),
    (lambda c: not c.isprintable() and c != "\u3000", Message("an invisible control character")),
)
