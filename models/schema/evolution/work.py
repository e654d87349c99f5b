"""One record's data on its way from one version to another, with its attic and what went wrong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from models.language import Message
from models.schema.evolution.entry import plain
from models.schema.evolution.places import Data, container_at, copy_of, is_empty, name_of, parent_of
from models.schema.evolution.safety import Fitting
from models.schema.fields.base import BaseField

Kept = dict[str, Any]
"""An entry of the attic: ``path`` (with rows), ``value``, the ``version`` it was of, the ``step`` that took
it away, the field's ``label``; ``became`` says what was made of it, so that going back can tell whether it
was changed since."""


@dataclass(frozen=True, slots=True)
class StepProblem:
    """A value a step cannot carry over."""

    path: str
    message: Message


class Lookup(Protocol):
    """Finds the field of the new definition a path leads to, after the steps from `position` on."""

    def field(self, position: int, path: str) -> BaseField | None: ...

    def fitting(self, position: int, path: str) -> Fitting | None: ...


@dataclass
class Work:
    """What a step works on."""

    data: Data
    attic: list[Kept]
    labels: Mapping[str, Any]
    lookup: "Lookup"
    position: int = 0
    """How many steps were done before."""
    version: int = 1
    step: str = ""
    problems: list[StepProblem] = field(default_factory=list)

    def field_at(self, path: str) -> BaseField | None:
        """The field of the new definition this path leads to; None when a later step takes it away."""
        return self.lookup.field(self.position, path)

    def fitting_at(self, path: str) -> Fitting | None:
        """That field, ready to take over values."""
        return self.lookup.fitting(self.position, path)

    def keep(self, path: str, value: Any, **more: Any) -> None:
        """Put a value into the attic; nothing is kept of nothing."""
        if value is None:
            return
        kept = {"path": path, "value": copy_of(value), "version": self.version, "step": self.step, **more}
        if label := self.labels.get(plain(path)):
            kept["label"] = label
        self.attic.append(kept)

    def fail(self, path: str, message: Message) -> None:
        """A value that cannot be carried over; the record stays as it is."""
        self.problems.append(StepProblem(path, message))

    def recall(self, step: str, path: str, became: Any) -> Kept | None:
        """Take out of the attic what `step` made `became` of, latest first; None when it is not there."""
        for index in range(len(self.attic) - 1, -1, -1):
            kept = self.attic[index]
            made = (kept.get("step"), kept.get("path")) == (step, path) and "became" in kept
            if made and _same(kept["became"], became):
                return self.attic.pop(index)
        return None

    def put(self, container: Data, place: str, value: Any) -> None:
        """Set the value at a place; another one that stood there goes to the attic."""
        name = name_of(place)
        if not is_empty(container.get(name)):
            self.keep(place, container[name])
        container[name] = value

    def bring_back(self, paths: Iterable[str], step: str) -> None:
        """Put values `step` took from these paths back where their place is there and empty."""
        wanted = set(paths)
        for kept in reversed(list(self.attic)):
            if kept.get("step") != step or plain(kept["path"]) not in wanted:
                continue
            container = container_at(self.data, parent_of(kept["path"]))
            if container is not None and is_empty(container.get(name_of(kept["path"]))):
                container[name_of(kept["path"])] = kept["value"]
                self.attic.remove(kept)


def _same(one: Any, other: Any) -> bool:
    """Equal, and of one kind: 1 is not True."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


@dataclass(frozen=True, slots=True)
class Evolved:
    """What became of a record's data; with ``problems`` it is not to be stored."""

    data: Data
    attic: list[Kept]
    problems: Sequence[StepProblem] = ()
