"""``split``: one text becomes several."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from models.language import Message
from models.schema.evolution.entry import Merge, Split, Steps
from models.schema.evolution.places import Data, containers, is_empty, join, name_of, parent_of
from models.schema.evolution.safety import pattern_problem
from models.schema.evolution.step import Problem, Shape, Step, Undone
from models.schema.evolution.work import Work


class Splitting(Step):
    """The parts take the place of the whole, which stays in the attic unless joining gives it back."""

    name = "split"

    def apply(self, work: Work, entry: Steps) -> None:
        for source, split in entry.split.items():
            for place, container in containers(work.data, parent_of(source)):
                value = container.get(name_of(source))
                if not is_empty(value):
                    _split(work, container, join(place, name_of(source)), value, split, entry.backwards)

    def follow(self, path: str, entry: Steps) -> str | None:
        return None if path in entry.split else path

    def spread(self, path: str, entry: Steps) -> tuple[str, ...]:
        return entry.split[path].into if path in entry.split else (path,)

    def targets(self, entry: Steps) -> Iterator[str]:
        for split in entry.split.values():
            yield from split.into

    def undo(self, entry: Steps, undone: Undone) -> None:
        if entry.split:
            undone.keys["merge"] = {
                source: Merge(of=split.into, joined=" " if split.at is None else split.at)
                for source, split in entry.split.items()
            }

    def check(self, entry: Steps, shape: Shape) -> Iterator[Problem]:
        yield from shape.unknown(list(entry.split))
        for source, split in entry.split.items():
            if any(parent_of(part) != parent_of(source) for part in split.into):
                yield source, Message("the parts of a split stay in its table or group")
            if split.pattern is not None and (problem := pattern_problem(split.pattern)):
                yield source, problem
            shape.paths -= {source}
            for part in split.into:
                if part in shape.paths:
                    yield part, Message("a field of this name is there already")
            shape.paths |= set(split.into)


def _split(work: Work, container: Data, place: str, value: Any, split: Split, backwards: bool) -> None:
    names = [name_of(path) for path in split.into]
    if backwards and _recall(work, container, place, value, names):
        return
    parts = _parts(value, split)
    if parts is None:
        if split.otherwise == "refuse":
            work.fail(place, Message("“{value}” cannot be split", {"value": str(value)[:100]}))
            return
        parts = [None] * len(names)
    del container[name_of(place)]
    if split.at is None or split.at.join(part for part in parts if part is not None) != value:
        work.keep(place, value, became=parts)
    for name, part in zip(names, parts, strict=True):
        if part is not None:
            work.put(container, join(parent_of(place), name), part)


def _recall(work: Work, container: Data, place: str, value: Any, names: list[str]) -> bool:
    """Put back the parts this value was merged of; False when it was written since."""
    around = parent_of(place)
    found = {name: work.recall("merge", join(around, name), value) for name in names}
    if not any(found.values()):
        return False
    del container[name_of(place)]
    for name, kept in found.items():
        if kept is not None:
            work.put(container, join(around, name), kept["value"])
    return True


def _parts(value: Any, split: Split) -> list[str | None] | None:
    """The parts, None for those that are not there; None when it cannot be split."""
    if not isinstance(value, str):
        return None
    if split.at is not None:
        found = [part or None for part in value.split(split.at, len(split.into) - 1)]
        return [*found, *[None] * (len(split.into) - len(found))]
    match = _compiled(split.pattern or "").fullmatch(value)
    return [match[name_of(path)] or None for path in split.into] if match else None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)
