"""``serve`` and ``worker``."""

import asyncio
import logging
from typing import Annotated

import structlog
import typer
import uvicorn

from app.cli.speech import say
from app.demo import PASSWORD, DemoAccount, load_demo
from app.main import create_app, sender_of
from app.opening import configuration_of, open_site
from app.settings import Settings
from app.worker import Worker
from models.services.site import Site

GRACE = 10
"""Seconds a stopping server waits for requests under way."""


def serve(
    demo: Annotated[bool, typer.Option("--demo", help="Load the demo data and print its accounts.")] = False,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve the site; with the embedded database, start that too."""
    settings = Settings() if port is None else Settings(port=port)
    prepare_log()

    async def ready(site: Site) -> None:
        if demo:
            _print_accounts(await load_demo(site, settings.data / "demo"))
        say("Ready: {address}", address=settings.base_url)

    config = uvicorn.Config(
        create_app(settings, ready),
        host=settings.host,
        port=settings.port,
        access_log=False,
        server_header=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE,
        lifespan="on",
    )
    uvicorn.Server(config).run()


def _print_accounts(accounts: list[DemoAccount]) -> None:
    say("Demo accounts (password of all: {password})", password=PASSWORD)
    for account in accounts:
        certificate = f"  {account.certificate}" if account.certificate else ""
        typer.echo(f"  {account.login:14} {account.role:14} {account.name}{certificate}")


def work() -> None:
    """Send the outbox and seal the event log, beside any number of servers."""
    settings = Settings()
    prepare_log()

    async def run() -> None:
        async with open_site(settings, configuration_of(settings), owner=False) as site:
            await Worker(site, sender_of(settings)).run()

    asyncio.run(run())


def prepare_log() -> None:
    """One line per event on standard error; libraries only warn."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("pymongo").setLevel(logging.INFO)  # below, it writes whole documents
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(bool_as_flag=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )
