"""Whether a backtracking engine can be made to try more than linearly many ways through a pattern.

A pattern is drawn as its position automaton (Glushkov). It is refused when a text can go round a loop in
two ways (exponential time), or can divide itself between two loops at any place (quadratic and more):
A. Weber, H. Seidl, “On the degree of ambiguity of finite automata” (1991), criteria EDA and IDA. Where a
match may begin anywhere, the search itself is the first loop."""

import re._constants as sre  # type: ignore[import-not-found]
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from models.schema.problem import Problem

Ranges = tuple[tuple[int, int], ...]
Characters = Callable[[Any, Any], Ranges | None]

LAST_CHARACTER: Final = 0x10FFFF
MAX_POSITIONS: Final = 100
"""Most characters (repetitions unrolled) in a pattern that also has a loop."""

MAX_WAYS: Final = 1000
"""Most ways counted repetitions such as ``{1,4}`` may multiply to before they count as loops."""

_REPEATS: Final = (sre.MAX_REPEAT, sre.MIN_REPEAT)
_SLOW: Final = "this pattern could take very long on some texts: "


def complement(ranges: Ranges) -> Ranges:
    """The other code points."""
    found, start = [], 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    return (*found, (start, LAST_CHARACTER)) if start <= LAST_CHARACTER else tuple(found)


