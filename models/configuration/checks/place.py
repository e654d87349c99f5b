"""Where the fields of a record type are written, and which names a condition there can read."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from models.configuration.load import Configuration
from models.configuration.validation import MOST_FINDINGS
from models.schema.definition import RecordType
from models.schema.fields import BaseField
from models.schema.finding import Finding
from models.schema.source import Source

Path = tuple[str | int, ...]
"""A place in the file: keys and positions."""


@dataclass(frozen=True, eq=False)
class Place:
    """One field where it is written; ``inside`` are the names of the tables and groups around it."""

    path: Path
    field: BaseField
    inside: tuple[str, ...]
    scope: "Scope"

    @property
    def names(self) -> tuple[str, ...]:
        """The path of the field in the definition."""
        return (*self.inside, self.field.name)


Scope = dict[str, Place]
"""The fields a condition can read by name: those of its own level, and around it those not hidden by them."""


@dataclass(frozen=True)
class Subject:
    """A record type that is looked at: the rest of the configuration, and the file it is written in."""

    configuration: Configuration
    kind: RecordType
    source: Source

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Every field, those inside tables and groups after the one that holds them."""
        return tuple(_places(self.kind.fields, ("fields",), (), {}))

    @cached_property
    def top(self) -> Scope:
        """What conditions of the record itself can read."""
        return {place.field.name: place for place in self.places if not place.inside}


def _places(
    fields: Sequence[BaseField], path: Path, inside: tuple[str, ...], around: Scope
) -> Iterator[Place]:
    scope = dict(around)
    level = [Place((*path, index), field, inside, scope) for index, field in enumerate(fields)]
    scope.update({place.field.name: place for place in level})
    for place in level:
        yield place
        if inner := written_parts(place.field):
            yield from _places(inner, (*place.path, "fields"), place.names, scope)


def written_parts(field: BaseField) -> tuple[BaseField, ...]:
    """The fields a steward wrote inside this one; an address has parts nobody wrote."""
    return field.parts if "fields" in type(field).model_fields else ()


def fields_to(kind: RecordType, names: Sequence[str]) -> tuple[BaseField, ...]:
    """The fields a path of the definition leads through, as far as there are any."""
    found: list[BaseField] = []
    level: Sequence[BaseField] = kind.fields
    for name in names:
        field = next((field for field in level if field.name == name), None)
        if field is None:
            break
        found.append(field)
        level = field.parts
    return tuple(found)


def known_in(scope: Scope, dotted: str) -> bool:
    """Whether a path of a condition leads to a field; into values that are objects of their own
    (a certificate's serial number) it is not followed."""
    words = [word for word in dotted.split(".") if not word.isdigit()]
    place = scope.get(words[0]) if words else None
    field = place.field if place else None
    for word in words[1:]:
        if field is None or not field.parts:
            break
        field = next((part for part in field.parts if part.name == word), None)
    return field is not None


def first(source: Source, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The first hundred of `findings`, and T-W008 where there are more: no screen holds them all."""
    for number, finding in enumerate(findings):
        if number == MOST_FINDINGS:
            yield source.finding("T-W008", ())
            return
        yield finding


def listed(names: Iterable[str]) -> str:
    """`names` for a message; of very many, the first."""
    shown = list(islice(names, MOST_NAMES + 1))
    return ", ".join(shown if len(shown) <= MOST_NAMES else [*shown[:MOST_NAMES], "…"])


MOST_NAMES = 80
"""Names a message lists."""


def unknown(
    source: Source, code: str, path: Path, name: str, known: Iterable[str], **more: str
) -> Iterator[Finding]:
    """A finding unless `name` is one of `known`."""
    names = known if isinstance(known, Collection) else list(known)
    if name not in names:
        yield source.finding(code, path, name=name, known=listed(names), **more)


def twice(source: Source, names: Iterable[tuple[Path, str]]) -> Iterator[Finding]:
    """T-E018 for each name that was there before."""
    seen: set[str] = set()
    for path, name in names:
        if name in seen:
            yield source.finding("T-E018", path, name=name)
        seen.add(name)


Sources = Mapping[tuple[str, str], Source]
"""Every file by what it describes: ``("record_type", "operator")``."""
