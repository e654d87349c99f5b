"""``bench``."""

import asyncio
from typing import Annotated

import typer


def bench(
    quick: Annotated[
        bool, typer.Option("--quick", help="Less of everything: done within 30 seconds.")
    ] = False,
    database_url: Annotated[
        str, typer.Option(help="A server to measure on; databases of its own are made there and dropped.")
    ] = "embedded:",
) -> None:
    """Measure pages against the bare driver in the same run, and print ratios."""
    from app.bench.plan import FULL, QUICK
    from app.bench.run import run_bench

    asyncio.run(run_bench(QUICK if quick else FULL, database_url))
