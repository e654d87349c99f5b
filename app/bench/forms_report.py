"""What ``bench forms`` measured, as tables."""

from rich.console import Console

from app.bench.bulk import CEILING, WAIT, BulkRow
from app.bench.forms import Found
from app.bench.report import WIDTH, marked, print_pages, table
from app.cli.speech import say


def print_forms(found: Found) -> None:
    """The pages, whether everything that was sent is there, and a file of rows checked."""
    print_pages(found.rows)
    say("{sent} applications were handed over, {lost} of them were lost.", sent=found.sent, lost=found.lost)
    if found.bulk is not None:
        _print_bulk(found.bulk)


def _print_bulk(row: BulkRow) -> None:
    told = table(
        ("file of rows checked", "rows", "s", "10,000 rows, s", "limit", "others' wait, ms", "limit")
    )
    seconds = marked(f"{row.whole:.1f}", row.whole > CEILING)
    slowest = marked(f"{row.slowest * 1000:.0f}", row.slowest > WAIT)
    limits = f"{CEILING:.0f}", f"{WAIT * 1000:.0f}"
    told.add_row(row.type, f"{row.rows:,}", f"{row.seconds:.1f}", seconds, limits[0], slowest, limits[1])
    Console(width=WIDTH).print(told)
