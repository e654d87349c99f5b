"""Carrying answers from the version they were given under to the one in force, without losing any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.documents.record import Record
from models.schema.definition import RecordType
from models.schema.json_schema import fits
from models.services.routes import route_to
from models.services.site import Site


@dataclass(frozen=True, slots=True)
class Carried:
    """Data as a version holds it, with what had no place there."""

    version: int
    definition: RecordType
    data: dict[str, Any]
    attic: list[dict[str, Any]]


def carry(
    site: Site,
    type_name: str,
    data: Mapping[str, Any],
    start: int,
    attic: Sequence[Mapping[str, Any]] = (),
) -> Carried:
    """`data` of version `start` as the version in force holds it; fields it no longer has go to the attic.

    Where a step does not work on it, or no step was given for what has another type since, it stays as it is,
    pinned to `start`."""
    current, pinned = site.registry.current(type_name), site.registry.at(type_name, start)
    as_it_is = Carried(pinned.version, pinned.definition, dict(data), [dict(entry) for entry in attic])
    if pinned.version >= current.version:
        return as_it_is
    route = route_to(site, type_name, start, current.version - 1, current.definition)
    led = route.evolution.evolve(data, [dict(entry) for entry in attic])
    if led.problems or not fits(current.definition, led.data):
        return as_it_is
    route.compute(led.data)
    return Carried(current.version, current.definition, led.data, led.attic)


def as_carried(site: Site, record: Record) -> Record:
    """`record` with its answers as the version of its type in force holds them, by whose names lifecycles
    call them; for looking at, never to be written."""
    if record.schema_version >= site.registry.current(record.type).version:
        return record
    carried = carry(site, record.type, record.data, record.schema_version)
    return record.model_copy(update={"data": carried.data, "schema_version": carried.version})
