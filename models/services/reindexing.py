"""Search entries of stored records, written anew: after an upgrade that looks them up otherwise, or after a
change of what is searched."""

from collections.abc import Mapping
from typing import Any

from models.errors import NotFound
from models.schema.search import grams_of
from models.services.carrying import carry
from models.services.progress import Progress, silent
from models.services.site import Site

BATCH = 500
"""Records read and written at once."""

READ = {"number": 1, "data": 1, "schema_version": 1, "revision": 1, "grams": 1}


async def reindex(site: Site, type_name: str, progress: Progress = silent) -> int:
    """Write the search entries of every record of a type as it would read in the version in force; how
    many had others.

    Nothing else of a record is touched: neither its revision nor its history. A record that is changed
    meanwhile is left, as its change has written its entries, and so is a damaged one. It may be broken off
    and begun again at any time. Raises NotFound for an unknown type."""
    if type_name not in site.records:
        raise NotFound
    records, last, done, changed = site.records[type_name], None, 0, 0
    total = await records.collection.estimated_document_count()
    while rows := await records.ahead(last, READ, BATCH):
        found = [(row, entries) for row in rows if (entries := _entries(site, type_name, row)) is not None]
        changed += await records.keep_grams(
            [(row["_id"], row["revision"], entries) for row, entries in found if entries != row.get("grams")]
        )
        last, done = rows[-1]["_id"], done + len(rows)
        progress(done, max(total, done))
    return changed


def _entries(site: Site, type_name: str, row: Mapping[str, Any]) -> list[str] | None:
    """The entries a stored row ought to have; None where it is damaged."""
    try:
        carried = carry(site, type_name, row["data"], row["schema_version"])
        return grams_of(carried.definition, str(row["number"]), carried.data)
    except (KeyError, TypeError, ValueError, AttributeError, NotFound):
        return None
