"""``schema check``: what is described, whether it holds, and which versions are published."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from app.cli.schema.draw import write_pictures
from app.cli.speech import say, say_finding, spoken
from app.database import open_database
from app.settings import Settings
from models.configuration.check import check as linter
from models.configuration.load import Configuration, examine
from models.documents.prepare import bind
from models.errors import TorokuError
from models.language import translate
from models.schema.definition import RecordType
from models.services.registry import Published, Registry


def check(
    strict: Annotated[bool, typer.Option(help="Warnings count as errors.")] = False,
    draw: Annotated[
        Path | None, typer.Option(help="Write a picture (SVG) of every workflow and lifecycle here.")
    ] = None,
) -> None:
    """Read the configuration, report every finding with file and line, and list the record types."""
    settings = Settings()
    configuration, findings = examine(settings.config, linter)
    for finding in findings:
        say_finding(finding)
    counted = Counter(finding.severity for finding in findings)
    if findings:
        say("{errors} errors, {warnings} warnings.", errors=counted["error"], warnings=counted["warning"])
    if configuration is None or counted["error"] or (strict and findings):
        raise typer.Exit(1)
    _list_types(configuration, asyncio.run(published_versions(settings)))
    examples = sum(len(kind.examples) for kind in configuration.record_types.values())
    say("The configuration holds: {examples} examples run.", examples=examples)
    if draw is not None:
        write_pictures(configuration, draw)


async def published_versions(settings: Settings) -> dict[str, Published]:
    """What is published in the database, by type; nothing where there is no database yet, or it is down."""
    url = settings.database_url.get_secret_value()
    if url.startswith("memory:") or (url.startswith("embedded:") and not (settings.data / "mongod").is_dir()):
        return {}
    try:
        async with open_database(url, data_dir=settings.data, owner=False) as database:
            await bind(database)
            registry = Registry()
            await registry.refresh()
            return dict(registry.all_current())
    except TorokuError as error:
        typer.echo(f"{error.code} {translate(error.public, spoken(), **error.values)}", err=True)
        return {}


def _list_types(configuration: Configuration, published: dict[str, Published]) -> None:
    from rich.console import Console  # here, so that serving does not wait for it
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("record_type", "label", "version", "fields", "pages", "checks", "enabled", "checksum"):
        table.add_column(heading)
    for kind in configuration.record_types.values():
        table.add_row(
            kind.name,
            kind.label(spoken()),
            _version(kind, published.get(kind.name)),
            str(len(kind.fields)),
            str(len(kind.laid_out)),
            str(len(kind.checks)),
            "yes" if kind.enabled else "no",
            kind.checksum[:12],
        )
    Console(width=120).print(table)


def _version(kind: RecordType, published: Published | None) -> str:
    """The version in force; one more, marked, where the files differ from it."""
    if published is None:
        return "– → 1"
    if published.definition.checksum == kind.checksum:
        return str(published.version)
    return f"{published.version} → {published.version + 1}"
