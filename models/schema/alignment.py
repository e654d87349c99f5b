"""Which rows of a table are the same before and after: aligned by what is in them, not by their number."""

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

COMMON = 24
"""A value more rows than this have says nothing about which row is which."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A row before and after, by index; None where it is not there. ``moved`` when it stands elsewhere among
    the rows that stayed."""

    before: int | None
    after: int | None
    moved: bool = False


def align(before: Sequence[Row], after: Sequence[Row], keys: Sequence[str] = ()) -> list[Pair]:
    """The rows in the order of `after`, those that are gone where they stood.

    Equal rows belong together first; then rows with the same value in one of `keys` (columns whose values
    name a row), then those that share half of their values or more, then those left alone between the same
    neighbours. A row is moved when it is not on a longest sequence of rows that kept their order."""
    matched = _equal([_frozen(row) for row in before], [_frozen(row) for row in after])
    for key in keys:
        matched |= _keyed(before, after, key, matched)
    matched |= _similar(before, after, matched)
    matched |= _between(len(before), len(after), matched)
    return list(_ordered(len(before), matched, len(after)))


def _equal(before: Sequence[Any], after: Sequence[Any]) -> dict[int, int]:
    """Equal rows, by index after: the first with the first."""
    places: dict[Any, list[int]] = defaultdict(list)
    for index, row in enumerate(before):
        places[row].append(index)
    left = {row: iter(found) for row, found in places.items()}
    pairs = ((index, next(left[row], None)) for index, row in enumerate(after) if row in left)
    return {index: place for index, place in pairs if place is not None}


def _keyed(
    before: Sequence[Row], after: Sequence[Row], key: str, matched: Mapping[int, int]
) -> dict[int, int]:
    """Rows not matched yet that alone have the same value in the column `key`."""
    taken = set(matched.values())
    old = _by_value(before, key, taken)
    new = _by_value(after, key, matched)
    return {new[value][0]: old[value][0] for value in new if len(new[value]) == len(old.get(value, ())) == 1}


def _by_value(rows: Sequence[Row], key: str, without: Iterable[int]) -> dict[Any, list[int]]:
    left: dict[Any, list[int]] = defaultdict(list)
    skipped = set(without)
    for index, row in enumerate(rows):
        if index not in skipped and row.get(key) not in (None, ""):
            left[_frozen(row[key])].append(index)
    return left


def _similar(before: Sequence[Row], after: Sequence[Row], matched: Mapping[int, int]) -> dict[int, int]:
    """Rows not matched yet that share half of their values or more; the likest first, then the nearest."""
    taken = set(matched.values())
    old = {index: _cells(row) for index, row in enumerate(before) if index not in taken}
    new = {index: _cells(row) for index, row in enumerate(after) if index not in matched}
    shared = _shared(old, new)
    likest = sorted(
        (-2 * count / (len(old[here]) + len(new[there]) or 1), abs(here - there), there, here)
        for (here, there), count in shared.items()
    )
    found: dict[int, int] = {}
    used: set[int] = set()
    for likeness, _, there, here in likest:
        if -likeness >= 0.5 and there not in found and here not in used:
            found[there] = here
            used.add(here)
    return found


def _shared(old: Mapping[int, set[Any]], new: Mapping[int, set[Any]]) -> Counter[tuple[int, int]]:
    """How many values each two rows share, by the indexes before and after."""
    places: dict[Any, list[int]] = defaultdict(list)
    for index, cells in old.items():
        for cell in cells:
            places[cell].append(index)
    return Counter(
        (here, there)
        for there, cells in new.items()
        for cell in cells
        if len(places.get(cell, ())) <= COMMON
        for here in places.get(cell, ())
    )


def _between(before: int, after: int, matched: Mapping[int, int]) -> dict[int, int]:
    """Rows left over between the same two neighbours, as many before as after: one by one."""
    taken = set(matched.values())
    staying = _longest([matched[there] for there in sorted(matched)])
    found: dict[int, int] = {}
    last_old = last_new = -1
    for there in [*(there for there in sorted(matched) if matched[there] in staying), after]:
        here = matched.get(there, before)
        old = [index for index in range(last_old + 1, here) if index not in taken]
        new = [index for index in range(last_new + 1, there) if index not in matched]
        if len(old) == len(new):
            found |= dict(zip(new, old, strict=True))
        last_old, last_new = here, there
    return found


def _ordered(before: int, matched: Mapping[int, int], after: int) -> Iterator[Pair]:
    staying = _longest([matched[there] for there in sorted(matched)])
    gone = deque(sorted(set(range(before)) - set(matched.values())))
    for there in range(after):
        here = matched.get(there)
        while here is not None and here in staying and gone and gone[0] < here:
            yield Pair(gone.popleft(), None)
        yield Pair(here, there, here is not None and here not in staying)
    yield from (Pair(index, None) for index in gone)


def _longest(numbers: Sequence[int]) -> set[int]:
    """The numbers of a longest rising sequence (patience sorting)."""
    tops: list[int] = []
    places: list[int] = []
    behind: dict[int, int | None] = {}
    for number in numbers:
        place = bisect_left(tops, number)
        behind[number] = tops[place - 1] if place else None
        tops[place : place + 1] = [number]
        places.append(place)
    found: set[int] = set()
    number_at: int | None = tops[-1] if tops else None
    while number_at is not None:
        found.add(number_at)
        number_at = behind[number_at]
    return found


def _cells(row: Row) -> set[Any]:
    return {(name, _frozen(value)) for name, value in row.items() if value not in (None, "", [], {})}


def _frozen(value: Any) -> Any:
    """`value` as something to look up by; what is not answered is as good as absent."""
    if isinstance(value, Mapping):
        return frozenset((name, _frozen(part)) for name, part in value.items() if part is not None)
    if isinstance(value, list):
        return tuple(_frozen(part) for part in value)
    return (type(value).__name__, value) if isinstance(value, bool) else value
