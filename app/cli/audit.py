"""``audit``: proving the event log, and what was published."""

import asyncio

import typer

from app.cli.speech import say
from app.opening import configuration_of, open_site
from app.settings import Settings
from models.services.attesting import Attested, attest
from models.services.sealing import Verified, seal
from models.services.sealing import verify as verify_chain

audit = typer.Typer(help="The event log, and what was published.", no_args_is_help=True)


@audit.callback()
def _group() -> None:
    """The event log, and what was published."""


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


@audit.command()
def notices() -> None:
    """Make every edition of every notice anew and compare it with what was published; names those that
    differ, and ends with status 1 where there is one."""
    settings = Settings()

    async def run() -> int:
        checked, wrong = 0, 0
        async with open_site(settings, configuration_of(settings), owner=False) as site:
            async for each in attest(site):
                checked += 1
                if not each.proof.holds:
                    wrong += 1
                    _name(each)
        say("{count} editions checked, {wrong} not as they were published", count=checked, wrong=wrong)
        return wrong

    if asyncio.run(run()):
        raise typer.Exit(1)


def _name(found: Attested) -> None:
    edition, proof = found.edition, found.proof
    place = {"number": edition.number, "edition": edition.edition}
    if not proof.unaltered:
        say("{number}, edition {edition}: what is stored does not have its fingerprint", **place)
    elif not proof.same:
        say("{number}, edition {edition}: made anew, it is another text", **place)
    else:
        say("{number}, edition {edition}: the event log does not tell of it", **place)
