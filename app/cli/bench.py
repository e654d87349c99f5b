"""``bench``."""

import asyncio
from dataclasses import replace
from typing import Annotated, Literal

import typer


def bench(
    what: Annotated[
        Literal["site", "admin", "forms", "mail"],
        typer.Argument(
            help="All pages, the staff's lists over many records, forms under a burst, or mails to many."
        ),
    ] = "site",
    quick: Annotated[
        bool, typer.Option("--quick", help="Less of everything: done within 30 seconds.")
    ] = False,
    database_url: Annotated[
        str, typer.Option(help="A server to measure on; databases of its own are made there and dropped.")
    ] = "embedded:",
    language: Annotated[
        bool, typer.Option("--language", help="Only conditions, compiling and reading records: no server.")
    ] = False,
    records: Annotated[
        int | None, typer.Option(help="How many records to measure lists with (admin).", min=1_000)
    ] = None,
) -> None:
    """Measure pages against the bare driver in the same run, and print ratios."""
    from app.bench.admin import run_admin
    from app.bench.admin_report import print_admin
    from app.bench.forms import run_forms
    from app.bench.forms_report import print_forms
    from app.bench.language import measure_language
    from app.bench.mail import run_mail
    from app.bench.plan import FULL, QUICK
    from app.bench.report import print_language
    from app.bench.run import run_bench

    plan = QUICK if quick else FULL
    if language:
        print_language(list(measure_language(plan.seconds)))
        return
    if what == "admin":
        plan = replace(plan, queue=2_000 if not quick else 600, records=records or plan.records)
        print_admin(asyncio.run(run_admin(plan, database_url)))
        return
    if what == "forms":
        print_forms(asyncio.run(run_forms(plan, database_url, quick=quick)))
        return
    if what == "mail":
        asyncio.run(run_mail(database_url, quick=quick))
        return
    asyncio.run(run_bench(plan, database_url))
