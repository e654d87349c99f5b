"""``schema apply``, ``rollback`` and ``history``: versions published, taken back, and looked at."""

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any

import typer

from app.cli.bar import watched
from app.cli.schema.plan import REFUSED, Name, wanted_types
from app.cli.schema.planned import print_refusals
from app.cli.speech import fail, say, spoken
from app.opening import configuration_of, open_site
from app.settings import Settings
from models.documents.job import Job, jobs_of
from models.errors import SchemaChangeRefused, StepsFailed
from models.language import Message
from models.permissions import Actor
from models.services import jobs
from models.services.publishing import apply as publish
from models.services.publishing import is_published
from models.services.publishing import rollback as go_back
from models.services.registry import Published
from models.services.site import Site

BY = Actor(kind="system", name="command line")
SHOWN = 20
"""Most failing records printed."""

Acknowledged = Annotated[
    list[str] | None,
    typer.Option("--acknowledge", metavar="PATH", help="Take note that this field's values have no step."),
]
Waits = Annotated[bool, typer.Option(help="Wait until stored records have followed.")]


def apply(record_type: Name = None, acknowledge: Acknowledged = None, wait: Waits = True) -> None:
    """Publish what the files describe, for one type or all that changed, and have stored records follow.

    Refused (exit code 3) where something stored would be lost or broken and neither a step of ``evolution``
    nor ``--acknowledge`` says what becomes of it: run ``schema plan`` to see."""
    settings = Settings()
    _run(_apply(settings, record_type, frozenset(acknowledge or ()), wait))


async def _apply(settings: Settings, record_type: str | None, known: frozenset[str], wait: bool) -> None:
    configuration = configuration_of(settings)
    wanted = wanted_types(configuration, record_type)
    async with open_site(settings, configuration, owner=False, publish=False) as site:
        changed = [name for name in wanted if not is_published(site, configuration.record_types[name])]
        for name in changed:
            candidate, source = configuration.record_types[name], configuration.source_of(name)
            with watched(name) as progress:
                published = await publish(
                    site, BY, candidate, source=source, acknowledged=known, progress=progress
                )
            _say_published(published)
            if wait:
                await _follow(site, name)
        if not changed:
            say("Everything is published as the files describe it.")


def rollback(record_type: str, version: int, wait: Waits = True) -> None:
    """Publish an earlier version again, as a new one; stored records take their earlier form back."""
    _run(_rollback(Settings(), record_type, version, wait))


async def _rollback(settings: Settings, name: str, version: int, wait: bool) -> None:
    async with open_site(settings, configuration_of(settings), owner=False, publish=False) as site:
        with watched(name) as progress:
            published = await go_back(site, BY, name, version, progress=progress)
        _say_published(published)
        if wait:
            await _follow(site, name)
        say("The files still describe another version: “schema pull {name}” writes this one.", name=name)


def _say_published(published: Published) -> None:
    say("{name}: version {version} is in force.", name=published.definition.name, version=published.version)


async def _follow(site: Site, name: str) -> None:
    """Work on the jobs of a type until they are over, whoever does them."""
    for job in await jobs_of(name):
        with watched(name) as progress:
            _say_job(await jobs.finish(site, job, progress))


def _say_job(job: Job) -> None:
    say("{done} records have followed to version {version}.", done=job.done, version=job.to_version)
    for failed in job.failed[:SHOWN]:
        message = Message(failed["message"]["msgid"], failed["message"]["values"])
        typer.echo(f"  {failed['number']} {failed['path']}: {message(spoken())}")
    if job.failed_count:
        say("{count} records stayed on their version; they are readable as before.", count=job.failed_count)


def history(record_type: Name = None) -> None:
    """Every version ever published: when, by whom, and how it came."""
    _run(_history(Settings(), record_type))


async def _history(settings: Settings, record_type: str | None) -> None:
    async with open_site(settings, configuration_of(settings), owner=False, publish=False) as site:
        names = [record_type] if record_type else sorted(site.registry.all_current())
        _print_versions(site, [row for name in names for row in _versions(site, name)])


def _versions(site: Site, name: str) -> list[Published]:
    site.registry.current(name)  # NotFound for an unknown type
    return site.registry.versions(name)


def _print_versions(site: Site, rows: list[Published]) -> None:
    from rich.console import Console  # here, so that serving does not wait for it
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("record_type", "version", "published", "by", "change", "checksum"):
        table.add_column(heading)
    for row in rows:
        at = row.published_at.astimezone(site.calendar.zone) if row.published_at else None
        by = row.published_by.name if row.published_by else ""
        cells = (f"{at:%Y-%m-%d %H:%M}" if at else "", by, row.change, row.definition.checksum[:12])
        table.add_row(row.definition.name, str(row.version), *cells)
    Console(width=120).print(table)
    for (name, version), wrong in sorted(site.registry.altered.items()):
        say("{name}: version {version} is not used: {wrong}.", name=name, version=version, wrong=wrong)


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end; where the data speaks against it, say which, and end with REFUSED."""
    try:
        asyncio.run(work)
    except SchemaChangeRefused as error:
        fail(error)
        print_refusals(error.rows, error.base)
        raise typer.Exit(REFUSED) from error
    except StepsFailed as error:
        fail(error)
        for failure in error.failures[:SHOWN]:
            typer.echo(f"  {failure.number} {failure.path}: {failure.message(spoken())}", err=True)
        raise typer.Exit(REFUSED) from error
