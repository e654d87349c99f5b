"""``mail``: taking bounces in by hand, or as a program of its own."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from app.bounce_intake import take_bounces
from app.bounce_mailbox import mails_in
from app.bounce_source import read_source
from app.cli.serve import run
from app.cli.speech import say
from app.opening import configuration_of, open_site
from app.settings import Settings
from models.errors import ConfigurationError
from models.services.bounces import take_in

mail = typer.Typer(help="Mails that come back.", no_args_is_help=True)


@mail.callback()
def _group() -> None:
    """Mails that come back."""


@mail.command("bounces")
def bounces(
    place: Annotated[Path, typer.Argument(help="A mailbox file (mbox), a Maildir, or a folder of mails.")],
) -> None:
    """Take the mails of a file or folder in. They stay where they are, and count once however often this is
    done."""
    asyncio.run(_bounces(place))


async def _bounces(place: Path) -> None:
    settings, counted, again = Settings(), Counter[str](), 0
    async with open_site(settings, configuration_of(settings), owner=False) as site:
        mails = mails_in(place)
        while (raw := await asyncio.to_thread(next, mails, None)) is not None:
            taken = await take_in(site, raw, place.name)
            again += taken.again
            counted[taken.bounce.kind] += not taken.again
    say("Taken in: {count}; known before: {again}.", count=sum(counted.values()), again=again)
    for kind, count in sorted(counted.items()):
        if count:
            typer.echo(f"  {kind:10} {count}")


@mail.command("lmtp")
def lmtp(
    address: Annotated[str, typer.Argument(help="lmtp://127.0.0.1:8024 or lmtp:///run/toroku/bounces.sock")],
) -> None:
    """Take bounces by LMTP, beside any number of servers and workers."""
    run(_lmtp(address))


async def _lmtp(address: str) -> None:
    settings = Settings()
    try:
        if read_source(address).kind != "lmtp":
            raise ValueError(address)
    except ValueError as error:
        raise ConfigurationError(
            message="An address like lmtp://127.0.0.1:8024 or lmtp:///run/toroku/bounces.sock is needed."
        ) from error
    async with open_site(settings, configuration_of(settings), owner=False) as site:
        await take_bounces(site, address, settings.bounce_address)
