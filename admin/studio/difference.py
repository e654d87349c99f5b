"""Two YAML texts beside each other: what was taken out, what was put in."""

import difflib
from typing import NamedTuple

CONTEXT = 3
MOST_LINES = 20_000
"""Beyond this the comparison is not drawn: ``difflib`` takes quadratic time in the worst case."""


class Line(NamedTuple):
    """One line of a difference: ``mark`` is "+", "-", " " or "@" (a gap); numbers are of the old and the new
    text, empty where the line is not in it."""

    mark: str
    text: str
    old: str = ""
    new: str = ""


def difference(old: str, new: str) -> list[Line]:
    """The lines that differ with their surroundings; empty when nothing differs."""
    before, after = old.splitlines(), new.splitlines()
    if len(before) + len(after) > MOST_LINES:
        before, after = before[: MOST_LINES // 2], after[: MOST_LINES // 2]
    found: list[Line] = []
    for group in difflib.SequenceMatcher(None, before, after, autojunk=True).get_grouped_opcodes(CONTEXT):
        if found or group[0][1] > 0:
            found.append(Line("@", "", str(group[0][1] + 1), str(group[0][3] + 1)))
        for tag, a, b, c, d in group:
            found += _lines(tag, before, after, (a, b, c, d))
    return found


def _lines(tag: str, before: list[str], after: list[str], span: tuple[int, int, int, int]) -> list[Line]:
    a, b, c, d = span
    if tag == "equal":
        return [Line(" ", before[a + i], str(a + i + 1), str(c + i + 1)) for i in range(b - a)]
    gone = [Line("-", before[i], old=str(i + 1)) for i in range(a, b)]
    return gone + [Line("+", after[i], new=str(i + 1)) for i in range(c, d)]
