"""``serve`` and ``worker``."""

import asyncio
import logging
import signal
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, Literal

import structlog
import typer
import uvicorn
from starlette.applications import Starlette
from uvicorn.loops.auto import auto_loop_factory
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.authority import FolderAuthority
from app.bounce_intake import take_bounces
from app.cli.speech import say
from app.demo import NEW_OPERATOR, PASSWORD, DemoAccount, load_demo
from app.main import create_app
from app.opening import configuration_of, open_site
from app.sending import postmen_of
from app.settings import Settings
from app.tls import Files, Gate, TlsProtocol
from app.worker import Worker, keep_current
from models.clock import system_clock
from models.services.presenting import tell_handshake
from models.services.site import Site

log = structlog.get_logger("serve")

GRACE = 10
"""Seconds a stopping server waits for requests under way."""


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
    given: dict[str, Any] = {"port": port, "tls": tls}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})
    if demo and not settings.production:
        settings = settings.model_copy(update=_lenient(settings))
    run(_serve(settings, demo, applications=not empty))


def _lenient(settings: Settings) -> dict[str, str]:
    """What a demo takes where nothing is said."""
    lenient = {"hours": "always", "staff_codes": "optional"}
    return {name: value for name, value in lenient.items() if name not in settings.model_fields_set}


async def _serve(settings: Settings, demo: bool, *, applications: bool) -> None:
    configuration = configuration_of(settings)
    authority = _trial_authority(settings) if demo and not settings.production else None
    app = create_app(settings, configuration)
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(open_site(settings, configuration, owner=True))
        app.state.site = site
        if demo:
            loaded = await load_demo(
                site, settings.data / "demo", applications=applications, authority=authority
            )
            _print_accounts(loaded, authority)
        await stack.enter_async_context(beside(keep_current(site)))
        if settings.worker:
            await stack.enter_async_context(beside(Worker(site, *postmen_of(site, settings)).run()))
            await stack.enter_async_context(_taking_bounces(site, settings, settings.bounces))
        log.info("uploads", scanner=settings.scanner or "none: uploads are not scanned")
        say("Ready: {address}", address=settings.base_url)
        await uvicorn.Server(server_of(settings, app)).serve()


def server_of(settings: Settings, app: Starlette) -> uvicorn.Config:
    """How uvicorn serves the program. What proxies say is left to ``app.middleware.proxies``."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=HttpToolsProtocol if settings.tls is None else TlsProtocol,
        ws="none",
        ssl_context_factory=_gate(settings, app),
        proxy_headers=False,
        access_log=False,
        server_header=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE,
        lifespan="off",
    )


def _gate(settings: Settings, app: Starlette) -> Callable[..., ssl.SSLContext] | None:
    """The context of TLS connections, where the server ends them; a refused one is logged, and an event."""
    if settings.tls is None:
        return None
    telling: set[asyncio.Task[None]] = set()

    def refused(why: str) -> None:
        log.info("refused", why=why)
        task = asyncio.get_running_loop().create_task(tell_handshake(app.state.site, why))
        telling.add(task)
        task.add_done_callback(telling.discard)

    required = settings.client_certificates == "required"
    gate = Gate(Files(settings.tls), required=required, refused=refused)
    return lambda *_: gate.context


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Work that runs beside the server, ended with it."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        while not task.done():  # the driver may take a cancellation for a lost connection
            task.cancel()
            await asyncio.wait([task], timeout=1)


@asynccontextmanager
async def _taking_bounces(site: Site, settings: Settings, source: str) -> AsyncIterator[None]:
    """Take in the mails that come back, where it is said where they arrive."""
    if not source:
        yield
        return
    async with beside(take_bounces(site, source, settings.bounce_address)):
        yield


def _trial_authority(settings: Settings) -> FolderAuthority | None:
    """The authority of a demo served by TLS; what its folder lacks is made."""
    if settings.tls is None:
        return None
    authority = FolderAuthority(settings.tls, system_clock(), PASSWORD)
    authority.prepare()
    return authority


def _print_accounts(accounts: list[DemoAccount], authority: FolderAuthority | None = None) -> None:
    say("Demo accounts (password of all: {password})", password=PASSWORD)
    for account in accounts:
        certificate = f"  {account.certificate}" if account.certificate else ""
        typer.echo(f"  {account.login:14} {account.role:14} {account.name}{certificate}")
    if authority is not None:
        place, client = authority.files.authorities, authority.file(f"{NEW_OPERATOR}-01")
        say("Import {file} in the browser as an authority for web sites.", file=place)
        say("Import a .p12 file as your own certificate (password: {password}).", password=PASSWORD)
        say("To apply as a new operator, take {file}.", file=client)


def work(
    only: Annotated[
        Literal["mails"] | None,
        typer.Option(help="mails: send mails and do nothing else; for more of them at a time."),
    ] = None,
) -> None:
    """Send the outbox and seal the event log, beside any number of servers."""
    settings = Settings()

    async def forever() -> None:
        async with (
            open_site(settings, configuration_of(settings), owner=False) as site,
            beside(keep_current(site)),
        ):
            worker = Worker(site, *postmen_of(site, settings))
            async with (
                _taking_bounces(site, settings, "" if only else settings.bounces),
                beside(worker.send() if only == "mails" else worker.run()) as working,
            ):
                await asyncio.wait([working])
                working.result()

    run(forever())


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run until done or told to stop; SIGTERM ends it as Ctrl-C does, so that everything is closed."""
    prepare_log()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(main)


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
