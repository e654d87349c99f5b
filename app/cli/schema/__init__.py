"""``schema``: the configuration as commands. Every command is a file of its own."""

import typer

from app.cli.schema.check import check
from app.cli.schema.importing import import_form
from app.cli.schema.indexes import indexes
from app.cli.schema.json_schema import json_schema
from app.cli.schema.plan import plan
from app.cli.schema.publishing import apply, history, rollback
from app.cli.schema.pull import pull

schema = typer.Typer(
    help="Check the configuration, and change it with stored data behind it.", no_args_is_help=True
)


@schema.callback()
def _group() -> None:
    """Check the configuration, and change it with stored data behind it."""


schema.command()(check)
schema.command()(plan)
schema.command()(apply)
schema.command()(history)
schema.command()(rollback)
schema.command()(pull)
schema.command()(indexes)
schema.command("json-schema")(json_schema)
schema.command("import")(import_form)
