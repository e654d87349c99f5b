"""Forgery protection: starlette-admin's signed double submit, with a page a person understands when it
refuses.

Every POST under the admin passes here, those of ``PageView`` routes too: a form needs ``{{
csrf_input(request) }}``, a fetch the header ``X-CSRFToken``.
"""

from collections.abc import Awaitable, Callable

from starlette.middleware.base import RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp
from starlette_admin.security.csrf import CSRFMiddleware, csrf_input

__all__ = ["FormGuard", "csrf_input"]


class FormGuard(CSRFMiddleware):
    """`CSRFMiddleware`, whose bare English refusal is replaced by `refused(request)`."""

    def __init__(
        self, app: ASGIApp, secret_key: str, refused: Callable[[Request], Awaitable[Response]]
    ) -> None:
        super().__init__(app, secret_key)
        self.refused = refused

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        answer = await super().dispatch(request, call_next)
        if isinstance(answer, PlainTextResponse) and answer.status_code == 403:
            return await self.refused(request)
        return answer
