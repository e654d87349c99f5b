"""``account``: inviting staff, and letting them in again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from app.cli.speech import say, spoken
from app.opening import configuration_of, open_site
from app.settings import Settings
from models.documents.account import Account
from models.documents.base import read_id
from models.errors import NotFound
from models.permissions import SYSTEM
from models.services.codes import reset
from models.services.invitations import invite_staff
from models.services.locking import unlock as unlock_account
from models.services.site import Site

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

    async def deed(site: Site) -> None:
        await invite_staff(site, login=login, name=name, email=email, roles=tuple(role), language=spoken())

    _run(deed)
    say("The account {login} is created; the link to set its password is in the outbox.", login=login)


@account.command()
def unlock(
    login: Annotated[str, typer.Argument(help="The ID that is locked.")],
    reason: Annotated[str, typer.Option(help="Why it is unlocked; written down.")],
) -> None:
    """Unlock an account where nobody is left who can do it in the admin."""

    async def deed(site: Site) -> None:
        await unlock_account(site, SYSTEM, await _find(login), note=reason)

    _run(deed)
    say("The account {login} is unlocked.", login=login)


@account.command("reset-codes")
def reset_codes(
    login: Annotated[str, typer.Argument(help="The ID of who lost their app.")],
    reason: Annotated[str, typer.Option(help="Why; written down.")],
) -> None:
    """Take away somebody's one-time codes where nobody is left who can do it in the admin."""

    async def deed(site: Site) -> None:
        found = await _find(login)
        await reset(site, SYSTEM, read_id(found.id), reason)

    _run(deed)
    say("The one-time codes of {login} are reset.", login=login)


async def _find(login: str) -> Account:
    found = await Account.find_one({"login": login})
    if found is None:
        raise NotFound
    return found


def _run(deed: Callable[[Site], Awaitable[None]]) -> None:
    settings = Settings()

    async def run() -> None:
        async with open_site(settings, configuration_of(settings), owner=False) as site:
            await deed(site)

    asyncio.run(run())
