"""What was measured, as tables."""

from collections.abc import Sequence
from statistics import median

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.bench.compare import Row
from app.bench.evolution import FLOOR, RenameRow
from app.bench.following import LIMIT as SOON
from app.bench.following import FollowingRow
from app.bench.impact import LIMIT, PlanRow
from app.bench.language import Measure
from app.bench.load import Sample
from app.bench.pages import Page
from app.bench.start import Start
from app.cli.speech import say

WIDTH = 120
PAGES = (
    *("page", "conn.", "ours/s", "raw/s", "ratio", "floor"),
    *("ours p50/p99 ms", "raw p50/p99 ms", "CPU ms", "kB"),
)
STARTS = ("start", "first s", "again s (median)", "floor", "all s", "CPU s")


def print_pages(rows: Sequence[Row]) -> None:
    """The pages; a row under its floor is marked."""
    told = table(PAGES)
    for row in rows:
        floor = _floor(row.page)
        told.add_row(
            row.page.name,
            str(row.concurrency),
            f"{row.ours.rate:.0f}",
            f"{row.raw.rate:.0f}",
            marked(f"{row.ratio:.2f}", row.is_low),
            floor,
            _latency(row.ours),
            _latency(row.raw),
            f"{row.ours.cost * 1000:.2f} / {row.raw.cost * 1000:.2f}",
            f"{row.ours.size / 1000:.0f} / {row.raw.size / 1000:.0f}",
        )
    Console(width=WIDTH).print(told)
    low = [row for row in rows if row.is_low]
    say("{low} of {all} rows are under their floor.", low=len(low), all=len(rows))


def print_language(found: Sequence[Measure]) -> None:
    """What conditions, compiling and reading take."""
    told = table(("configuration language, one core", "", "unit", "floor"))
    for measure in found:
        digits = 1 if measure.less_is_better else 0
        bound = (
            "" if measure.bound is None else f"{'≤' if measure.less_is_better else '≥'} {measure.bound:,.0f}"
        )
        value = marked(f"{measure.value:,.{digits}f}", measure.is_bad)
        told.add_row(escape(measure.name), value, measure.unit, bound)
    Console(width=WIDTH).print(told)


def print_starts(found: Sequence[Start]) -> None:
    """The cold starts."""
    told = table(STARTS)
    for start in found:
        floor = "" if start.floor is None else f"{start.floor:.1f}"
        usual = marked(f"{start.median:.2f}", start.is_slow)
        told.add_row(
            start.name,
            f"{start.first:.2f}",
            usual,
            floor,
            " ".join(f"{seconds:.2f}" for seconds in start.again),
            f"{start.cpu:.2f}",
        )
    Console(width=WIDTH).print(told)


def print_rename(row: RenameRow) -> None:
    """The rewriting of stored records; marked when it is under its floor."""
    told = table(
        ("rewrite of stored records", "records", "ours/s", "raw/s", "ratio", "floor/s", "slowest read ms")
    )
    told.add_row(
        "rename, read meanwhile",
        f"{row.records:,}",
        marked(f"{row.rate:.0f}", row.is_slow),
        f"{row.raw_rate:.0f}",
        f"{row.ratio:.2f}",
        f"{FLOOR:.0f}",
        f"{row.slowest_read * 1000:.0f}",
    )
    Console(width=WIDTH).print(told)


def print_plan(row: PlanRow) -> None:
    """The plan of a schema change."""
    told = table(("plan of a schema change", "records", "questions", "s", "limit"))
    seconds = marked(f"{row.seconds:.2f}", row.is_slow)
    told.add_row("schema plan", f"{row.records:,}", str(row.changes), seconds, f"{LIMIT:.0f}")
    Console(width=WIDTH).print(told)


def print_following(row: FollowingRow) -> None:
    """How soon another process knows; marked when one change took too long."""
    told = table(
        (
            "known to another process",
            "changes",
            "ours ms (median)",
            "raw ms (median)",
            "slowest ms",
            "limit s",
        )
    )
    told.add_row(
        "a day of the calendar",
        f"{len(row.ours):,}",
        f"{median(row.ours) * 1000:.1f}",
        f"{median(row.raw) * 1000:.1f}",
        marked(f"{row.slowest * 1000:.1f}", row.is_slow),
        f"{SOON:.0f}",
    )
    Console(width=WIDTH).print(told)


def table(headings: Sequence[str]) -> Table:
    """An empty table: names to the left, numbers to the right."""
    made = Table(box=None, pad_edge=False)
    for number, heading in enumerate(headings):
        made.add_column(heading, justify="right" if number else "left")
    return made


def _floor(page: Page) -> str:
    share = [] if page.floor is None else [f"{page.floor:.2f}"]
    return " ".join(share + ([] if page.rate is None else [f"{page.rate:,.0f}/s"]))


def _latency(sample: Sample) -> str:
    return f"{sample.quantile(0.5) * 1000:.1f} / {sample.quantile(0.99) * 1000:.1f}"


def marked(text: str, bad: bool) -> str:
    """`text`, red and with a sign where it is not as it should be."""
    return f"[bold red]{text} ![/]" if bad else text