def overlap(left: Ranges, right: Ranges) -> bool:
    """Whether two sets of code points share one."""
    return any(a <= d and c <= b for a, b in left for c, d in right)


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a pattern: whether it may be empty, and the positions it may begin and end with."""

    empty: bool = True
    first: tuple[int, ...] = ()
    last: tuple[int, ...] = ()


@dataclass
class Repeats:
    """One pattern's automaton: per position its characters and how often each other one follows it."""

    whole: bool
    sets: list[Ranges] = field(default_factory=list)
    follow: list[Counter[int]] = field(default_factory=list)
    loops: bool = False
    ways: int = 1

    def check(self, tree: Sequence[Any], characters: Characters) -> None:
        """Raise Problem when the pattern may take more than linear time."""
        self.characters = characters
        piece = self._sequence(tree, False)
        if not self.loops:
            return
        if len(self.sets) > MAX_POSITIONS:
            raise Problem(f"a pattern that repeats has at most {MAX_POSITIONS} characters")
        if not self.whole and not _is_anchored(tree):
            start = self._position(((0, LAST_CHARACTER),))
            self.follow[start].update((start, *piece.first))
        self._refuse_ambiguity()

    def _position(self, ranges: Ranges) -> int:
        self.sets.append(ranges)
        self.follow.append(Counter())
        return len(self.sets) - 1

    def _sequence(self, tree: Iterable[Any], repeated: bool) -> Piece:
        found = Piece()
        for operation, value in tree:
            found = self._join(found, self._part(operation, value, repeated))
        return found

    def _join(self, left: Piece, right: Piece) -> Piece:
        for position in left.last:
            self.follow[position].update(right.first)
        return Piece(
            left.empty and right.empty,
            left.first + (right.first if left.empty else ()),
            right.last + (left.last if right.empty else ()),
        )

    def _part(self, operation: Any, value: Any, repeated: bool) -> Piece:
        ranges = self.characters(operation, value)
        if ranges is not None:
            position = self._position(ranges)
            return Piece(False, (position,), (position,))
        if operation is sre.SUBPATTERN:
            return self._sequence(value[3], repeated)
        if operation is sre.BRANCH:
            return self._branches([self._sequence(branch, repeated) for branch in value[1]])
        return self._repeat(value, repeated) if operation in _REPEATS else Piece()

    def _branches(self, pieces: list[Piece]) -> Piece:
        if sum(piece.empty for piece in pieces) > 1:
            raise Problem(_SLOW + "several alternatives may be empty")
        return Piece(
            any(piece.empty for piece in pieces),
            tuple(p for piece in pieces for p in piece.first),
            tuple(p for piece in pieces for p in piece.last),
        )

    def _repeat(self, value: Any, repeated: bool) -> Piece:
        least, most, body = value
        if most is not sre.MAXREPEAT and most <= 1:
            return self._optional(self._sequence(body, repeated), least)
        single = len(body) == 1 and self.characters(*body[0]) is not None
        if most is not sre.MAXREPEAT and single and self._is_counted(least, most, repeated):
            return self._counted(body, least, most)
        return self._loop(self._sequence(body, True), least)

    def _is_counted(self, least: int, most: int, repeated: bool) -> bool:
        """Whether a repetition with a limit may be unrolled instead of counting as a loop."""
        if least == most:
            return len(self.sets) + least <= MAX_POSITIONS
        self.ways *= 1 if repeated else most - least + 1
        return not repeated and self.ways <= MAX_WAYS and len(self.sets) + least < MAX_POSITIONS

    def _counted(self, body: Sequence[Any], least: int, most: int) -> Piece:
        found = Piece()
        for _ in range(least):
            found = self._join(found, self._sequence(body, True))
        if most > least:
            found = self._join(found, self._optional(self._sequence(body, True), 0))
        return found

    def _optional(self, piece: Piece, least: int) -> Piece:
        if piece.empty and least == 0 and piece.first:
            raise Problem(_SLOW + "what is repeated may be empty")
        return Piece(piece.empty or least == 0, piece.first, piece.last)

    def _loop(self, piece: Piece, least: int) -> Piece:
        if piece.empty:
            raise Problem(_SLOW + "what is repeated may be empty")
        self.loops = True
        for position in piece.last:
            self.follow[position].update(piece.first)
        return Piece(least == 0, piece.first, piece.last)

    def _refuse_ambiguity(self) -> None:
        around = _components(range(len(self.sets)), lambda position: iter(self.follow[position]))
        for position, following in enumerate(self.follow):
            if any(times > 1 and around[position] == around[after] for after, times in following.items()):
                raise Problem(_SLOW + "a repetition is repeated, like (a+)+")
        pairs = _components([(p, p) for p in range(len(self.sets))], self._next_pairs)
        straight = {pairs[p, p] for p in range(len(self.sets))}
        if any(p != q and component in straight for (p, q), component in pairs.items()):
            raise Problem(_SLOW + "what is repeated can be read in two ways, like (a|a)* or (a|ab|b)*")
        looping = [p for p in range(len(self.sets)) if self._comes_back(p, around)]
        if any(self._divides(p, q, around) for p in looping for q in looping if p != q):
            raise Problem(
                _SLOW + "two repetitions can share a text between them, like a*a*; "
                "begin it with ^, and separate repetitions by a character they do not hold"
            )

    def _comes_back(self, position: int, around: dict[Any, int]) -> bool:
        return any(around[after] == around[position] for after in self.follow[position])

    def _next_pairs(self, pair: tuple[int, int]) -> Iterator[tuple[int, int]]:
        for left in self.follow[pair[0]]:
            for right in self.follow[pair[1]]:
                if overlap(self.sets[left], self.sets[right]):
                    yield left, right

    def _divides(self, p: int, q: int, around: dict[Any, int]) -> bool:
        """Whether some text leads from p to p, from p to q and from q to q."""
        seen, waiting = {(p, p, q)}, [(p, p, q)]
        while waiting:
            a, b, c = waiting.pop()
            for x in self.follow[a]:
                for y in self.follow[b] if around[x] == around[p] else ():
                    for z in self.follow[c] if overlap(self.sets[x], self.sets[y]) else ():
                        step = (x, y, z)
                        if around[z] != around[q] or step in seen or not self._meet(x, y, z):
                            continue
                        if step == (p, q, q):
                            return True
                        seen.add(step)
                        waiting.append(step)
        return False

    def _meet(self, x: int, y: int, z: int) -> bool:
        both = tuple(
            (max(a, c), min(b, d)) for a, b in self.sets[x] for c, d in self.sets[y] if a <= d and c <= b
        )
        return overlap(both, self.sets[z])


def _is_anchored(tree: Sequence[Any]) -> bool:
    return (
        bool(len(tree)) and tree[0][0] is sre.AT and tree[0][1] in (sre.AT_BEGINNING, sre.AT_BEGINNING_STRING)
    )


def _components(roots: Iterable[Any], following: Callable[[Any], Iterator[Any]]) -> dict[Any, int]:
    """The strongly connected component of every node reached from `roots` (R. Tarjan, 1972), iteratively."""
    number: dict[Any, int] = {}
    low: dict[Any, int] = {}
    component: dict[Any, int] = {}
    path: list[Any] = []
    for root in roots:
        work = [(root, following(root))] if root not in number else []
        for node, _ in work:
            number[node] = low[node] = len(number)
            path.append(node)
        while work:
            node, rest = work[-1]
            after = next((n for n in rest if n not in component), None)
            if after is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    _close(node, path, component)
            elif after in number:
                low[node] = min(low[node], number[after])
            else:
                number[after] = low[after] = len(number)
                path.append(after)
                work.append((after, following(after)))
    return component


def _close(node: Any, path: list[Any], component: dict[Any, int]) -> None:
    number = len(component) + 1
    while True:
        member = path.pop()
        component[member] = number
        if member == node:
            return
