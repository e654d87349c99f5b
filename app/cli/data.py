"""``data``: records as files, on the command line. The same jobs as in the admin, and the same rights."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from app.cli.bar import watched
from app.cli.speech import say, spoken
from app.opening import configuration_of, open_site
from app.settings import Settings
from models.documents.account import Account
from models.documents.job import Job
from models.errors import NotAllowed, TransferRefused
from models.permissions import Actor
from models.services import jobs, transfers
from models.services.identifying import actor_for
from models.services.reindexing import reindex
from models.services.site import Site
from models.services.transfers import Wanted

data = typer.Typer(help="Records as CSV, XLSX or JSON Lines.", no_args_is_help=True)

As = Annotated[str, typer.Option("--as", help="The login of the member of staff who does it.")]
Why = Annotated[str, typer.Option("--purpose", help="What it is for; it is written into the event log.")]


@data.callback()
def _group() -> None:
    """Records as CSV, XLSX or JSON Lines."""


@data.command("export")
def export_records(
    record_type: Annotated[str, typer.Argument(help="The record type.")],
    file: Annotated[Path, typer.Argument(help="Where to write; its ending says the format.")],
    login: As,
    purpose: Why,
    profile: Annotated[str, typer.Option(help="all, list or state_bodies.")] = "all",
    recipient: Annotated[str, typer.Option(help="Whom the file is handed to.")] = "",
    encoding: Annotated[str, typer.Option(help="Of CSV: utf-8 or cp932.")] = "utf-8",
) -> None:
    """Write every record of a type that member of staff may see into a file."""
    asyncio.run(
        _export(
            record_type,
            file,
            login,
            Wanted(
                profile=profile,
                format=file.suffix.removeprefix("."),
                encoding=encoding,
                heads="names",
                language=spoken(),
                purpose=purpose,
                recipient=recipient,
            ),
        )
    )


async def _export(record_type: str, file: Path, login: str, wanted: Wanted) -> None:
    settings = Settings()
    async with open_site(settings, configuration_of(settings), owner=False) as site:
        actor = await member_of(login)
        job = await _finished(site, await transfers.ask_export(site, actor, record_type, wanted))
        _, content = await transfers.take(site, actor, job)
        with file.open("wb") as target:
            async for piece in content:
                target.write(piece)
    say("{count} records are in {file}.", count=job.done, file=file)


@data.command("import")
def import_records(
    record_type: Annotated[str, typer.Argument(help="The record type.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file to bring in.")],
    login: As,
    purpose: Why,
    into: Annotated[str, typer.Option(help="records or drafts.")] = "records",
    apply: Annotated[bool, typer.Option("--apply", help="Bring the good rows in; else only check.")] = False,
) -> None:
    """Check a file row by row, and with --apply bring in the rows that are good."""
    asyncio.run(_import(record_type, file, login, purpose, into, apply))


async def _import(record_type: str, file: Path, login: str, purpose: str, into: str, apply: bool) -> None:
    settings = Settings()
    async with open_site(settings, configuration_of(settings), owner=False) as site:
        actor = await member_of(login)
        content = await asyncio.to_thread(file.read_bytes)
        job = await transfers.begin_import(
            site, actor, record_type, into, file.name, content, purpose=purpose
        )
        checked = await transfers.go(site, actor, job, "check", mapping=job.parameters["mapping"])
        job = await _finished(site, checked)
        for error in job.failed:
            say("row {row}, {column}: {problem}", problem=error[spoken()], **_place(error))
        if apply and job.counts.keys() & {"new", "changed"}:
            job = await _finished(site, await transfers.go(site, actor, job, "apply"))
    told = {name: job.counts.get(name, 0) for name in ("new", "changed", "same", "refused")}
    if job.phase == "apply":
        say("{new} registered, {changed} changed, {same} without any change, {refused} with errors.", **told)
    else:
        say(
            "Would register {new}, change {changed}; {same} without any change, {refused} with errors.",
            **told,
        )


def _place(error: dict[str, object]) -> dict[str, object]:
    return {name: error[name] for name in ("row", "column")}


@data.command("reindex")
def reindex_records(
    record_type: Annotated[str, typer.Argument(help="The record type.")],
) -> None:
    """Write the search entries of every record of a type anew: after an upgrade, or when other fields are
    searched now."""
    asyncio.run(_reindex(record_type))


async def _reindex(record_type: str) -> None:
    settings = Settings()
    async with open_site(settings, configuration_of(settings), owner=False) as site:
        with watched(record_type) as progress:
            changed = await reindex(site, record_type, progress)
    say("{count} records are found by other words now.", count=changed)


async def member_of(login: str) -> Actor:
    """The member of staff with this login. Raises NotAllowed for anybody else."""
    account = await Account.find_one({"login": login, "kind": "staff", "status": "active"})
    if account is None:
        raise NotAllowed
    return actor_for(account)


async def _finished(site: Site, job: Job) -> Job:
    """The job once it is done, by whoever does it. Raises TransferRefused when it failed."""
    with watched(job.type) as progress:
        while not job.is_over and job.state != "prepared":
            await jobs.run_this(site, job, progress)
            await asyncio.sleep(jobs.PAUSE)
            job = await jobs.find_job(job.id)  # type: ignore[arg-type]
    if job.state in ("failed", "cancelled"):
        raise TransferRefused("The job could not be finished ({problem}).", problem=job.problem or job.state)
    return job
