"""``data retention``: what falls due by the classes of ``site.yaml``, and the last run."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from app.cli.data import As, member_of
from app.cli.speech import say
from app.opening import configuration_of, open_site
from app.settings import Settings
from models.documents.base import read_id
from models.services import retention


def keep_time(
    login: As,
    report: Annotated[
        Path | None, typer.Option("--report", help="Where to write what was found, as CSV.")
    ] = None,
) -> None:
    """Make a report of everything due today. Nothing is erased: a second person approves it in the admin."""
    asyncio.run(_keep_time(login, report))


async def _keep_time(login: str, file: Path | None) -> None:
    settings = Settings()
    async with open_site(settings, configuration_of(settings), owner=False) as site:
        actor = await member_of(login)
        run = await retention.ask_report(site, actor)
        while run.state == "counting":
            await retention.count_one(site)
            run = await retention.find_run(read_id(run.id))
            await asyncio.sleep(0.1)
        rows = [row async for row in retention.report_rows(actor, run)]
    if file is not None:
        from admin.export import BOM, lines

        await asyncio.to_thread(file.write_bytes, (BOM + lines(rows)).encode())
    due, held = run.counts.get("due", 0), run.counts.get("held", 0)
    found = {"due": due, "held": held, "day": run.day}
    say("By {day}, {due} things are due and {held} are held.", **found)
