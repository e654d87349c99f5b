"""What a steward declares under ``evolution``: one entry leads stored data from one version to the next."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

PATTERN_LIMIT = 200
"""Most characters of a pattern."""


class Declared(BaseModel):
    """Base of what is declared here: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Split(Declared):
    """One text becomes several: parted ``at`` a separator, or by the named groups of a ``pattern``."""

    into: tuple[str, ...] = Field(min_length=2)
    at: str | None = Field(None, min_length=1)
    pattern: str | None = Field(None, max_length=PATTERN_LIMIT)
    otherwise: Literal["refuse", "attic"] = "refuse"

    @model_validator(mode="after")
    def _one_way(self) -> "Split":
        if (self.at is None) == (self.pattern is None):
            raise ValueError("say either “at” or “pattern”")
        if self.pattern is not None:
            missing = {path.rpartition(".")[2] for path in self.into} - set(compiled(self.pattern).groupindex)
            if missing:
                raise ValueError(f"the pattern has no group {', '.join(sorted(missing))}")
        return self


class Merge(Declared):
    """Several texts become one, joined ``with`` a separator."""

    of: tuple[str, ...] = Field(min_length=2)
    joined: str = Field(" ", alias="with")


class Convert(Declared):
    """A value takes the type its field has now; ``otherwise`` says what becomes of values that do not fit:
    refuse the whole change, put them into the attic, or take another value in their place."""

    otherwise: Literal["refuse", "attic"] | dict[Literal["value"], Any] = "refuse"
    pattern: str | None = Field(None, max_length=PATTERN_LIMIT)

    @field_validator("pattern")
    @classmethod
    def _one_group(cls, pattern: str | None) -> str | None:
        if pattern is not None and compiled(pattern).groups < 1:
            raise ValueError("the pattern needs a group in parentheses")
        return pattern


class Steps(Declared):
    """One entry. The steps are done in the order of these keys; with ``backwards`` (what ``inverse`` makes)
    in the opposite one, and values the attic still has take the place of what was made of them."""

    start: int = Field(alias="from", ge=1)
    rename: Mapping[str, str] = {}
    move: Mapping[str, str] = {}
    split: Mapping[str, Split] = {}
    merge: Mapping[str, Merge] = {}
    convert: Mapping[str, Convert] = {}
    map: Mapping[str, Mapping[str, str | None]] = {}
    drop: tuple[str, ...] = ()
    restore: tuple[str, ...] = ()
    default: Mapping[str, Any] = {}
    backwards: bool = False


Several = Steps | Sequence[Steps]
"""One entry, or several that follow one another."""


def entries_of(steps: Several) -> tuple[Steps, ...]:
    """The entries, whether one or several were given."""
    return (steps,) if isinstance(steps, Steps) else tuple(steps)


def settled(steps: Several) -> dict[str, str]:
    """Which step looks after a path: every path of the old definition a step takes up, and every path of the
    new one it fills."""
    found: dict[str, str] = {}
    for entry in entries_of(steps):
        for name, paths in _touched(entry):
            for path in paths:
                found.setdefault(path, name)
    return found


def _touched(entry: Steps) -> Iterable[tuple[str, Iterable[str]]]:
    yield "rename", [*entry.rename, *entry.rename.values()]
    yield "move", [plain(path) for path in (*entry.move, *entry.move.values())]
    yield "split", [path for source, split in entry.split.items() for path in (source, *split.into)]
    yield "merge", [path for target, merge in entry.merge.items() for path in (target, *merge.of)]
    yield "convert", entry.convert
    yield "map", entry.map
    yield "drop", entry.drop
    yield "restore", entry.restore
    yield "default", entry.default


FIRST = "first"
"""In a move, the row of a table: ``items.first.name``."""


def plain(path: str) -> str:
    """A path as the definition has it, without rows."""
    return ".".join(part for part in path.split(".") if part != FIRST and not part.isdigit())


def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern ready to use. Raises ValueError when it cannot be."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"the pattern cannot be used: {error}") from error
