"""The running program, wired in one place."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.mail import MailServer, Sender, print_mail
from app.middleware.failures import Failures
from app.middleware.headers import Headers
from app.middleware.origin import SameOrigin
from app.middleware.session import Sessions
from app.opening import configuration_of, open_site
from app.settings import Settings
from app.staff import build_site_admin
from app.worker import Worker
from forms.errors import error_response
from forms.site import routes
from models.services.site import Site

Ready = Callable[[Site], Awaitable[None]]


def create_app(settings: Settings, ready: Ready | None = None) -> Starlette:
    """The whole program. It opens its site (and owns the embedded database) when it starts; `ready` is
    awaited then. Raises ConfigurationError when the configuration cannot be used."""
    configuration = configuration_of(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            site = await stack.enter_async_context(open_site(settings, configuration, owner=True))
            app.state.site = site
            if ready is not None:
                await ready(site)
            if settings.worker:
                await stack.enter_async_context(running(Worker(site, sender_of(settings))))
            yield

    app = Starlette(
        routes=[*routes(), Route("/healthz", healthy), Route("/readyz", prepared)],
        middleware=[
            Middleware(Headers, secure=settings.secure),
            Middleware(Failures, page=error_response),
            Middleware(TrustedHostMiddleware, allowed_hosts=settings.allowed_hosts),
            Middleware(SameOrigin),
            Middleware(
                Sessions,
                secure=settings.secure,
                certificate_upload=settings.certificate_source == "upload",
            ),
        ],
        lifespan=lifespan,
        max_body_size=settings.max_upload_bytes,
    )
    build_site_admin(settings, configuration).mount_to(app)
    return app


def sender_of(settings: Settings) -> Sender:
    """Where mails go: the configured server, or the console."""
    if settings.smtp_url is None:
        return print_mail
    return MailServer.from_url(settings.smtp_url.get_secret_value()).send


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[None]:
    """The worker beside the server, ended with it."""
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def healthy(_: Request) -> JSONResponse:
    """The process answers."""
    return JSONResponse({"status": "ok"})


async def prepared(request: Request) -> JSONResponse:
    """The database answers too."""
    site: Site = request.app.state.site
    await site.registry.refresh()
    return JSONResponse({"status": "ready"})
