"""``merge``: several texts become one."""

from collections.abc import Iterator
from typing import Any

from models.language import Message
from models.schema.evolution.entry import Merge, Split, Steps
from models.schema.evolution.places import Data, containers, is_empty, join, name_of, parent_of
from models.schema.evolution.safety import in_words
from models.schema.evolution.step import Problem, Shape, Step, Undone
from models.schema.evolution.work import Work


class Merging(Step):
    """The whole takes the place of its parts, which stay in the attic unless splitting gives them back."""

    name = "merge"

    def apply(self, work: Work, entry: Steps) -> None:
        for target, merge in entry.merge.items():
            for place, container in containers(work.data, parent_of(target)):
                _merge(work, container, join(place, name_of(target)), merge, entry.backwards)

    def follow(self, path: str, entry: Steps) -> str | None:
        return None if any(path in merge.of for merge in entry.merge.values()) else path

    def spread(self, path: str, entry: Steps) -> tuple[str, ...]:
        return tuple(target for target, merge in entry.merge.items() if path in merge.of) or (path,)

    def targets(self, entry: Steps) -> Iterator[str]:
        yield from entry.merge

    def undo(self, entry: Steps, undone: Undone) -> None:
        if entry.merge:
            undone.keys["split"] = {
                target: Split(into=merge.of, at=merge.joined or "\x00", otherwise="attic")
                for target, merge in entry.merge.items()
            }

    def check(self, entry: Steps, shape: Shape) -> Iterator[Problem]:
        for target, merge in entry.merge.items():
            yield from shape.unknown(list(merge.of))
            if any(parent_of(part) != parent_of(target) for part in merge.of):
                yield target, Message("the parts of a merge come from its own table or group")
            shape.paths -= set(merge.of)
            if target in shape.paths:
                yield target, Message("a field of this name is there already")
            shape.paths |= {target}


def _merge(work: Work, container: Data, place: str, merge: Merge, backwards: bool) -> None:
    names, around = [name_of(path) for path in merge.of], parent_of(place)
    taken = {name: container.pop(name) for name in names if name in container}
    parts = [None if is_empty(taken.get(name)) else taken[name] for name in names]
    if backwards and (kept := work.recall("split", place, parts)):
        work.put(container, place, kept["value"])
        return
    if all(part is None for part in parts):
        return
    whole = merge.joined.join(in_words(part) for part in parts if part is not None)
    work.put(container, place, whole)
    if _split_again(whole, merge) != parts:
        for name, part in zip(names, parts, strict=True):
            work.keep(join(around, name), part, became=whole)


def _split_again(whole: str, merge: Merge) -> list[Any]:
    """The parts splitting would find; equal to those merged, nothing need be kept."""
    if not merge.joined:
        return []
    found: list[Any] = [part or None for part in whole.split(merge.joined, len(merge.of) - 1)]
    return [*found, *[None] * (len(merge.of) - len(found))]
