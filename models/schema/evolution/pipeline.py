"""What the server can do by itself: the same steps as an update pipeline."""

from typing import TYPE_CHECKING, Any

from models.schema.evolution.entry import Several, Steps, entries_of
from models.schema.evolution.evolve import fields_of, follow, labels_of
from models.schema.evolution.order import FORWARDS, steps_of

if TYPE_CHECKING:
    from models.schema.definition import RecordType


RENAMED = frozenset({"start", "backwards", "rename"})
"""What an entry may hold that the server does backwards too."""


def pipeline(
    steps: Several, new: "RecordType | None" = None, old: "RecordType | None" = None
) -> list[dict[str, Any]] | None:
    """The update pipeline over ``data`` and ``attic`` that does what ``evolve`` does; None where a step needs
    Python. Top-level renames, drops, maps and constant defaults are the server's. The definitions are asked
    for the labels of what goes to the attic; give the same ones to both."""
    labels = (labels_of(new) if new else {}) | (labels_of(old) if old else {})
    stages: list[dict[str, Any]] = []
    for entry in entries_of(steps):
        if entry.backwards and entry.model_dump(exclude_defaults=True).keys() - RENAMED:
            return None
        for step in FORWARDS:
            done = step.stages(entry, labels)
            if done is None:
                return None
            stages += done
    return stages


def renaming(steps: Several) -> dict[str, str] | None:
    """The renames as ``$rename`` takes them, which is faster than a pipeline, where there is nothing else
    to do and no name is given on: right for records that have nothing under the new names. None otherwise."""
    entries = entries_of(steps)
    if len(entries) != 1 or entries[0].model_dump(exclude_defaults=True).keys() - RENAMED:
        return None
    changes = entries[0].rename
    names = [*changes, *changes.values()]
    if not changes or len(set(names)) < len(names) or any("." in name for name in names):
        return None
    return {f"data.{old}": f"data.{new}" for old, new in changes.items()}


def completed(steps: Several, old: "RecordType", new: "RecordType") -> tuple[Steps, ...]:
    """The entries, the last of them dropping what is left of `old` that `new` has no field for: the server
    does not know the definitions, and ``evolve`` puts the same values away."""
    entries = entries_of(steps)
    if not entries or entries[-1].backwards:
        return entries
    done = [(entry, step) for entry in entries for step in steps_of(entry)]
    wanted = fields_of(new.fields)
    left = {
        here
        for path, field in fields_of(old.fields).items()
        if field.stored
        and (here := follow(path, done)) is not None
        and (here not in wanted or not wanted[here].stored)
        and here != new.number.field
    }
    outer = [path for path in sorted(left) if path.rpartition(".")[0] not in left]
    last = entries[-1]
    fresh = tuple(path for path in outer if path not in last.drop)
    return (*entries[:-1], last.model_copy(update={"drop": (*last.drop, *fresh)}) if fresh else last)
