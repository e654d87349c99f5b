"""``move``: into or out of a group; in and out of a table by way of its first row."""

from collections.abc import Iterator
from typing import Any

from models.language import Message
from models.schema.evolution.entry import FIRST, Steps, plain
from models.schema.evolution.places import Data, containers, is_empty, join, moved, name_of
from models.schema.evolution.step import Problem, Shape, Step, Undone
from models.schema.evolution.work import Work


class Move(Step):
    """``items.first.name`` is the first row's; the values of other rows stay restorable in the attic."""

    name = "move"

    def apply(self, work: Work, entry: Steps) -> None:
        for source, target in entry.move.items():
            around = _common(source, target)
            cut = len(around) + 1 if around else 0
            for place, container in containers(work.data, around):
                self._move(work, container, place, source[cut:], target[cut:])
            if entry.backwards:
                work.bring_back([plain(target)], self.name)

    def _move(self, work: Work, container: Data, place: str, source: str, target: str) -> None:
        found = _find(container, place, source.split("."))
        if found is None:
            work.fail(join(place, source), _rows(source.split(".")[0]))
            return
        holders = [(at, holder) for at, holder in found if name_of(source) in holder]
        values = [(join(at, name_of(source)), holder.pop(name_of(source))) for at, holder in holders]
        first = values[0][1] if values and holders[0][1] is found[0][1] else None
        for at, value in values[0 if first is None else 1 :]:
            if not is_empty(value):
                work.keep(at, value)
        _prune(container, source.split(".")[:-1])
        if not is_empty(first):
            at, holder = _make(container, place, target.split(".")[:-1])
            work.put(holder, join(at, name_of(target)), first)

    def follow(self, path: str, entry: Steps) -> str | None:
        return moved(path, {plain(old): plain(new) for old, new in entry.move.items()})

    def targets(self, entry: Steps) -> Iterator[str]:
        yield from (plain(path) for path in entry.move.values())

    def undo(self, entry: Steps, undone: Undone) -> None:
        if entry.move:
            undone.keys["move"] = {new: old for old, new in reversed(list(entry.move.items()))}

    def check(self, entry: Steps, shape: Shape) -> Iterator[Problem]:
        yield from shape.unknown([plain(path) for path in entry.move])
        for source, target in entry.move.items():
            around = _common(source, target)
            for path, fields in ((source, shape.old), (target, shape.new)):
                yield from self._check_rows(path, around, fields)
            shape.paths = {moved(path, {plain(source): plain(target)}) for path in shape.paths}

    def _check_rows(self, path: str, around: str, fields: Any) -> Iterator[Problem]:
        parts = path.split(".")
        for depth in range(len(around.split(".")) if around else 0, len(parts) - 1):
            here = fields.get(plain(".".join(parts[: depth + 1])))
            says_first = parts[depth + 1] == FIRST
            if here is not None and parts[depth] != FIRST and here.repeats != says_first:
                yield path, _rows(parts[depth])


def _rows(table: str) -> Message:
    return Message("a move into or out of a table says which row: “{table}.first.…”", {"table": table})


def _common(source: str, target: str) -> str:
    """The table or group both lie in, its rows apart."""
    shared = []
    for one, other in zip(source.split(".")[:-1], target.split(".")[:-1], strict=False):
        if one != other or one == FIRST:
            break
        shared.append(one)
    while shared and source.split(".")[len(shared)] == FIRST:
        shared.pop()
    return ".".join(shared)


def _find(here: Any, place: str, parts: list[str]) -> list[tuple[str, Data]] | None:
    """The mappings that may hold the value, the one that counts first; None when a table is in the way."""
    if isinstance(here, list):
        if parts[0] != FIRST:
            return None
        rows = [_find(row, join(place, str(index)), parts[1:]) for index, row in enumerate(here)]
        return [each for row in rows for each in row or []] if None not in rows else None
    if not isinstance(here, dict):
        return []
    if len(parts) == 1:
        return [(place, here)]
    return _find(here.get(parts[0]), join(place, parts[0]), parts[1:])


def _make(here: Data, place: str, parts: list[str]) -> tuple[str, Data]:
    """The mapping to put a value into, made where it is not there yet."""
    if not parts:
        return place, here
    name, rows = parts[0], len(parts) > 1 and parts[1] == FIRST
    if not here.get(name):
        here[name] = [{}] if rows else {}
    inner = here[name][0] if rows else here[name]
    return _make(inner, join(place, name, "0" if rows else ""), parts[2:] if rows else parts[1:])


def _prune(here: Data, parts: list[str]) -> None:
    """Remove the groups a value was taken out of when nothing is left in them, and a lone empty row."""
    if not parts:
        return
    inner: Any = here.get(parts[0])
    rest = parts[1:]
    if isinstance(inner, list):
        if len(inner) != 1 or not rest:
            return
        inner, rest = inner[0], rest[1:]
    if isinstance(inner, dict):
        _prune(inner, rest)
        if all(is_empty(value) for value in inner.values()):
            del here[parts[0]]
