"""``schema``: the configuration as commands. Every command is a file of its own."""

import typer

from app.cli.schema.check import check
from app.cli.schema.plan import plan

schema = typer.Typer(
    help="Check the configuration, and change it with stored data behind it.", no_args_is_help=True
)


@schema.callback()
def _group() -> None:
    """Check the configuration, and change it with stored data behind it."""


schema.command()(check)
schema.command()(plan)
