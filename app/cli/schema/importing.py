"""``schema import``: a form of another system becomes a record type, and an account of what came along."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.speech import fail, say, say_finding, spoken
from app.opening import configuration_of
from app.settings import Settings
from models.configuration.candidate import read_candidate
from models.errors import ImportRefused
from models.language import translate
from models.schema.writing import write_yaml

if TYPE_CHECKING:
    from models.interchange.finish import Imported

File = Annotated[
    Path, typer.Argument(help="JSON Schema, Form.io form, XLSForm workbook (.xlsx) or Frappe DocType.")
]
Name = Annotated[str, typer.Option(help="The name of the record type; left out: the form's own.")]
Out = Annotated[Path | None, typer.Option(help="Where the YAML is written; left out: printed.")]
Quiet = Annotated[bool, typer.Option("--left-only", help="List only what was not carried over.")]


def import_form(file: File, name: Name = "", out: Out = None, left_only: Quiet = False) -> None:
    """Turn a form of another system into a record type that passes the checks.

    Prints for every field and rule whether it was carried over, and why not. Nothing is published: look at
    the file, then put it among the others."""
    try:
        known, imported = _read(file, name)
    except ImportRefused as error:
        fail(error)
        raise typer.Exit(1) from error
    _print_lines(imported, left_only)
    text = write_yaml(imported.definition)
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        say("Written: {path}", path=str(out))
    carried = len(imported.lines) - len(imported.left)
    typer.echo(_told(known, carried, len(imported.left)), err=True)
    for finding in read_candidate(text, configuration_of(Settings())).errors:
        say_finding(finding)


def _read(file: Path, name: str) -> "tuple[str, Imported]":
    from models.interchange.file import LARGEST, read_form  # here, so that serving does not wait for it
    from models.interchange.finish import finish

    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError as error:
        raise ImportRefused("The file cannot be opened.") from error
    known, draft = read_form(content)
    return known, finish(draft, configuration_of(Settings()), name)


def _told(known: str, carried: int, left: int) -> str:
    msgid = "{format}: {carried} fields and rules carried over, {left} not."
    return translate(msgid, spoken(), format=known, carried=carried, left=left)


def _print_lines(imported: "Imported", left_only: bool) -> None:
    from rich.console import Console  # here, so that serving does not wait for it
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("field", "rule", "carried over", "reason"):
        table.add_column(heading, overflow="fold")
    for line in imported.left if left_only else imported.lines:
        reason = line.reason(spoken()) if line.reason else ""
        table.add_row(line.path, line.rule, "no" if line.reason else "yes", reason)
    Console(width=120, stderr=True, markup=False).print(table)
