"""Carrying answers from the version they were given under to a later one, without losing any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.schema.definition import RecordType
from models.services.site import Site

Attic = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Carried:
    """Data as a version holds it, with what had no place there."""

    version: int
    definition: RecordType
    data: dict[str, Any]
    attic: list[dict[str, Any]]


def carry(site: Site, type_name: str, data: Mapping[str, Any], start: int, attic: Attic = ()) -> Carried:
    """`data` of version `start` as the version in force holds it.

    Where a step does not work on it, it stays as it is, pinned to `start`. Fields the new version no longer
    has go to the attic, also where no step said so."""
    current = site.registry.current(type_name)
    if current.version == start:
        return Carried(start, current.definition, dict(data), [dict(entry) for entry in attic])
    from models.schema.evolution import evolve

    steps = site.registry.steps(type_name, start, current.version)
    evolved = evolve(steps, current.definition, data, attic)
    pinned = site.registry.at(type_name, start).definition
    if evolved.problems:
        return Carried(start, pinned, dict(data), [dict(entry) for entry in attic])
    kept, left = _parted(current.definition, evolved.data)
    lost = [_entry(pinned, name, value, start) for name, value in left.items()]
    return Carried(
        current.version, current.definition, kept, [*(dict(entry) for entry in evolved.attic), *lost]
    )


def _parted(definition: RecordType, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the definition has a field for, and the rest that holds something."""
    known = {field.name for field in definition.fields if field.stored} | {definition.number.field}
    left = {name: value for name, value in data.items() if name not in known and value not in (None, "", [])}
    return {name: value for name, value in data.items() if name in known}, left


def _entry(definition: RecordType, name: str, value: Any, version: int) -> dict[str, Any]:
    field = definition.by_name.get(name)
    label = {"label": field.label.model_dump()} if field is not None else {}
    return {"path": name, "value": value, "version": version, **label}
