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
    language: Annotated[
        bool, typer.Option("--language", help="Only conditions, compiling and reading records: no server.")
    ] = False,
) -> None:
    """Measure pages against the bare driver in the same run, and print ratios."""
    from app.bench.language import measure_language
    from app.bench.plan import FULL, QUICK
    from app.bench.report import print_language
    from app.bench.run import run_bench

    plan = QUICK if quick else FULL
    if language:
        print_language(list(measure_language(plan.seconds)))
        return
    asyncio.run(run_bench(plan, database_url))
