"""``restore``: what an earlier change put into the attic comes back."""

from collections.abc import Iterator

from models.language import Message
from models.schema.evolution.entry import Steps
from models.schema.evolution.step import Problem, Shape, Step, Undone
from models.schema.evolution.work import Work


class Restore(Step):
    """Only to a place that is there and empty: what was written since is not touched."""

    name = "restore"

    def apply(self, work: Work, entry: Steps) -> None:
        work.bring_back(entry.restore, "drop")

    def targets(self, entry: Steps) -> Iterator[str]:
        yield from entry.restore

    def undo(self, entry: Steps, undone: Undone) -> None:
        if entry.restore:
            undone.keys["drop"] = tuple(path for path in entry.restore if path not in undone.old)

    def check(self, entry: Steps, shape: Shape) -> Iterator[Problem]:
        for path in entry.restore:
            if path in shape.paths and not entry.backwards and path not in shape.new:
                yield path, Message("there is no such field in the new definition")
        shape.paths |= set(entry.restore)
