"""The reviewers' site: starlette-admin with our layout, language, doors and headers around it."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from babel.support import NullTranslations
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette_admin import BaseAdmin, BaseModelView, CustomView, DropDown
from starlette_admin.export import ExportConfig
from starlette_admin.flash import get_flashed_messages
from starlette_admin.i18n import TimezoneConfig, TimezoneMiddleware
from starlette_admin.routing import route
from starlette_admin.theme import ClassMap, DefaultTheme
from starlette_admin.views import BaseView

from admin import confirming, refusals
from admin.actor import actor_of, site_of
from admin.auth import StaffAuth
from admin.csrf import FormGuard
from admin.ended import Typed, read_typed
from admin.environment import fit
from admin.headers import SecurityHeaders, page_headers
from admin.language import COOKIE, LANGUAGES, ChooseLanguage, gettext, install, spoken
from admin.links import Hostless, root_of, safe_path
from admin.menu import THEME_COOKIE, THEMES, Frame, Section, prepare
from admin.notices import FLASH_COOKIE, Notices
from admin.posted import read_form, text_of
from admin.views.base import GuardedView
from admin.views.home import HomePage
from admin.views.records import RawListView
from models.errors import (
    AnswersInvalid,
    ConfigurationError,
    ConfirmationRequired,
    NotAllowed,
    NotFound,
    SignInRequired,
    TorokuError,
)
from models.language import Text, catalogue
from models.services.proving import asks_code
from models.services.secrets import without_typed

HERE = Path(__file__).parent
SHORTEST_KEY = 32
LARGEST_BODY = 20 * 1024 * 1024
MOST_EXPORTED = 10_000
ONE_YEAR = 365 * 24 * 3600
UNKNOWN = HTTPException(500)


class Buttons(ClassMap):
    """Cancelling is not dangerous: starlette-admin draws it red."""

    classes: ClassVar[dict[str, str]] = {"form.cancel_button": "btn", "list.create_button": "btn btn-primary"}


class Look(DefaultTheme):
    """Tabler, with our buttons."""

    def get_class_map(self) -> ClassMap:
        return Buttons()


class SafeAdmin(BaseAdmin):
    """`BaseAdmin` that refuses to be unsafe; see ``build_admin`` for what its parameters mean.

    Raises ``ConfigurationError`` without an authentication provider or with a short secret.
    """

    def __init__(
        self,
        *,
        title: str | Text,
        secret_key: str,
        auth_provider: StaffAuth | None,
        base_url: str = "/admin",
        views: Sequence[BaseView | type[BaseView]] = (),
        index_view: CustomView | None = None,
        logo_url: str | None = None,
        middlewares: Sequence[Middleware] = (),
        translations: Mapping[str, NullTranslations] | None = None,
        timezone: str = "Asia/Tokyo",
        allowed_hosts: Sequence[str] = (),
        largest_body: int = LARGEST_BODY,
    ) -> None:
        self.provider = _required(auth_provider, secret_key)
        logging.getLogger("starlette_admin").setLevel(logging.ERROR)  # below, it writes what people typed
        install(translations or {name: catalogue(name) for name in LANGUAGES})
        self.sections: tuple[Section, ...] = ()
        self.zone = TimezoneConfig(
            default_timezone=timezone, timezone_cookie_name=None, use_user_locale_timezone=False
        )
        super().__init__(
            title=spoken(title) if isinstance(title, Text) else title,
            base_url=base_url,
            secret_key=secret_key,
            auth_provider=auth_provider,
            index_view=index_view or HomePage(),
            logo_url=logo_url,
            templates_dir=str(HERE / "templates"),
            static_dir=str(HERE / "static"),
            timezone_config=self.zone,
            theme=Look(),
            export_config=ExportConfig(max_rows=MOST_EXPORTED),
        )
        self.assets = _versioned(HERE / "static")
        fit(self.templates, self.frame)
        self.middlewares = self._ordered(secret_key, middlewares, allowed_hosts, largest_body)
        for view in views:
            self.add_view(view)

    def _ordered(
        self, secret: str, given: Sequence[Middleware], hosts: Sequence[str], largest_body: int
    ) -> list[Middleware]:
        """From the outside in; the gate stands before anything that reads a body."""
        return [
            Middleware(SecurityHeaders),
            *([Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))] if hosts else []),
            Middleware(RequestBodyLimitMiddleware, max_body_size=largest_body),
            Middleware(ChooseLanguage),
            Middleware(TimezoneMiddleware, timezone_config=self.zone),
            *given,
            Middleware(Hostless),
            self.provider.get_middleware(self.give_back),
            Middleware(Notices, secret_key=secret),
            Middleware(FormGuard, secret_key=secret, refused=self.refuse_form),
        ]

    def add_view(self, view: type[BaseView] | BaseView) -> None:
        """Registers a view and draws it into the menu; raises ``ConfigurationError`` for a known trap."""
        made = view if isinstance(view, BaseView) else view()
        for part in made.views if isinstance(made, DropDown) else [made]:
            _check(part)
            if isinstance(part, RawListView):
                self.routes[:0] = part.own_routes()
        super().add_view(made)
        self.redraw_menu()

    def include(self, view: RawListView, section: DropDown) -> None:
        """Add a list to a section of the menu, also while the admin runs."""
        _check(view)
        self._set_admin(view)
        self._setup_view(view)
        section.views.append(view)
        routes = self.routes if self._app is None else self._app.router.routes
        routes[:0] = view.own_routes()

    def redraw_menu(self) -> None:
        """Draw the menu anew, after views were added or renamed."""
        self.sections = prepare(self._views)

    def mount_to(self, app: Starlette) -> None:
        """Mounts the admin on `app`; expected failures of any handler become pages."""
        super().mount_to(app)
        self.app.add_exception_handler(TorokuError, self.refuse)
        self.app.add_exception_handler(Exception, self.fail)

    def frame(self, request: Request) -> Frame:
        """What surrounds the answer to `request`."""
        return Frame(request, self.sections, self.assets)

    def render(
        self, request: Request, template: str, context: Mapping[str, Any] | None = None, status: int = 200
    ) -> Response:
        """One of our own pages, under the strict policy (no inline styles)."""
        drawn = {"flashed_messages": _flashed(request), **(context or {})}
        return self.templates.TemplateResponse(request, template, drawn, status_code=status)

    def _template_response(
        self, request: Request, name: str, context: dict[str, Any] | None = None, status_code: int = 200
    ) -> Response:
        """A stock page: it needs inline styles, and a refused save may have set its own status."""
        request.state.inline_styles = True
        status = getattr(request.state, "answer_status", status_code)
        return super()._template_response(request, name, context, status)

    async def _render_error(self, request: Request, exc: Exception = UNKNOWN) -> Response:
        """A page for `exc`; what it says depends on the status alone, never on ``exc.detail``."""
        status = exc.status_code if isinstance(exc, HTTPException) else 500
        refusal = {403: NotAllowed, 404: NotFound}.get(status)
        if refusal:
            return await self.refuse(request, refusal())
        headers = dict(exc.headers or {}) if isinstance(exc, HTTPException) else {}
        return self._error_page(
            request, gettext("The request could not be handled."), f"T-H{status}", status, headers
        )

    async def refuse(self, request: Request, exc: Exception) -> Response:
        """An expected failure nobody caught nearer to its place."""
        if isinstance(exc, SignInRequired):
            return RedirectResponse(f"{root_of(request)}{self.provider.login_path}", status_code=303)
        if isinstance(exc, ConfirmationRequired):
            return await self._ask_proof(request)
        refusal = exc if isinstance(exc, TorokuError) else TorokuError()
        return self._error_page(request, refusals.public_message(refusal), refusal.code, refusal.status)

    async def fail(self, request: Request, exc: Exception) -> Response:
        """Something unexpected: an honest page without a word of `exc` (the server still logs it).

        Answers from outside the header middleware, so it brings the headers itself.
        """
        context = {"message": refusals.public_message(TorokuError()), "code": TorokuError.code, "status": 500}
        body = self.templates.env.get_template("error.html").render(
            request=request, frame=self.frame(request), **context
        )
        return HTMLResponse(body, status_code=500, headers=page_headers())

    async def refuse_form(self, request: Request) -> Response:
        """A form without a valid token: nothing was done, and how to go on."""
        message = gettext(
            "The form had expired or did not come from this site. Nothing was changed. "
            "Please go back, reload the page and try again."
        )
        return self._error_page(request, message, NotAllowed.code, 403)

    async def give_back(self, request: Request, typed: Typed) -> Response:
        """A form whose session had ended: 401, nothing done, with what was typed to be sent again."""
        root = root_of(request)
        context = {
            "typed": typed,
            "action": request.scope["path"],
            "login": f"{root}{self.provider.login_path}",
            "code": SignInRequired.code,
        }
        return self.render(request, "ended.html", context, SignInRequired.status)

    async def _ask_proof(self, request: Request) -> Response:
        """Ask for the password before a sensitive act; a form is kept to be sent on."""
        if request.method != "POST":
            return RedirectResponse(confirming.page_address(request), status_code=303)
        typed = confirming.carried(await read_typed(request))
        return await self._confirm_page(request, confirming.address_of(request), typed)

    async def _confirm_page(
        self,
        request: Request,
        target: str,
        typed: confirming.Typed | None,
        refusal: AnswersInvalid | None = None,
    ) -> Response:
        problems = refusals.problems_of(refusal) if refusal else ()
        context = {
            "target": target,
            "typed": typed,
            "action": f"{root_of(request)}{confirming.PATH}",
            "code": await asks_code(actor_of(request)),
            "login": actor_of(request).login,
            "problems": problems,
            "faults": {problem.field: problem.message for problem in problems},
        }
        status = refusal.status if refusal else 200 if typed is None else ConfirmationRequired.status
        return self.render(request, "confirm.html", context, status)

    def _error_page(
        self, request: Request, message: str, code: str, status: int, headers: Mapping[str, str] | None = None
    ) -> Response:
        answer = self.render(
            request, "error.html", {"message": message, "code": code, "status": status}, status
        )
        answer.headers.update(headers or {})
        return answer

    @route("/_api/{key}/action", methods=["POST"], name="action")
    async def handle_action(self, request: Request) -> Response:
        """An action over rows. One without a name is refused; starlette-admin would fail on it."""
        if not request.query_params.get("name"):
            raise HTTPException(400)
        answer: Response = await super().handle_action(request)
        return answer

    @route(confirming.PATH, methods=["GET"], name="confirm")
    async def ask_proof(self, request: Request) -> Response:
        """The password asked before a sensitive page."""
        return await self._confirm_page(request, safe_path(request.query_params.get("next"), request), None)

    @route(confirming.PATH, methods=["POST"], name="confirm-proof")
    async def take_proof(self, request: Request) -> Response:
        """Check the password; then the browser sends the form on by itself (307)."""
        form = await read_form(request)
        target, acts = confirming.target_of(form, request), bool(text_of(form, "confirm_act"))
        refusal = await confirming.try_proof(request, form)
        if refusal is not None:
            sent = without_typed(site_of(request), confirming.typed_of(form))
            typed = confirming.carried(sent) if acts else None
            return await self._confirm_page(request, target, typed, refusal)
        return RedirectResponse(target, status_code=307 if acts else 303)

    @route("/language", methods=["POST"], name="language")
    async def change_language(self, request: Request) -> Response:
        """Remembers the language chosen and returns to the page it was chosen on."""
        return await _remember(request, "language", LANGUAGES, COOKIE)

    @route("/theme", methods=["POST"], name="theme")
    async def change_theme(self, request: Request) -> Response:
        """Remembers light, dark or as the system has it, and returns to the page."""
        return await _remember(request, "theme", THEMES, THEME_COOKIE)


async def _remember(request: Request, name: str, among: Sequence[str], cookie: str) -> Response:
    """Keeps a choice of how pages are shown for a year; one that does not exist is not kept."""
    form = await read_form(request, fields=5, field_bytes=4096)
    answer = RedirectResponse(safe_path(text_of(form, "next"), request), status_code=303)
    chosen = text_of(form, name)
    if chosen in among:
        answer.set_cookie(cookie, chosen, max_age=ONE_YEAR, httponly=True, samesite="lax")
    return answer


def build_admin(
    *, title: str | Text, secret_key: str, auth_provider: StaffAuth | None, **options: Any
) -> SafeAdmin:
    """The admin, ready for ``mount_to(app)``.

    `title` is shown on every page; `secret_key` (32 characters or more) signs form tokens and notices;
    `auth_provider` decides who comes in. Options: `base_url`, `views` (a ``DropDown`` becomes a menu
    section), `index_view`, `logo_url`, `middlewares` (run before the gate: sessions), `translations` (the
    program's catalogues by language, laid beneath the admin's own; default: those of ``models.language``),
    `timezone`, `allowed_hosts` (when the application has no ``TrustedHostMiddleware`` of its own),
    `largest_body` (bytes).

    Raises ``ConfigurationError`` without a provider, with a short secret, or with an unsafe view.
    """
    return SafeAdmin(title=title, secret_key=secret_key, auth_provider=auth_provider, **options)


def _required(provider: StaffAuth | None, secret_key: str) -> StaffAuth:
    if not isinstance(provider, StaffAuth):
        raise ConfigurationError(
            message="The admin needs an authentication provider; without one it is open to all."
        )
    if len(secret_key) < SHORTEST_KEY:
        raise ConfigurationError(message="The admin's secret key must have at least 32 characters.")
    return provider


def _check(view: BaseView) -> None:
    """Refuses what starlette-admin 1.0.3 does unsafely: inline rows of other parents, shared script lists."""
    if not isinstance(view, BaseModelView):
        return
    if not isinstance(view, GuardedView):
        raise ConfigurationError(
            message="Record views of the admin are GuardedView: one rule over every row."
        )
    if view.inlines:
        raise ConfigurationError(
            message="Inline rows are not checked against their parent; use a page of its own."
        )
    if view.additional_js_links is not None or view.additional_css_links is not None:
        raise ConfigurationError(
            message="additional_js_links and additional_css_links grow; use scripts and styles."
        )


def _flashed(request: Request) -> list[dict[str, str]]:
    """Messages to show once; asking without need would make every answer clear a cookie."""
    waiting = FLASH_COOKIE in request.cookies or getattr(request.state, "admin_flash_pending", None)
    return get_flashed_messages(request) if waiting else []


def _versioned(folder: Path) -> dict[str, str]:
    """Each static file's address under the root, with a version that changes with its content."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        (name := path.relative_to(folder).as_posix()): f"/static/{name}?v={_digest(path)}" for path in files
    }


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
