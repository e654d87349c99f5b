"""A server and a worker, from their opening to their end: what ``serve`` and ``worker`` load when they are
asked for, and no other command."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
import typer
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.authority import FolderAuthority
from app.bounce_intake import take_bounces
from app.cli.speech import say
from app.demo import NEW_OPERATOR, PASSWORD, DemoAccount, load_demo
from app.main import create_app
from app.opening import configuration_of, open_site
from app.running import Server
from app.sending import postmen_of
from app.settings import Settings
from app.tasks import beside
from app.tls import Files, Gate, TlsProtocol
from app.worker import Worker, keep_current
from models.clock import system_clock
from models.services.presenting import tell_handshake
from models.services.publishing import is_published
from models.services.site import Site

log = structlog.get_logger("serve")

DIFFERS = (
    "{name}: its file differs from version {version}, which is in force. "
    "“schema plan” shows how, “schema apply” publishes it."
)

GRACE = 10
"""Seconds a stopping server waits for requests under way."""


async def serve_site(settings: Settings, demo: bool, *, applications: bool) -> None:
    """Open the site, with its demo data where asked for, and answer until told to stop."""
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
        tell_differing(site)
        say("Ready: {address}", address=settings.base_url)
        await Server(server_of(settings, app)).serve()


async def work_on(settings: Settings, *, only: bool) -> None:
    """Do what waits beside any number of servers, until told to stop; with `only`, send mails alone."""
    async with (
        open_site(settings, configuration_of(settings), owner=False) as site,
        beside(keep_current(site)),
    ):
        worker = Worker(site, *postmen_of(site, settings))
        async with (
            _taking_bounces(site, settings, "" if only else settings.bounces),
            beside(worker.send() if only else worker.run()) as working,
        ):
            await asyncio.wait([working])
            working.result()


def tell_differing(site: Site) -> None:
    """The types whose files say something else than what is in force: a file alone changes nothing."""
    for name, published in site.registry.all_current().items():
        described = site.configuration.record_types.get(name)
        if described is not None and not is_published(site, described):
            say(DIFFERS, name=name, version=published.version)


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
