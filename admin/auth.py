"""Staff sign-in: the page is ours, who somebody is stays the application's affair."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates
from starlette_admin.auth import AdminUser, AuthProvider

from admin import second_step
from admin.ended import Answer
from admin.gate import Gate
from admin.links import root_of, safe_path
from admin.refusals import Problem, public_message
from models.errors import SignInFailed, TooManyRequests, TorokuError

LONGEST_LOGIN = 254
LONGEST_PASSWORD = 1024


@dataclass
class Person(AdminUser):
    """The signed-in member of staff as pages show them: ``username`` is the display name, ``role`` a
    label, ``href`` where their own account is."""

    role: str = ""
    href: str = ""


class SignIn(Protocol):
    """Checks the credentials and begins the server-side session.

    Returns ``None`` to go on to the page wanted, or a response of its own (the second step).
    Raises ``SignInFailed`` or ``TooManyRequests``.
    """

    async def __call__(self, request: Request, login: str, password: str) -> Response | None: ...


PersonOf = Callable[[Request], Awaitable[Person | None]]
SignOut = Callable[[Request], Awaitable[Response | None]]


class StaffAuth(AuthProvider):
    """Sign-in page, sign-out and the gate.

    `sign_in` and `sign_out` own the session; `person_of` says who is asking (called once per page, not for
    static files). `forgotten` is where a new password is asked for; "" offers nothing.
    """

    def __init__(
        self, *, sign_in: SignIn, person_of: PersonOf, sign_out: SignOut, forgotten: str = ""
    ) -> None:
        super().__init__()
        self.sign_in = sign_in
        self.person_of = person_of
        self.sign_out = sign_out
        self.forgotten = forgotten

    def get_routes(self, templates: Jinja2Templates) -> list[Route]:
        """Signing in and out, and the second step."""
        steps = ((second_step.CODE, second_step.take_code), (second_step.ENROL, second_step.enrol))
        return [
            *super().get_routes(templates),
            *(Route(path, _drawn(page, templates), methods=["GET", "POST"]) for path, page in steps),
        ]

    async def authenticate(self, request: Request) -> AdminUser | None:
        return await self.person_of(request)

    def get_middleware(self, ended: Answer | None = None) -> Middleware:
        """The gate; `ended` answers forms sent after their session ended."""
        return Middleware(Gate, provider=self, ended=ended)

    async def render_login(self, request: Request, templates: Jinja2Templates) -> Response:
        """GET draws the page, POST tries; a refused try keeps the ID typed, never the password."""
        wanted = safe_path(request.query_params.get("next"), request)
        if not request.state.is_anonymous:
            return RedirectResponse(wanted, status_code=303)
        if request.method != "POST":
            return self._page(request, templates)
        form = await request.form(max_files=0, max_fields=10, max_part_size=4096)
        login = str(form.get("login") or "").strip()
        try:
            answer = await self._try(request, login, str(form.get("password") or ""))
        except TorokuError as refusal:
            return self._page(request, templates, login=login, refusal=_blurred(refusal))
        return answer or RedirectResponse(wanted, status_code=303)

    async def _try(self, request: Request, login: str, password: str) -> Response | None:
        if not login or not password or len(login) > LONGEST_LOGIN or len(password) > LONGEST_PASSWORD:
            raise SignInFailed
        return await self.sign_in(request, login, password)

    def _page(
        self,
        request: Request,
        templates: Jinja2Templates,
        *,
        login: str = "",
        refusal: TorokuError | None = None,
    ) -> Response:
        return templates.TemplateResponse(
            request,
            "login.html",
            {
                "login": login[:LONGEST_LOGIN],
                "forgotten": self.forgotten,
                "problems": [Problem(public_message(refusal))] if refusal else [],
            },
            status_code=refusal.status if refusal else 200,
        )

    async def render_logout(self, request: Request) -> Response:
        """Ends the session; the browser forgets the admin's pages."""
        answer = await self.sign_out(request)
        answer = answer or RedirectResponse(f"{root_of(request)}{self.login_path}", status_code=303)
        answer.headers["Clear-Site-Data"] = '"cache"'
        return answer


Page = Callable[[Request, Jinja2Templates], Awaitable[Response]]


def _drawn(page: Page, templates: Jinja2Templates) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await page(request, templates)

    return answer


def _blurred(refusal: TorokuError) -> TorokuError:
    """One answer for every cause a guesser could tell apart (ASVS 5.0 6.3.8); limits and outages may be
    told."""
    return refusal if isinstance(refusal, TooManyRequests) or refusal.status >= 500 else SignInFailed()
