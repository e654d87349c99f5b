"""``schema indexes``: what the lists stand on."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer

from app.cli.speech import say
from app.opening import configuration_of, open_site
from app.settings import Settings
from models.services.indexing import Indexing, indexing_of

MEGABYTE = 1_000_000


def indexes(
    record_type: Annotated[
        str | None, typer.Argument(metavar="[TYPE]", help="Only this record type.")
    ] = None,
) -> None:
    """For every record type: each index, what asks for it, its size and whether it is used; each order a list
    offers, and the index that serves it.

    Nothing is written. Exit code 3: an index is missing, or an order is served by none."""
    found = asyncio.run(_found(Settings(), record_type))
    for indexing in found:
        _print(indexing)
    if not all(indexing.is_sound for indexing in found):
        raise typer.Exit(3)


async def _found(settings: Settings, record_type: str | None) -> Sequence[Indexing]:
    async with open_site(settings, configuration_of(settings), owner=False, publish=False) as site:
        names = [record_type] if record_type else sorted(site.registry.all_current())
        return [await indexing_of(site, name) for name in names]


def _print(indexing: Indexing) -> None:
    from rich.console import Console  # here, so that serving does not wait for it
    from rich.table import Table

    console = Console(width=120)
    table = Table(box=None, pad_edge=False, title=indexing.type_name, title_justify="left")
    for heading in ("index", "asked for by", "keys", "MB", "uses"):
        table.add_column(heading)
    for index in indexing.wanted:
        there = index.standing
        keys = "missing" if there is None else ", ".join(path for path, _ in there.keys)
        facts = ("", "") if there is None else (f"{there.size / MEGABYTE:.1f}", str(there.uses))
        table.add_row(index.name, index.asked_by, keys, *facts)
    for left in indexing.unasked:
        keys = ", ".join(path for path, _ in left.keys)
        table.add_row(left.name, "nothing", keys, f"{left.size / MEGABYTE:.1f}", str(left.uses))
    console.print(table)
    orders = Table(box=None, pad_edge=False)
    for heading in ("order", "served by"):
        orders.add_column(heading)
    for order in indexing.sorted:
        note = " (several entries a record)" if order.served.multikey else ""
        orders.add_row(order.path, f"{order.served.index}{note}" if order.served.index else "nothing")
    console.print(orders)
    if not indexing.is_sound:
        say("{type}: start the program once to make what is missing.", type=indexing.type_name)
