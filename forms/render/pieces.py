"""HTML drawn once and kept in pieces, with holes where what differs from visit to visit is put in.

A template is rendered with a mark in each hole instead of anybody's text, and cut at the marks; so what is
kept never holds an answer. What is put into a hole is escaped, as the template would have done."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from markupsafe import Markup, escape

T = TypeVar("T")

Fill = Callable[[T], str]
"""What stands in a hole, of what is drawn: HTML."""

OPEN, CLOSE = "\ue000", "\ue001"
"""Around the number of a hole: characters of the private use area (Unicode §23.5), which nothing escapes."""

_MARK = re.compile(f"{OPEN}([0-9]+){CLOSE}")


def mark(number: int) -> str:
    """The text that stands for the hole `number` while a template is rendered."""
    return f"{OPEN}{number}{CLOSE}"


@dataclass(frozen=True, slots=True)
class Pieces(Generic[T]):
    """HTML with holes: what stands before the first, then each hole with what stands behind it."""

    begin: str
    rest: Sequence[tuple[Fill[T], str]]

    def draw(self, what: T) -> str:
        """The HTML with every hole filled."""
        parts = [self.begin]
        for fill, behind in self.rest:
            parts += (fill(what), behind)
        return "".join(parts)


def cut(html: str, fills: Sequence[Fill[T]]) -> Pieces[T] | None:
    """`html` cut at its marks; None where a mark is none of ours, as a definition's own text might hold."""
    begin, *rest = _MARK.split(html)
    numbers = [int(number) for number in rest[::2]]
    if any(number >= len(fills) for number in numbers) or OPEN in "".join((begin, *rest[1::2])):
        return None
    return Pieces(begin, [(fills[n], behind) for n, behind in zip(numbers, rest[1::2], strict=True)])


def escaped(text: object) -> str:
    """`text` as it may stand in HTML; markup as it is."""
    return str(escape(text))


def html(pieces: Sequence[str]) -> Markup:
    """HTML that was made of templates and of escaped texts."""
    return Markup("\n".join(pieces))  # noqa: S704
