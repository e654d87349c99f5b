"""``bench``: a database of its own, two servers, the tables."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from pydantic import SecretStr

from app.bench.compare import Row, compare
from app.bench.evolution import rename_row
from app.bench.following import following_row
from app.bench.impact import plan_row
from app.bench.language import measure_language
from app.bench.pages import pages_of
from app.bench.plan import Plan
from app.bench.report import (
    print_following,
    print_language,
    print_pages,
    print_plan,
    print_rename,
    print_starts,
)
from app.bench.server import OURS, RAW, Program, running
from app.bench.stage import build_stage, refresh_sessions
from app.bench.start import Start, starts
from app.cli.speech import say
from app.database import Database, open_database
from app.opening import build_site, configuration_of
from app.settings import Settings
from models.errors import DatabaseRefused
from models.services.site import Site

EMBEDDED = "embedded:"


async def run_bench(plan: Plan, url: str = EMBEDDED) -> tuple[list[Row], list[Start]]:
    """Measure and print. With another `url` than ``embedded:``, databases of its own are made on that server
    and dropped in the end. Raises DatabaseRefused for ``memory://``, ConfigurationError when a page fails."""
    with tempfile.TemporaryDirectory(prefix="toroku-bench-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        async with server_at(url, folder) as server:
            return await _measure(plan, folder, server)


@asynccontextmanager
async def server_at(url: str, folder: Path) -> AsyncIterator[str]:
    """The address of the server to measure on: `url`, or that of an embedded one in `folder`."""
    if url != EMBEDDED:
        yield url
        return
    async with open_database(EMBEDDED, data_dir=folder / "database", owner=True) as database:
        yield database.address


async def _measure(plan: Plan, folder: Path, server: str) -> tuple[list[Row], list[Start]]:
    async with fresh_database(server, folder) as database:
        rows = await measure_pages(plan, folder, database)
    print_pages(rows)
    async with fresh_database(server, folder) as database:
        found = [start async for start in starts(folder, database.address, plan.starts)]
    print_starts(found)
    async with fresh_database(server, folder) as database:
        print_plan(await plan_row(await site_on(folder, database), plan.records))
    async with fresh_database(server, folder) as database:
        print_rename(await rename_row(await site_on(folder, database), plan.records))
    async with fresh_database(server, folder) as database:
        site, other = [await site_on(folder, database) for _ in range(2)]
        print_following(await following_row(site, other, plan.changes))
    print_language(list(measure_language(plan.seconds)))
    return rows, found


@asynccontextmanager
async def fresh_database(server: str, folder: Path) -> AsyncIterator[Database]:
    """A new database on `server`, dropped afterwards."""
    url = named(server, f"bench-{uuid4().hex[:12]}")
    async with open_database(url, data_dir=folder, owner=False) as fresh:
        if not fresh.transactional:
            raise DatabaseRefused("The benchmark needs a database two programs can share, not memory://.")
        try:
            yield fresh
        finally:
            await fresh.mongo.client.drop_database(fresh.mongo.name)


def named(url: str, name: str) -> str:
    """`url` with another database's name; credentials of the old one keep their database (authSource)."""
    parts = urlsplit(url)
    before = parts.path.strip("/")
    moved = "@" in parts.netloc and before and "authSource" not in parts.query
    source = f"authSource={before}" if moved else ""
    query = "&".join(part for part in (parts.query, source) if part)
    return urlunsplit(parts._replace(path=f"/{name}", query=query))


async def measure_pages(plan: Plan, folder: Path, database: Database) -> list[Row]:
    """Fill `database`, start both servers on it, and measure every page."""
    site = await site_on(folder, database)
    say("{count} applications are put into the queue.", count=plan.queue)
    stage = await build_stage(site, plan.queue, plan.ready)
    environment = {"TOROKU_DATABASE_URL": database.address}
    pages = pages_of(stage, plan.most)
    async with (
        running(Program(OURS, folder, environment)) as ours,
        running(Program(RAW, folder, environment)) as raw,
    ):
        rows = []
        for page in pages:
            await refresh_sessions(site)
            say("Measuring: {page}", page=page.name)
            rows += [row async for row in compare(page, (ours, raw), plan)]
        return rows


async def site_on(folder: Path, database: Database) -> Site:
    """The site on the database of the benchmark, with the key the servers will find in `folder`."""
    settings = Settings(
        data=folder, database_url=SecretStr(database.address), production=False, secret=None, hours="always"
    )
    return await build_site(settings, configuration_of(settings), database)
