"""The admin on this site: its pages, and staff signing in through the site's own accounts and sessions."""

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from admin.auth import Person, StaffAuth
from admin.live import FollowTypes, LiveRecords
from admin.second_step import go_on
from admin.site import SafeAdmin, build_admin
from admin.studio.pages import studio_section
from admin.views.cases import CasePage
from admin.views.collections import staff_views
from admin.views.correction import CorrectionPage
from admin.views.dashboard import Dashboard
from admin.views.step_forms import StepFormPage
from app.settings import Settings
from forms.correcting import draw_correction
from forms.preview import draw_form
from models.configuration.load import Configuration
from models.language import LANGUAGES, catalogue
from models.permissions import Actor, allowed
from models.services import signing
from models.services.credentials import FORGOTTEN
from models.services.site import Site

OWN_ACCOUNT = "/admin/account"
"""Where a member of staff sees to their own account."""


def build_site_admin(settings: Settings, configuration: Configuration) -> SafeAdmin:
    """The admin under ``/admin``."""
    live = LiveRecords(configuration.areas)
    admin = build_admin(
        title=configuration.site.name,
        secret_key=settings.key.decode(),
        auth_provider=StaffAuth(
            sign_in=sign_in, person_of=person_of, sign_out=sign_out, forgotten=_forgotten(configuration)
        ),
        views=[
            *staff_views(live.sections),
            CorrectionPage(draw_correction),
            CasePage(draw_correction),
            StepFormPage(draw_correction),
            studio_section(draw_form),
        ],
        middlewares=[Middleware(FollowTypes, live=live)],
        translations={language: catalogue(language) for language in LANGUAGES},
        timezone=configuration.site.time_zone,
        largest_body=settings.max_upload_bytes,
        index_view=Dashboard(),
    )
    live.begin(admin, configuration)
    return admin


def _forgotten(configuration: Configuration) -> str:
    """Where staff ask for a new password: the page everybody has, where the site has its mail."""
    written = any(name == FORGOTTEN for name, _ in configuration.mail)
    return "/login/forgotten" if written else ""


async def sign_in(request: Request, login: str, password: str) -> Response | None:
    """Check a member of staff's password; begin their session, or lead to the second step.

    Raises SignInFailed, TooManyRequests."""
    site: Site = request.state.site
    actor: Actor = request.scope["user"]
    account = await signing.sign_in(site, login, password, None, kind="staff", address=actor.address)
    return await go_on(request, account)


async def person_of(request: Request) -> Person | None:
    """The member of staff asking, or None; an operator's session does not open the admin."""
    actor: Actor = request.scope["user"]
    if not allowed(actor, "admin.enter"):
        return None
    site: Site = request.state.site
    named = [
        site.configuration.site.roles[role]
        for role in sorted(actor.roles)
        if role in site.configuration.site.roles
    ]
    return Person(
        username=actor.name,
        role="、".join(label(request.state.language) for label in named),
        href="/admin/account",
    )


async def sign_out(request: Request) -> Response | None:
    """End the session on the server."""
    await request.state.browser.sign_out()
    return None
