"""``schema``: what is described, and whether it holds."""

import typer
from rich.console import Console
from rich.table import Table

from app.cli.speech import say, say_finding, spoken
from app.settings import Settings
from models.configuration.check import check as linter
from models.configuration.load import Configuration, examine

schema = typer.Typer(help="Check the configuration.", no_args_is_help=True)


@schema.callback()
def _group() -> None:
    """Check the configuration."""


@schema.command()
def check() -> None:
    """Read the configuration, report every finding with file and line, and list the record types."""
    settings = Settings()
    configuration, findings = examine(settings.config, linter)
    for finding in findings:
        say_finding(finding)
    errors = [finding for finding in findings if finding.severity == "error"]
    if configuration is None or errors:
        say("{count} errors.", count=len(errors))
        raise typer.Exit(1)
    _list_types(configuration)
    say("The configuration holds: {examples} examples run.", examples=_examples(configuration))


def _list_types(configuration: Configuration) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("record_type", "label", "fields", "pages", "checks", "enabled", "checksum"):
        table.add_column(heading)
    for kind in configuration.record_types.values():
        table.add_row(
            kind.name,
            kind.label(spoken()),
            str(len(kind.fields)),
            str(len(kind.laid_out)),
            str(len(kind.checks)),
            "yes" if kind.enabled else "no",
            kind.checksum[:12],
        )
    Console(width=110).print(table)


def _examples(configuration: Configuration) -> int:
    return sum(len(kind.examples) for kind in configuration.record_types.values())
