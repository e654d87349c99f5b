"""Leading a record's data from the version it was written under to another one. Nothing is ever lost."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from models.schema.evolution.entry import Several, Steps, entries_of
from models.schema.evolution.order import steps_of
from models.schema.evolution.places import containers, copy_of, is_empty, join
from models.schema.evolution.safety import Fitting
from models.schema.evolution.step import Step
from models.schema.evolution.work import Evolved, Kept, Work
from models.schema.fields.base import BaseField

if TYPE_CHECKING:
    from models.schema.definition import RecordType


class Evolution:
    """Entries made ready for many records. `old` is only asked for the labels of what goes."""

    def __init__(self, steps: Several, new: "RecordType", old: "RecordType | None" = None) -> None:
        self.new, self.entries = new, entries_of(steps)
        self._done = [(entry, step) for entry in self.entries for step in steps_of(entry)]
        self._fields = fields_of(new.fields)
        self._fittings: dict[tuple[int, str], Fitting | None] = {}
        self.labels = labels_of(new) | (labels_of(old) if old else {})

    def evolve(self, data: Mapping[str, Any], attic: Iterable[Kept] = ()) -> Evolved:
        """The data as the new definition has it; with ``problems`` it must not be stored."""
        work = Work(copy_of(data), list(attic), self.labels, self)
        for position, (entry, step) in enumerate(self._done):
            work.version, work.step, work.position = entry.start, step.name, position
            step.apply(work, entry)
        work.step = "drop"
        _tidy(work, self.new)
        return Evolved(work.data, work.attic, tuple(work.problems))

    def field(self, position: int, path: str) -> BaseField | None:
        """The field of the new definition the value at `path` will be in, after the steps that follow."""
        here = follow(path, self._done[position + 1 :])
        return self._fields.get(here) if here is not None else None

    def fitting(self, position: int, path: str) -> Fitting | None:
        """That field, ready to take over values; made once."""
        if (position, path) not in self._fittings:
            field = self.field(position, path)
            self._fittings[position, path] = Fitting(field) if field is not None else None
        return self._fittings[position, path]


def evolve(
    steps: Several,
    new: "RecordType",
    data: Mapping[str, Any],
    attic: Iterable[Kept] = (),
    old: "RecordType | None" = None,
) -> Evolved:
    """Lead `data` to `new`. Pure; whatever is taken away is in the attic afterwards, and so is every value
    `new` has no field for. `old` is the definition the data was written under, for labels in the attic."""
    return Evolution(steps, new, old).evolve(data, attic)


def follow(path: str, steps: Iterable[tuple[Steps, Step]]) -> str | None:
    """Where the value at `path` is after `steps`; None when it is no longer by itself."""
    here: str | None = path
    for entry, step in steps:
        if here is None:
            return None
        here = step.follow(here, entry)
    return here


def spread(path: str, steps: Iterable[tuple[Steps, Step]]) -> tuple[str, ...]:
    """Every path that holds something of the value at `path` after `steps`."""
    here: tuple[str, ...] = (path,)
    for entry, step in steps:
        here = tuple(there for each in here for there in step.spread(each, entry))
    return here


def fields_of(fields: Iterable[BaseField], around: str = "") -> dict[str, BaseField]:
    """The fields by their paths, those in tables and groups included."""
    found: dict[str, BaseField] = {}
    for field in fields:
        path = join(around, field.name)
        found |= {path: field, **fields_of(field.parts, path)}
    return found


def labels_of(definition: "RecordType") -> dict[str, Any]:
    """The labels by path, as they are kept beside values."""
    return {
        path: field.label.model_dump()
        for path, field in fields_of(definition.fields).items()
        if field.label.ja
    }


def _tidy(work: Work, new: "RecordType", parts: Iterable[BaseField] | None = None, parent: str = "") -> None:
    """Put into the attic what the new definition has no field for."""
    known = {field.name: field for field in (new.fields if parts is None else parts) if field.stored}
    spared = {new.number.field} if parts is None else set()
    for place, container in containers(work.data, parent):
        for name in [name for name in container if name not in known and name not in spared]:
            if not is_empty(value := container.pop(name)):
                work.keep(join(place, name), value)
    for name, field in known.items():
        if field.parts:
            _tidy(work, new, field.parts, join(parent, name))
