"""``bench mail``: a notice to ten thousand queued and mails sent, beside the bare driver."""

import tempfile
from pathlib import Path

from rich.console import Console

from app.bench import postage
from app.bench.queueing import CEILING, QUICK, RECIPIENTS, QueueRow, queue_row
from app.bench.report import WIDTH, marked, table
from app.bench.run import fresh_database, server_at, site_on
from app.cli.speech import say


async def run_mail(url: str, *, quick: bool = False) -> None:
    """Measure with databases of its own on the server `url`, and print. Raises DatabaseRefused,
    ConfigurationError where a mail is missing."""
    with tempfile.TemporaryDirectory(prefix="toroku-bench-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        async with server_at(url, folder) as server, fresh_database(server, folder) as database:
            say("Measuring: {page}", page="queue")
            site = await site_on(folder, database)
            print_queue(await queue_row(site, QUICK if quick else RECIPIENTS))
            say("Measuring: {page}", page="send")
            mails = postage.QUICK if quick else postage.MAILS
            print_post(await postage.post_row(site, database.address, folder, mails))


def print_queue(row: QueueRow) -> None:
    """How long it took to list a notice and to queue its mails."""
    told = table(
        ("notice queued", "people", "s", "10,000, s", "limit", "bare driver, s", "batch, s", "followed, s")
    )
    told.add_row(
        "operators",
        f"{row.recipients:,}",
        f"{row.seconds:.2f}",
        marked(f"{row.whole:.2f}", row.is_slow),
        f"{CEILING:.0f}",
        f"{row.raw:.2f}",
        f"{row.slowest:.2f}",
        f"{row.looked:.2f}",
    )
    Console(width=WIDTH).print(told)


def print_post(row: postage.PostRow) -> None:
    """How many mails a second left."""
    told = table(
        ("mails sent", "workers", "connections each", "a second", "floor", "bare client alone, a second")
    )
    rate = marked(f"{row.rate:.0f}", row.is_slow)
    told.add_row(
        f"{row.mails:,}",
        f"{row.workers}",
        f"{row.connections}",
        rate,
        f"{postage.FLOOR:.0f}",
        f"{row.raw:.0f}",
    )
    Console(width=WIDTH).print(told)
