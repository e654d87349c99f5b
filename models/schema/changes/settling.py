"""Which step of the new definition's own ``evolution`` takes care of a change."""

from collections.abc import Iterator
from dataclasses import replace

from models.schema.changes.change import Change
from models.schema.changes.pair import Two
from models.schema.evolution import Steps
from models.schema.evolution.entry import plain

CONVERTED = frozenset({"type_changed", "narrowed", "not_fitting"})
FILLED = frozenset({"field_added", "made_required"})


def settle(change: Change, two: Two) -> Change:
    """`change`, with the name of the step that handles it."""
    for entry in two.entries:
        for name in _handling(change, entry, two):
            return replace(change, settled_by=name)
    return change


def _handling(change: Change, entry: Steps, two: Two) -> Iterator[str]:
    if change.code == "field_removed":
        yield from _taking_over(change.path, entry)
    elif change.code in CONVERTED and _converts(change, entry):
        yield "convert"
    elif change.code == "option_removed" and _maps(change, entry):
        yield "map"
    elif change.code in FILLED:
        yield from _filling(change, entry, two)


def _taking_over(path: str, entry: Steps) -> Iterator[str]:
    """The steps that read what was at `path` before it goes."""
    if path in entry.rename:
        yield "rename"
    if path in {plain(old) for old in entry.move}:
        yield "move"
    if path in entry.split:
        yield "split"
    if any(path in merge.of for merge in entry.merge.values()):
        yield "merge"
    if any(path == gone or path.startswith(f"{gone}.") for gone in entry.drop):
        yield "drop"


def _converts(change: Change, entry: Steps) -> bool:
    """Whether ``convert`` says what becomes of the values. One that refuses what does not fit settles the
    change of type, not the values."""
    step = entry.convert.get(change.path)
    return step is not None and (change.code == "type_changed" or step.otherwise != "refuse")


def _maps(change: Change, entry: Steps) -> bool:
    """Whether every option that goes has another to take its place."""
    mapped = entry.map.get(change.path, {})
    suggested = (change.step or {}).get("map", {}).get(change.path, {})
    return bool(mapped) and suggested.keys() <= mapped.keys()


def _filling(change: Change, entry: Steps, two: Two) -> Iterator[str]:
    """The steps that put something at the path of `change`."""
    if change.path in entry.default:
        yield "default"
    if change.path in entry.merge:
        yield "merge"
    if any(change.path in split.into for split in entry.split.values()):
        yield "split"
    if change.code == "field_added" and change.path in two.renamed:
        yield "rename" if change.path in entry.rename.values() else "move"
