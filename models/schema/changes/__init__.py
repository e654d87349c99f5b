"""What differs between two definitions of a record type, and what each difference asks of stored data."""

from collections.abc import Iterator

from models.language import Message
from models.schema.changes.change import Bound, Change, Duplicates, Kind
from models.schema.changes.checks import compare_checks
from models.schema.changes.manners import compare_manners
from models.schema.changes.narrowing import compare_constraints
from models.schema.changes.options import compare_options
from models.schema.changes.pair import Pair, Two
from models.schema.changes.presence import compare_presence
from models.schema.changes.rules import compare_rules
from models.schema.changes.settling import settle
from models.schema.changes.types import compare_type
from models.schema.changes.whole import compare_whole
from models.schema.definition import RecordType
from models.schema.evolution import Steps

__all__ = ["Bound", "Change", "Duplicates", "Kind", "compare_definitions"]


def compare_definitions(old: RecordType, new: RecordType, version: int | None = None) -> tuple[Change, ...]:
    """Every change from `old` to `new`: fields in the order of `new`, then checks, then the type itself.

    The steps of `new` that lead on from `version` (those `old` has not, when it is left out) settle what they
    handle. Pure: how much is touched is for ``models.services.impact`` to count."""
    two = Two(old, new, tuple(_entries(old, new, version)))
    return tuple(settle(change, two) for change in _changes(two))


def _entries(old: RecordType, new: RecordType, version: int | None) -> Iterator[Steps]:
    for entry in new.evolution:
        if entry.start == version if version is not None else entry not in old.evolution:
            yield entry


def _changes(two: Two) -> Iterator[Change]:
    yield from compare_presence(two)
    for pair in two.pairs:
        if not _inside_another_type(two, pair):
            yield from _compare(two, pair)
    yield from _reordered(two)
    yield from compare_checks(two)
    yield from compare_whole(two)


def _compare(two: Two, pair: Pair) -> Iterator[Change]:
    if pair.old.field.type != pair.new.field.type:
        yield from compare_type(two, pair)
    else:
        yield from compare_options(pair)
        yield from compare_constraints(pair)
    yield from compare_rules(two, pair)
    yield from compare_manners(pair)


def _inside_another_type(two: Two, pair: Pair) -> bool:
    """Whether a table or group around is of another type now: then it is told of as a whole."""
    return any(
        (before := two.before.get(two.origin(".".join(outer.name for outer in pair.new.around[: depth + 1]))))
        is None
        or before.field.type != outer.type
        for depth, outer in enumerate(pair.new.around)
    )


def _reordered(two: Two) -> Iterator[Change]:
    """Fields asked for in another order."""
    new = [path for path in two.after if path in two.before]
    old = [path for path in two.before if path in two.after]
    if new != old:
        yield Change("order_changed", "safe", ":fields", Message("Fields are asked for in another order."))
