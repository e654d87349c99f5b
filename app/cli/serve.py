"""``serve`` and ``worker``."""

import logging
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, Literal

import structlog
import typer

from app.running import run_until_told
from app.settings import Settings


def serve(
    demo: Annotated[bool, typer.Option("--demo", help="Load the demo data and print its accounts.")] = False,
    empty: Annotated[
        bool, typer.Option("--empty-queue", help="Leave the demo applications out.", show_default=False)
    ] = False,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    tls: Annotated[
        Path | None,
        typer.Option(help="End TLS here, with the files of this folder; clients present certificates."),
    ] = None,
) -> None:
    """Serve the site; with the embedded database, start that too."""
    from app.cli.serving import serve_site

    given: dict[str, Any] = {"port": port, "tls": tls}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})
    if demo and not settings.production:
        settings = settings.model_copy(update=_lenient(settings))
    run(serve_site(settings, demo, applications=not empty))


def _lenient(settings: Settings) -> dict[str, str]:
    """What a demo takes where nothing is said."""
    lenient = {"hours": "always", "staff_codes": "optional"}
    return {name: value for name, value in lenient.items() if name not in settings.model_fields_set}


def work(
    only: Annotated[
        Literal["mails"] | None,
        typer.Option(help="mails: send mails and do nothing else; for more of them at a time."),
    ] = None,
) -> None:
    """Send the outbox and seal the event log, beside any number of servers."""
    from app.cli.serving import work_on

    run(work_on(Settings(), only=only == "mails"))


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run until done or told to stop, with one line per event on standard error."""
    prepare_log()
    run_until_told(main)


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
