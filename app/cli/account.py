"""``account``: inviting staff."""

import asyncio
from typing import Annotated

import typer

from app.cli.speech import say, spoken
from app.opening import configuration_of, open_site
from app.settings import Settings
from models.services.invitations import invite_staff

account = typer.Typer(help="Accounts of staff.", no_args_is_help=True)


@account.callback()
def _group() -> None:
    """Accounts of staff."""


@account.command()
def invite(
    login: Annotated[str, typer.Argument(help="The ID to sign in with.")],
    name: Annotated[str, typer.Option(help="The person's name.")],
    email: Annotated[str, typer.Option(help="Where the link to set a password is mailed.")],
    role: Annotated[list[str], typer.Option(help="A role of the site; may be given more than once.")],
) -> None:
    """Create a staff account and mail its owner a one-time link to set a password."""
    settings = Settings()

    async def run() -> None:
        async with open_site(settings, configuration_of(settings), owner=False) as site:
            await invite_staff(
                site, login=login, name=name, email=email, roles=tuple(role), language=spoken()
            )

    asyncio.run(run())
    say("The account {login} is created; the link to set its password is in the outbox.", login=login)
