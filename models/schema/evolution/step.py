"""What every step answers: how it changes data, where it puts a path, what takes it back, what the server
does for it, and what is wrong with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from models.language import Message
from models.schema.evolution.entry import Steps
from models.schema.evolution.work import Work
from models.schema.fields.base import BaseField

Fields = Mapping[str, BaseField]
"""The fields of a definition by their paths."""

Stages = list[dict[str, Any]]
Problem = tuple[str, Message]


@dataclass
class Shape:
    """What is known while steps are checked: the paths there are at this point, and both definitions."""

    paths: set[str]
    old: Fields
    new: Fields

    def unknown(self, paths: Iterator[str] | list[str]) -> Iterator[Problem]:
        """The paths that are not there."""
        for path in paths:
            if path not in self.paths:
                yield path, Message("there is no such field before this step")


@dataclass
class Undone:
    """What an inverse entry is made of, by the keys of ``Steps``."""

    old: Fields
    keys: dict[str, Any] = field(default_factory=dict)


class Step:
    """One kind of step. Each is a small class in its own file."""

    name: ClassVar[str]

    def apply(self, work: Work, entry: Steps) -> None:
        """Change ``work.data``; whatever is taken away goes to the attic."""
        raise NotImplementedError

    def follow(self, path: str, entry: Steps) -> str | None:
        """Where the value at `path` is afterwards; None when it is no longer by itself."""
        return path

    def spread(self, path: str, entry: Steps) -> tuple[str, ...]:
        """Every path that holds something of the value at `path` afterwards."""
        here = self.follow(path, entry)
        return () if here is None else (here,)

    def targets(self, entry: Steps) -> Iterator[str]:
        """The paths this step fills."""
        yield from ()

    def undo(self, entry: Steps, undone: Undone) -> None:
        """Add what takes this step back to the entry that will be done ``backwards``."""

    def stages(self, entry: Steps, labels: Mapping[str, Any]) -> Stages | None:
        """The stages of an update pipeline that do the same; None where the server cannot."""
        return [] if not getattr(entry, self.name) else None

    def check(self, entry: Steps, shape: Shape) -> Iterator[Problem]:
        """What is wrong with it; afterwards ``shape.paths`` are those after the step."""
        raise NotImplementedError
