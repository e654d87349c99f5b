"""One thing that differs between two definitions, and what it would mean for what is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from models.language import Message
from models.schema.fields.base import Query

Kind = Literal["safe", "step", "loses"]
"""``safe``: nothing stored is hurt. ``step``: stored values need something done. ``loses``: an answer
would no longer be there for people to see."""

Bound = Literal["exact", "least", "most"]
"""Whether ``touching`` selects just what is touched, or at least or at most that (a check digit cannot be
asked of the database; a condition on ``$$OPERATOR`` cannot be told for a stored record)."""

Step = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Answers that would have to be unique: the `paths` together, among the records `among` selects
    (a condition on the record itself, its ``lifecycle``)."""

    paths: tuple[str, ...]
    among: Query


@dataclass(frozen=True, slots=True)
class Change:
    """One change. ``path`` is a field's (``units.unit_name``) or begins with ``:`` for what is the type's own
    (``:collection``, ``:checks.NAME``).

    ``touching`` is a query over answers, with unprefixed paths; ``envelope`` one over the record itself.
    ``step`` is an entry of ``evolution`` that would make it lossless; ``settled_by`` names the step of the
    new definition that does."""

    code: str
    kind: Kind
    path: str
    message: Message
    touching: Query | None = None
    step: Step | None = None
    settled_by: str = ""
    bound: Bound = "exact"
    duplicates: Duplicates | None = None
    envelope: Query | None = None

    @property
    def countable(self) -> bool:
        """Whether stored data has to be asked how much it touches."""
        return not (self.touching is None and self.duplicates is None and self.envelope is None)
