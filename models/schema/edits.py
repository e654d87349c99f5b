"""What became of a text, word by word: what stayed, what went, what came."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

EFFORT = 400_000
"""Comparisons of two words at most for one text: beyond, sentences are compared, then the whole."""

WORD = re.compile(r"[0-9A-Za-z\u00c0-\u024f]+|[\u30a0-\u30ff]+|\s+|.", re.DOTALL)
"""Words of Latin letters and katakana are one; every other character stands for itself."""

SENTENCE = re.compile(r"[^。．！？!?\n]*[。．！？!?\n]?")

Fate = Literal["same", "gone", "new"]


class Piece(NamedTuple):
    """A stretch of text and what became of it."""

    fate: Fate
    text: str


def edits(before: str, after: str) -> list[Piece]:
    """`before` and `after` in one: pieces that are the same, gone or new, in reading order. Joined without
    what is new they are `before`, without what is gone they are `after`. Never takes longer than a few
    hundredths of a second: texts too different are told as replaced."""
    for pattern in (WORD, SENTENCE):
        old, new = ([word for word in pattern.findall(text) if word] for text in (before, after))
        pieces = _compare(old, new)
        if pieces is not None:
            return pieces
    return [Piece("gone", before), Piece("new", after)]


def _compare(old: Sequence[str], new: Sequence[str]) -> list[Piece] | None:
    """The pieces, or None where comparing would take too long."""
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    steps = _steps(old[start : len(old) - end], new[start : len(new) - end])
    if steps is None:
        return None
    words = (
        *(("same", word) for word in old[:start]),
        *steps,
        *(("same", word) for word in old[len(old) - end :]),
    )
    return list(_joined(words))


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    """How many words are the same from the start on."""
    count = 0
    for left, right in zip(old, new, strict=False):
        if left != right:
            break
        count += 1
    return count


def _steps(old: Sequence[str], new: Sequence[str]) -> list[tuple[Fate, str]] | None:
    """A shortest way from `old` to `new` (Myers, An O(ND) Difference Algorithm, 1986), or None when it would
    be longer than EFFORT allows."""
    most = min(len(old) + len(new), max(8, EFFORT // (len(old) + len(new) + 1)), 400)
    reached, trails = {1: 0}, []
    for distance in range(most + 1):
        trails.append(dict(reached))
        for diagonal in range(-distance, distance + 1, 2):
            down = diagonal == -distance or (
                diagonal != distance and reached[diagonal - 1] < reached[diagonal + 1]
            )
            here = reached[diagonal + 1] if down else reached[diagonal - 1] + 1
            while here < len(old) and here - diagonal < len(new) and old[here] == new[here - diagonal]:
                here += 1
            reached[diagonal] = here
            if here >= len(old) and here - diagonal >= len(new):
                return list(_walked(old, new, trails))[::-1]
    return None


def _walked(
    old: Sequence[str], new: Sequence[str], trails: list[dict[int, int]]
) -> Iterator[tuple[Fate, str]]:
    """The way back from the end of both, last step first."""
    here, there = len(old), len(new)
    for distance in range(len(trails) - 1, -1, -1):
        reached, diagonal = trails[distance], here - there
        down = diagonal == -distance or (
            diagonal != distance and reached[diagonal - 1] < reached[diagonal + 1]
        )
        before = diagonal + 1 if down else diagonal - 1
        came = reached[before] if distance else 0
        start = came if down else came + 1
        start = start if distance else 0
        while here > start:
            here, there = here - 1, there - 1
            yield "same", old[here]
        if distance and down:
            there -= 1
            yield "new", new[there]
        elif distance:
            here -= 1
            yield "gone", old[here]


def _joined(words: Sequence[tuple[Fate, str]]) -> Iterator[Piece]:
    """Neighbours of one fate as one piece; where something was replaced, what is gone comes first."""
    gone: list[str] = []
    new: list[str] = []
    same: list[str] = []
    for fate, word in words:
        if fate == "same":
            yield from _told(gone, new)
            gone, new = [], []
            same.append(word)
            continue
        if same:
            yield Piece("same", "".join(same))
            same = []
        (gone if fate == "gone" else new).append(word)
    yield from _told(gone, new)
    if same:
        yield Piece("same", "".join(same))


def _told(gone: list[str], new: list[str]) -> Iterator[Piece]:
    if gone:
        yield Piece("gone", "".join(gone))
    if new:
        yield Piece("new", "".join(new))
