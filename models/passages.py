"""Two versions of a text side by side, as a 新旧対照表: changed paragraphs with what changed in them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

_MARKS = re.compile(r"^\s*#+ |\*\*")

CONTEXT = 1
"""Unchanged paragraphs shown around a change."""

MOST_PARAGRAPHS = 2_000
LONGEST = 3_000
"""Beyond these (paragraphs of a text, characters of a paragraph) no finer difference is looked for: it takes
quadratic time."""

ALIKE = 0.4
"""How alike two paragraphs have to be for their letters to be compared (0 to 1)."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters; `changed` where the other side has none of it there."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the comparison: the old and the new paragraph in pieces; empty where there is none.
    `skipped` counts unchanged paragraphs left out before it."""

    before: tuple[Piece, ...]
    after: tuple[Piece, ...]
    skipped: int = 0

    @property
    def changed(self) -> bool:
        """Whether the two sides differ."""
        return self.before != self.after


def compared(before: str, after: str) -> list[Row]:
    """The paragraphs that differ, in order, each with one unchanged neighbour; empty where nothing does."""
    old, new = paragraphs(before), paragraphs(after)
    if max(len(old), len(new)) > MOST_PARAGRAPHS:
        return [] if old == new else [Row((Piece(before, True),), (Piece(after, True),))]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    rows, shown = [], 0
    for group in matcher.get_grouped_opcodes(CONTEXT):
        skipped, shown = group[0][1] - shown, group[-1][2]
        lines = [row for tag, *ends in group for row in _rows(tag, old, new, ends)]
        rows += [Row(lines[0].before, lines[0].after, skipped), *lines[1:]]
    return rows


def paragraphs(text: str) -> list[str]:
    """The lines of `text` that say something, without the marks of headings and of bold words."""
    lines = (_MARKS.sub("", line).strip() for line in text.replace("\r\n", "\n").split("\n"))
    return [line for line in lines if line]


def _rows(tag: str, old: Sequence[str], new: Sequence[str], ends: Sequence[int]) -> Iterator[Row]:
    left, right = old[ends[0] : ends[1]], new[ends[2] : ends[3]]
    if tag == "equal":
        yield from (Row((Piece(line),), (Piece(line),)) for line in left)
        return
    for one, other in zip_longest(left, right, fillvalue=""):
        yield Row(*_pieces(one, other))


def _pieces(one: str, other: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    whole = _whole(one), _whole(other)
    if not one or not other or max(len(one), len(other)) > LONGEST:
        return whole
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.ratio() < ALIKE:
        return whole
    left, right = [], []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        left.append(Piece(one[i1:i2], tag != "equal"))
        right.append(Piece(other[j1:j2], tag != "equal"))
    return tuple(p for p in left if p.text), tuple(p for p in right if p.text)


def _whole(text: str) -> tuple[Piece, ...]:
    return (Piece(text, True),) if text else ()
