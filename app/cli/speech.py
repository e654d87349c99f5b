"""How the command line speaks: in the language of the settings, plainly."""

import os

import typer

from models.errors import ConfigurationError, TorokuError
from models.language import Language, choose_language, translate
from models.schema.finding import Finding


def spoken() -> Language:
    """The language of the command line (``TOROKU_LANGUAGE``)."""
    return choose_language(os.environ.get("TOROKU_LANGUAGE"))


def say(msgid: str, **values: object) -> None:
    """Print a message in the language spoken."""
    typer.echo(translate(msgid, spoken(), **values))


def say_finding(finding: Finding) -> None:
    """Print a finding in both languages: who reads a log may not be who wrote the file."""
    first = spoken()
    typer.echo(finding.say(first), err=True)
    other: Language = "en" if first == "ja" else "ja"
    typer.echo(f"    {finding.problem(other)} {finding.remedy(other)}", err=True)


def fail(error: TorokuError) -> None:
    """Print what went wrong, with every finding of a configuration error."""
    typer.echo(f"{error.code} {translate(error.public, spoken(), **error.values)}", err=True)
    if isinstance(error, ConfigurationError):
        for finding in error.findings:
            say_finding(finding)
