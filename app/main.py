"""The running program, wired in one place."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.directory import Directory
from app.middleware.acceptance import AcceptedTerms
from app.middleware.certificate import Certificates
from app.middleware.compression import Compression
from app.middleware.failures import Failures
from app.middleware.headers import Headers
from app.middleware.inbox import Inbox
from app.middleware.limits import Limits
from app.middleware.news import UnreadNotices
from app.middleware.origin import SameOrigin
from app.middleware.proxies import Proxies
from app.middleware.session import Sessions
from app.middleware.size import LargestBody
from app.middleware.stops import Stops
from app.opening import configuration_of
from app.settings import Settings
from app.staff import build_site_admin
from forms.errors import error_response, handlers
from forms.site import routes
from models.configuration.load import Configuration
from models.services.site import Site


def create_app(settings: Settings, configuration: Configuration | None = None) -> Starlette:
    """The whole program as data: routes and middleware. It serves ``app.state.site``, which whoever opened
    the site sets before the first request. Raises ConfigurationError."""
    app = Starlette(
        routes=[*routes(), Route("/healthz", healthy), Route("/readyz", prepared)],
        middleware=[
            Middleware(Headers, secure=settings.secure),
            Middleware(Compression),
            Middleware(Failures, page=error_response),
            Middleware(
                Proxies,
                proxies=settings.proxies,
                certificates=settings.certificate_source == "proxy",
            ),
            Middleware(LargestBody, largest=settings.max_upload_bytes),
            Middleware(TrustedHostMiddleware, allowed_hosts=settings.allowed_hosts),
            Middleware(SameOrigin),
            *_certificates(settings),
            Middleware(
                Sessions,
                secure=settings.secure,
                connected=settings.connects_with_certificates,
                certificate_upload=settings.certificate_source == "upload",
            ),
            Middleware(Limits),
            Middleware(Stops),
            Middleware(AcceptedTerms),
            Middleware(Inbox),
            Middleware(UnreadNotices),
        ],
        exception_handlers=handlers,
    )
    admin = build_site_admin(settings, configuration or configuration_of(settings))
    admin.mount_to(app)
    admin.app.router = Directory(admin.app.routes)
    app.routes.insert(0, app.routes.pop())  # one look tells the admin's addresses from all others
    app.router = Directory(app.routes)
    return app


def _certificates(settings: Settings) -> list[Middleware]:
    """The look at the certificates of connections, where these present any."""
    if not settings.connects_with_certificates:
        return []
    required, tls = settings.client_certificates == "required", settings.certificate_source == "tls"
    return [Middleware(Certificates, tls=tls, required=required)]


async def healthy(_: Request) -> JSONResponse:
    """The process answers."""
    return JSONResponse({"status": "ok"})


async def prepared(request: Request) -> JSONResponse:
    """The database answers too."""
    site: Site = request.app.state.site
    await site.registry.refresh()
    return JSONResponse({"status": "ready"})
