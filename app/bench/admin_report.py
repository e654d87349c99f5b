"""What ``bench admin`` measured, as tables."""

from collections.abc import Sequence

from rich.console import Console

from app.bench.admin import Found, Growth, Latency
from app.bench.leaving import CEILING, DELAY, ExportRow
from app.bench.report import WIDTH, marked, print_pages, table
from app.bench.transfers import FLOOR, ImportRow
from app.cli.speech import say


def print_admin(found: Found) -> None:
    """Every table; what is under its floor or over its limit is marked."""
    say("{count} records were made in {seconds} s.", count=found.records, seconds=round(found.filled))
    print_pages(found.pages)
    _print_growth(found.growth)
    _print_latencies(found.latencies)
    _print_imports(found.imports)
    _print_exports(found.exports)


def _print_growth(rows: Sequence[Growth]) -> None:
    told = table(("CPU with the database, ms", "many records", "few", "ratio"))
    for row in rows:
        ratio = marked(f"{row.ratio:.2f}", row.is_high)
        told.add_row(row.name, f"{row.large * 1000:.1f}", f"{row.small * 1000:.1f}", ratio)
    Console(width=WIDTH).print(told)


def _print_latencies(rows: Sequence[Latency]) -> None:
    told = table(("one connection, ms", "p50", "p99", "page 1 p50", "ratio", "limit"))
    for row in rows:
        limit = f"{row.timed.limit:.0f} ms" if row.timed.limit else ""
        limit = f"{row.timed.times:.1f} ×" if row.timed.times else limit
        median = marked(f"{row.median:.1f}", row.is_slow)
        ratio = f"{row.median / row.first:.2f}" if row.first else ""
        told.add_row(row.timed.name, median, f"{row.worst:.1f}", f"{row.first:.1f}", ratio, limit)
    Console(width=WIDTH).print(told)


def _print_imports(rows: Sequence[ImportRow]) -> None:
    told = table(("import of CSV, s", "checked", "brought in", "raw", "raw, searched", "share", "floor"))
    for row in rows:
        times = (f"{seconds:.2f}" for seconds in (row.checked, row.applied, row.raw, row.searched))
        told.add_row(f"{row.rows:,}", *times, marked(f"{row.whole:.2f}", row.is_slow), f"{FLOOR:.1f}")
    Console(width=WIDTH).print(told)


def _print_exports(rows: Sequence[ExportRow]) -> None:
    told = table(("export of CSV", "a second", "memory, MB", "limit", "others' longest delay, ms", "limit"))
    for row in rows:
        memory = marked(f"{row.memory:.0f}", row.memory > CEILING)
        delay = marked(f"{row.delay * 1000:.0f}", row.delay > DELAY)
        limits = f"{CEILING:.0f}", f"{DELAY * 1000:.0f}"
        told.add_row(f"{row.records:,}", f"{row.rate:.0f}", memory, limits[0], delay, limits[1])
    Console(width=WIDTH).print(told)
