"""Putting values into the Markdown of a mail, so that no value can become markup.

What people typed is escaped (CommonMark 0.31, 2.4) and kept in its place: a value never opens a link, a
heading or a list, and never begins a line of its own, save where its placeholder stands for a text of several
lines or for a list. Addresses of our own pages become autolinks (6.5)."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

ADDRESSES = frozenset({"page", "review_page", "result_page", "preferences_page"})
"""Placeholders that stand for the address of a page of this site."""

TEXTS = frozenset({"reason", "remarks", "lines", "contact", "terms_change"})
"""Placeholders whose value may have several lines."""

LISTS = frozenset({"remarks", "lines"})
"""Placeholders whose value is a list: a line that begins with ``- `` is an item, an indented one goes on."""

JOINER = "\u2060"
"""Put between emphasis and a value that begins or ends in punctuation, else ``**`` would stay as it stands
(CommonMark 6.2, flanking); the parts leave it out."""

_PLACE = re.compile(r"(?P<bold>\*\*)?(?P<open><)?\{(?P<name>[a-z_]{1,40})\}(?(open)>)(?(bold)(?P<end>\*\*)?)")
_ITEM = re.compile(r"^- [^{}\n]*[:：] *(?:\*\*)?\{(?P<name>[a-z_]{1,40})\}(?:\*\*)? *(?:\n|\Z)", re.MULTILINE)
_MARKUP = re.compile(r"([\\`*_\[\]<>~|&])")
_LEADING = re.compile(r"^([-+#=]|\d{1,9}(?=[.)]))(\)|\.)?")
_ADDRESS = re.compile(r"https?://[^\s<>\x00-\x20]+|\[\[[^\s\[\]<>]+\]\]")
_BREAKS = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_DROPPED = frozenset({"Cc", "Cs"})
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2060")


@dataclass(frozen=True, slots=True)
class _Place:
    """A placeholder where it stands: what is around it decides how its value is put in."""

    name: str
    bold: str
    end: str
    open: bool
    alone: bool
    """Whether nothing else is in its line."""
    indent: str
    """What a further line of its value begins with, so that it stays in its item of a list."""


def put_in(text: str, values: Mapping[str, str]) -> str:
    """`text` with its placeholders put in; nothing in a value is read as a placeholder or as markup. An item
    of a list that only tells a value (``- Reason: {reason}``) is left out where there is none."""
    return finished(_pieces(_ITEM.sub(lambda item: item[0] if _is_told(item, values) else "", text)), values)


def _is_told(item: re.Match[str], values: Mapping[str, str]) -> bool:
    return item["name"] not in values or bool(values[item["name"]].strip())


Sheet = tuple[str | _Place, ...]
"""A text with some of its values put in: words, and the places that are left."""


def begun(text: str, values: Mapping[str, str]) -> Sheet:
    """`text` with these values put in, its other placeholders left: what many mails have in common is put in
    once, and ``finished`` does the rest."""
    found: list[str | _Place] = []
    for piece in _pieces(text):
        known = not isinstance(piece, str) and piece.name in values
        placed = _placed(piece, values[piece.name]) if known and not isinstance(piece, str) else piece
        if isinstance(placed, str) and found and isinstance(found[-1], str):
            found[-1] += placed
        else:
            found.append(placed)
    return tuple(found)


def finished(sheet: Sheet, values: Mapping[str, str]) -> str:
    """A text begun before, with the places that were left put in as ``put_in`` does."""
    return "".join(
        piece if isinstance(piece, str) else _placed(piece, values.get(piece.name, "")) for piece in sheet
    )


@lru_cache(1024)
def _pieces(text: str) -> Sheet:
    """The words of a template and its places, in their order."""
    found: list[str | _Place] = []
    reached = 0
    for match in _PLACE.finditer(text):
        found += [text[reached : match.start()], _place(match, text)]
        reached = match.end()
    return (*found, text[reached:])


def _place(match: re.Match[str], text: str) -> _Place:
    before, after = text[: match.start()], text[match.end() :]
    line = before[before.rfind("\n") + 1 :]
    marker = re.match(r" *(?:[-+*]|\d{1,9}[.)]) +", line)
    return _Place(
        match["name"],
        match["bold"] or "",
        match["end"] or "",
        bool(match["open"]),
        not line and (not after or after.startswith("\n")),
        " " * len(marker[0]) if marker else "",
    )


@lru_cache(8192)
def _placed(place: _Place, value: str) -> str:
    name, bold, end = place.name, place.bold, place.end
    if name == "base_url":
        return f"{bold}{'<' if place.open else ''}{value}{'>' if place.open else ''}{end}"
    if _ADDRESS.fullmatch(value) and (name in ADDRESSES or name.endswith("_link")):
        return f"{bold}<{value}>{end}"
    if name not in TEXTS:
        return _within(bold, escaped(value), end)
    if place.alone and name in LISTS:
        return "\n".join(_listed(value))
    return _within(bold, "\n".join(_lines(value, apart=place.alone, indent=place.indent)), end)


def _within(bold: str, value: str, end: str) -> str:
    if bold and end and not value:
        return ""
    first = JOINER if bold and value and not value[0].isalnum() else ""
    last = JOINER if end and value and not value[-1].isalnum() else ""
    return f"{bold}{first}{value}{last}{end}"


def escaped(value: str) -> str:
    """`value` as one line of Markdown that reads as it is written."""
    return _escaped_line(" ".join(part for line in _split(value) if (part := line.strip(" \t"))))


def _escaped_line(line: str) -> str:
    text = _MARKUP.sub(r"\\\1", line.strip(" \t"))
    return _LEADING.sub(_marked, text)


def _marked(found: re.Match[str]) -> str:
    """A backslash before what would begin a heading, a list or a rule."""
    if found[1].isdigit():
        return f"{found[1]}\\{found[2]}"
    return f"\\{found[1]}{found[2] or ''}"


def _split(value: str) -> list[str]:
    lines = _BREAKS.split(value)
    return ["".join(c for c in line if c == "\t" or _is_kept(c)) for line in lines]


def _is_kept(char: str) -> bool:
    return (char.isascii() and char.isprintable()) or (
        char not in _TURNING and unicodedata.category(char) not in _DROPPED
    )


def _lines(value: str, *, apart: bool, indent: str) -> Iterator[str]:
    """The lines of a text; paragraphs stay apart only where the placeholder stands alone."""
    begun = empty = False
    for line in _split(value):
        text = _escaped_line(line)
        if not text:
            empty = begun
            continue
        if empty and apart:
            yield ""
        yield f"{indent}{text}" if begun else text
        begun, empty = True, False


def _listed(value: str) -> Iterator[str]:
    for line in _split(value):
        text = line.strip(" \t")
        if line.startswith("- ") and text != "-":  # alone, it would make a heading of the line before
            yield f"- {_escaped_line(line[2:])}"
        elif text:
            yield f"  {_escaped_line(text)}"
