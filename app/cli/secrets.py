"""``secrets``: the keys secret answers are sealed with."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer

from app.cli.bar import watched
from app.cli.speech import say, spoken
from app.opening import configuration_of, open_site
from app.settings import Settings
from models.clock import system_entropy
from models.documents.job import Job
from models.language import Message
from models.permissions import SYSTEM
from models.services import jobs, key_register, resealing
from models.services.key_register import KeyUse
from models.services.sealing_keys import KEY_BYTES
from models.services.site import Site

secrets = typer.Typer(help="The keys secret answers are sealed with.", no_args_is_help=True)


@secrets.callback()
def _group() -> None:
    """The keys secret answers are sealed with."""


@secrets.command("key")
def make_key() -> None:
    """Print a new key, for TOROKU_SEALING_KEYS. It is kept nowhere."""
    typer.echo(urlsafe_b64encode(system_entropy(KEY_BYTES)).decode())


@asynccontextmanager
async def _opened(*, keys: bool = True) -> AsyncIterator[Site]:
    settings = Settings()
    async with open_site(settings, configuration_of(settings), owner=False, publish=False, keys=keys) as site:
        yield site


@secrets.command()
def status() -> None:
    """How many answers each key seals; keys are named by a fingerprint. Ends with status 1 where one is
    missing, or where there is none but the one derived from the site's secret."""

    async def run() -> bool:
        async with _opened(keys=False) as site:
            uses, unreadable = await key_register.key_uses(site, SYSTEM)
            alone = site.ring.is_derived
        for use in uses:
            state = _state(use)(spoken())
            say("{key}  {count} answers  {state}", key=use.name, count=f"{use.answers:,}", state=state)
        if unreadable:
            say("{count} answers are sealed with a key the site does not have.", count=f"{unreadable:,}")
        if alone:
            say("There is no sealing key of its own: give one with TOROKU_SEALING_KEYS.")
        return bool(unreadable) or alone

    if asyncio.run(run()):
        raise typer.Exit(1)


DERIVED, DERIVED_OPENS = Message("derived, seals"), Message("derived, opens only")
SEALS, OPENS = Message("seals"), Message("opens only")
MISSING, REMOVABLE = Message("missing"), Message("may be taken away")


def _state(use: KeyUse) -> Message:
    if use.newest:
        return DERIVED if use.derived else SEALS
    if not use.there:
        return MISSING
    if use.derived:
        return DERIVED_OPENS
    return REMOVABLE if use.removable else OPENS


@secrets.command()
def rotate() -> None:
    """Seal every secret answer with the newest key, beside whoever works. What was done stays where it is
    broken off: run it again, and it goes on there."""

    async def run() -> Job:
        async with _opened() as site:
            job = await resealing.ask_rotation(site, SYSTEM)
            with watched("secrets") as progress:
                return await jobs.finish(site, job, progress)

    job = asyncio.run(run())
    counts = job.counts
    say("{count} answers sealed anew in {passes} passes.", count=counts["resealed"], passes=counts["passes"])
    if counts["unreadable"]:
        say("{count} answers are sealed with a key the site does not have.", count=counts["unreadable"])
    if job.state != "done" or counts["unreadable"]:
        raise typer.Exit(1)


@secrets.command()
def forget(
    name: Annotated[str, typer.Argument(help="The name of the key, as status tells it.")],
    sure: Annotated[bool, typer.Option("--sure", help="That what it sealed is lost for good.")] = False,
) -> None:
    """Say that a key is lost, so that the site starts without it. What it sealed cannot be read again, unless
    the key is found and given back."""

    async def run() -> None:
        async with _opened(keys=False) as site:
            await key_register.forget(site, SYSTEM, name)

    if not sure:
        say("What {name} sealed is lost with it. Say --sure where that is so.", name=name)
        raise typer.Exit(1)
    asyncio.run(run())
    say("{name} is forgotten.", name=name)
