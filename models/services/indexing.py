"""What the definitions ask of the database's indexes, and what is there: for ``schema indexes``."""

from collections.abc import Iterator
from dataclasses import dataclass

from models.documents.index_use import Served, Standing, served, standing
from models.documents.indexes import LISTED, SEARCH, record_indexes
from models.schema.definition import RecordType, singles
from models.services.site import Site

OWN = {
    "number": "number",
    "by_operator": "operator",
    SEARCH: "search",
    "lifecycle": "state, sort",
    "updated": "updated, sort",
}
"""What asks for the indexes every record type has."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An index a definition asks for: what asks for it, and how it stands (None: it is missing)."""

    name: str
    asked_by: str
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class Sorted:
    """An order that lists offer, and what serves it."""

    path: str
    served: Served


@dataclass(frozen=True, slots=True)
class Indexing:
    """One record type: its indexes, those nothing asks for, and the orders its lists offer."""

    type_name: str
    collection: str
    wanted: tuple[Wanted, ...]
    unasked: tuple[Standing, ...]
    sorted: tuple[Sorted, ...]

    @property
    def is_sound(self) -> bool:
        """Whether every index is there and every order is served by one."""
        there = all(index.standing is not None for index in self.wanted)
        return there and all(order.served.index and not order.served.multikey for order in self.sorted)


async def indexing_of(site: Site, type_name: str) -> Indexing:
    """How the records of one published type are indexed. Raises NotFound."""
    kind = site.registry.current(type_name).definition
    collection = site.records[type_name].collection
    there = await standing(collection)
    asked = dict(_asked(kind))
    names = [str(index.document["name"]) for index in record_indexes(kind, site.lifecycles[kind.lifecycle])]
    wanted = tuple(Wanted(name, asked.get(name, "unique"), there.get(name)) for name in names)
    unasked = tuple(index for name, index in there.items() if name not in {*names, "_id_"})
    orders = [Sorted(path, await served(collection, order)) for path, order in _orders(kind)]
    return Indexing(type_name, kind.collection, wanted, unasked, tuple(orders))


def _asked(kind: RecordType) -> Iterator[tuple[str, str]]:
    """What asks for each index, by the index's name."""
    yield from OWN.items()
    yield from ((f"{LISTED}{name}", "columns") for name in kind.columns)
    for path, field in singles(kind.fields):
        keys = (("index", field.index), ("filter", field.filterable), ("sort", field.sortable))
        yield f"by_{'_'.join(path)}", ", ".join(key for key, asks in keys if asks)


def _orders(kind: RecordType) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """The orders a list offers, as it asks for them."""
    yield "_id", [("_id", -1)]
    yield "number", [("number", 1)]
    fields = [(path, field) for path, field in singles(kind.fields) if field.sortable]
    paths = [
        "lifecycle",
        "updated_at",
        *(name for name in kind.columns if name == "due"),
        *(f"data.{field.order_path('.'.join(path))}" for path, field in fields),
    ]
    for path in paths:
        yield path, [(path, -1), ("_id", -1)]
