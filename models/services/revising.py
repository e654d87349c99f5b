"""A record with other answers: what follows from them on the record itself (title, search entries, attic)."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.documents.record import Record
from models.schema.search import grams_of
from models.services.carrying import Carried, carry
from models.services.site import Site

DERIVED = ("data", "attic", "title", "schema_version", "grams")
"""What ``revised`` changes of a record."""

Attic = Sequence[Mapping[str, Any]]


def revised(
    site: Site, record: Record, data: Mapping[str, Any], schema_version: int, attic: Attic = ()
) -> Record:
    """`record` with all its answers as they are in `data`, read by version `schema_version` of its type and
    carried to the one in force; its number stays. `attic` is what an application left without a place."""
    carried = carry(site, record.type, data, schema_version, attic)
    definition = carried.definition
    kept = {**carried.data, definition.number.field: record.number}
    update = {
        "data": kept,
        "attic": _distinct([*record.attic, *_left(site, record, carried)]),
        "title": definition.title_of(kept) or record.number,
        "schema_version": carried.version,
        "grams": grams_of(definition, record.number, kept),
    }
    changed: Record = record.model_copy(update=update)
    return changed


def _left(site: Site, record: Record, carried: Carried) -> list[dict[str, Any]]:
    """What this change leaves without a place: of the application, and of the record as it was before."""
    if record.schema_version >= carried.version:
        return carried.attic
    before = carry(site, record.type, record.data, record.schema_version)
    return [*carried.attic, *before.attic]


def _distinct(attic: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each value once: the record and the application may both have held it."""
    found: list[dict[str, Any]] = []
    for entry in attic:
        if not any(entry["path"] == other["path"] and entry["value"] == other["value"] for other in found):
            found.append(entry)
    return found
