"""The door of the admin: nobody passes without a person, whatever the address."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette_admin.auth import BaseAuthProvider

from admin import second_step
from admin.ended import Answer, is_ended, read_typed
from admin.headers import is_static
from admin.links import here, root_of

LANGUAGE_PATH = "/language"
THEME_PATH = "/theme"


class Gate:
    """Pure ASGI: static files and the sign-in page are open, everything else needs ``authenticate`` to name
    somebody.

    Stands before the form guard, so a stranger's body is never read except on the sign-in page. Sets
    ``request.state.admin_user`` and ``request.state.is_anonymous``. A stranger is led to the sign-in page,
    with the page wanted in ``next`` when it was a GET; a form of somebody who was signed in until a moment
    ago is answered by `ended`, with what was typed.
    """

    def __init__(self, app: ASGIApp, provider: BaseAuthProvider, ended: Answer | None = None) -> None:
        self.app = app
        self.provider = provider
        self.ended = ended
        self.open_paths = {
            provider.login_path,
            second_step.CODE,
            second_step.ENROL,
            LANGUAGE_PATH,
            THEME_PATH,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_static(scope):
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        person = await self.provider.authenticate(request)
        request.state.admin_user = person
        request.state.is_anonymous = person is None
        if person is not None or self._is_open(request):
            await self.app(scope, receive, send)
            return
        await (await self._turned_away(request))(scope, receive, send)

    async def _turned_away(self, request: Request) -> Response:
        if self.ended is not None and is_ended(request):
            return await self.ended(request, await read_typed(request))
        return RedirectResponse(self._sign_in_address(request), status_code=303)

    def _is_open(self, request: Request) -> bool:
        path: str = request.scope["path"]
        return path.removeprefix(root_of(request)) in self.open_paths

    def _sign_in_address(self, request: Request) -> str:
        wanted = here(request)
        query: dict[str, Any] = {} if wanted == f"{root_of(request)}/" else {"next": wanted}
        return f"{root_of(request)}{self.provider.login_path}" + (f"?{urlencode(query)}" if query else "")
