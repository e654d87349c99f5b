"""The command line: thin commands, no logic. Errors are one clear line each, never a traceback."""

import sys

import typer
from pydantic import ValidationError

from app.cli.account import account
from app.cli.audit import audit
from app.cli.bench import bench
from app.cli.certificate import certificate
from app.cli.data import data
from app.cli.mail import mail
from app.cli.retention import keep_time
from app.cli.schema import schema
from app.cli.secrets import secrets
from app.cli.serve import serve, work
from app.cli.speech import fail
from models.errors import TorokuError

program = typer.Typer(
    help="Toroku: registrations, reviews and messages described in YAML, on MongoDB.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
program.command("serve")(serve)
program.command("worker")(work)
program.command("bench")(bench)
program.add_typer(schema, name="schema")
data.command("retention")(keep_time)
program.add_typer(data, name="data")
program.add_typer(audit, name="audit")
program.add_typer(mail, name="mail")
program.add_typer(account, name="account")
program.add_typer(secrets, name="secrets")
program.add_typer(certificate, name="certificate")


def main() -> None:
    """Run the command line; expected failures end with status 1 and a message."""
    try:
        program()
    except TorokuError as error:
        fail(error)
        sys.exit(1)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            name = "_".join(map(str, problem["loc"])).upper()
            typer.echo(f"TOROKU_{name}: {problem['msg']}" if name else problem["msg"], err=True)
        sys.exit(1)
