"""``audit``: proving the event log."""

import asyncio

import typer

from app.cli.speech import say
from app.opening import configuration_of, open_site
from app.settings import Settings
from models.services.sealing import Verified, seal
from models.services.sealing import verify as verify_chain

audit = typer.Typer(help="The event log.", no_args_is_help=True)


@audit.callback()
def _group() -> None:
    """The event log."""


@audit.command()
def verify() -> None:
    """Walk the hash chain of the event log; names the first event that was altered, removed or added."""
    settings = Settings()

    async def run() -> Verified:
        async with open_site(settings, configuration_of(settings), owner=False) as site:
            while await seal(site):
                continue
            return await verify_chain()

    verified = asyncio.run(run())
    say("{count} events verified; last hash {hash}", count=verified.count, hash=verified.last_hash[:16])
