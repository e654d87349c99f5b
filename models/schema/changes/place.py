"""Where a field is: under which tables and groups, and how to ask the database about its stored values."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from models.schema.fields import BaseField
from models.schema.fields.base import Query

NOTHING: list[Any] = [None, "", [], {}]
"""What is stored where a question was not answered; null is also what MongoDB finds where nothing is."""


@dataclass(frozen=True, slots=True)
class Place:
    """A field and what it is inside of, outermost first."""

    field: BaseField
    around: tuple[BaseField, ...] = ()

    @property
    def path(self) -> str:
        """The path in the definition: names joined by dots, no row numbers."""
        return ".".join((*(outer.name for outer in self.around), self.field.name))

    @property
    def parent(self) -> str:
        """The path of the table or group it is in; "" at the top."""
        return ".".join(outer.name for outer in self.around)

    @property
    def in_rows(self) -> bool:
        """Whether it is inside a table, at any depth."""
        return any(outer.repeats for outer in self.around)

    def within(self, build: Callable[[str], Query]) -> Query:
        """The query `build` makes of the field's path, put inside ``$elemMatch`` for every table around."""
        return _nest(self.around, (), build, self.field.name)

    def holding(self, test: Mapping[str, Any]) -> Query:
        """Values that `test` (operators) selects."""
        return self.within(lambda path: {path: dict(test)})

    def answered(self, **test: Any) -> Query:
        """Values that are there; `test` adds operators by name without the ``$``."""
        return self.holding({"$nin": NOTHING, **{f"${name}": value for name, value in test.items()}})


def _nest(
    around: tuple[BaseField, ...], names: tuple[str, ...], build: Callable[[str], Query], name: str
) -> Query:
    for position, outer in enumerate(around):
        names = (*names, outer.name)
        if outer.repeats:
            return {".".join(names): {"$elemMatch": _nest(around[position + 1 :], (), build, name)}}
    return build(".".join((*names, name)))


def places(fields: tuple[BaseField, ...], around: tuple[BaseField, ...] = ()) -> Iterator[Place]:
    """Every field with what it is inside of, those inside tables and groups after their table or group."""
    for field in fields:
        yield Place(field, around)
        yield from places(field.parts, (*around, field))
