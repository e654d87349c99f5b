"""``rename``: another name in the same table or group."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.language import Message
from models.schema.evolution import server
from models.schema.evolution.entry import Steps
from models.schema.evolution.places import containers, join, name_of, parent_of
from models.schema.evolution.step import Problem, Shape, Stages, Step, Undone
from models.schema.evolution.work import Work


class Rename(Step):
    """All names of an entry change at once, so two may be exchanged."""

    name = "rename"

    def apply(self, work: Work, entry: Steps) -> None:
        for parent, names in _by_parent(entry.rename):
            for place, container in containers(work.data, parent):
                taken = {old: container.pop(old) for old in names if old in container}
                for old, value in taken.items():
                    work.put(container, join(place, names[old]), value)

    def follow(self, path: str, entry: Steps) -> str | None:
        parts = path.split(".")
        for depth in range(len(parts), 0, -1):  # the inner names first: their paths are the old ones
            old = ".".join(path.split(".")[:depth])
            if old in entry.rename:
                parts[depth - 1] = name_of(entry.rename[old])
        return ".".join(parts)

    def targets(self, entry: Steps) -> Iterator[str]:
        yield from (str(self.follow(old, entry)) for old in entry.rename)

    def undo(self, entry: Steps, undone: Undone) -> None:
        if entry.rename:
            back = {str(self.follow(old, entry)): old for old in entry.rename}
            undone.keys["rename"] = back

    def stages(self, entry: Steps, labels: Mapping[str, Any]) -> Stages | None:
        changes = entry.rename
        if not changes:
            return []
        if any("." in path for path in changes) or len(set(changes.values())) < len(changes):
            return None
        fresh = [new for new in changes.values() if new not in changes]
        values = {
            f"data.{new}": server.when_there(
                f"$data.{old}", f"$data.{old}", "$$REMOVE" if new in changes else f"$data.{new}"
            )
            for old, new in changes.items()
        }
        lost = [
            server.only_if(
                server.both_there(f"$data.{old}", f"$data.{new}"),
                server.kept(new, f"$data.{new}", entry, self.name, labels),
            )
            for old, new in changes.items()
            if new in fresh
        ]
        gone = [f"data.{old}" for old in changes if old not in changes.values()]
        return [{"$set": {**values, **server.attic(lost)}}, *([{"$unset": gone}] if gone else [])]

    def check(self, entry: Steps, shape: Shape) -> Iterator[Problem]:
        yield from shape.unknown(list(entry.rename))
        after = {self.follow(path, entry) for path in shape.paths - entry.rename.keys()}
        for old, new in entry.rename.items():
            target = str(self.follow(old, entry))
            if parent_of(new) not in (parent_of(old), parent_of(target)):
                yield old, Message("a renamed field stays in its table or group; use “move”")
            elif target in after:
                yield old, Message("two fields would have the name “{name}”", {"name": target})
            after.add(target)
        shape.paths = {str(path) for path in after}


def _by_parent(changes: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The names that change in each table or group, the innermost first."""
    for parent in sorted(
        {parent_of(old) for old in changes}, key=lambda path: -len(path.split(".")) * bool(path)
    ):
        yield parent, {name_of(old): name_of(new) for old, new in changes.items() if parent_of(old) == parent}
