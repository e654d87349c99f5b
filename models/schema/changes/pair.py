"""What is compared: two definitions, and which field of the old one each new field was."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from models.schema.changes.place import Place, places
from models.schema.definition import RecordType
from models.schema.evolution import Steps
from models.schema.evolution.entry import plain


@dataclass(frozen=True, slots=True)
class Pair:
    """One field before and after; ``old`` is where its values are stored now."""

    old: Place
    new: Place

    @property
    def path(self) -> str:
        return self.new.path


@dataclass(frozen=True)
class Two:
    """Both definitions and the steps (entries of ``evolution``) that lead from one to the other."""

    old: RecordType
    new: RecordType
    entries: tuple[Steps, ...]

    @cached_property
    def before(self) -> Mapping[str, Place]:
        return {place.path: place for place in places(self.old.fields)}

    @cached_property
    def after(self) -> Mapping[str, Place]:
        return {place.path: place for place in places(self.new.fields)}

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """The old path by the new one, from the steps ``rename`` and ``move``."""
        return {
            plain(new): plain(old)
            for entry in self.entries
            for old, new in (*entry.rename.items(), *entry.move.items())
        }

    def origin(self, path: str) -> str:
        """The path in the old definition of what is at `path` in the new one."""
        names = path.split(".")
        for count in range(len(names), 0, -1):
            old = self.renamed.get(".".join(names[:count]))
            if old is not None:
                return ".".join([old, *names[count:]])
        return path

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The fields that are in both, renamed ones included."""
        found = ((self.before.get(self.origin(path)), place) for path, place in self.after.items())
        return tuple(Pair(old, new) for old, new in found if old is not None)

    @cached_property
    def removed(self) -> tuple[Place, ...]:
        """The old fields that have no new one; of a removed table or group only itself."""
        kept = {pair.old.path for pair in self.pairs}
        gone = [place for path, place in self.before.items() if path not in kept]
        gone += [
            self.before[old] for new, old in self.renamed.items() if old in self.before and new in self.after
        ]
        outer = {place.path for place in gone}
        changed = {pair.old.path for pair in self.pairs if pair.old.field.type != pair.new.field.type}
        return tuple(
            place
            for path, place in self.before.items()
            if path in outer and not _beneath(path, outer | changed)
        )

    @cached_property
    def added(self) -> tuple[Place, ...]:
        """The new fields that no old one became; of an added table or group only itself."""
        known = {pair.new.path for pair in self.pairs} - self.renamed.keys()
        outer = {path for path in self.after if path not in known}
        changed = {pair.new.path for pair in self.pairs if pair.old.field.type != pair.new.field.type}
        return tuple(
            place
            for path, place in self.after.items()
            if path in outer and not _beneath(path, outer | changed)
        )


def _beneath(path: str, others: set[str]) -> bool:
    names = path.split(".")
    return any(".".join(names[:count]) in others for count in range(1, len(names)))
