"""A form sent after its session ended: nothing is done, and nothing that was typed is lost."""

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from admin.actor import site_of
from admin.posted import read_form
from models.services.secrets import is_any_typed, without_typed

OURS = "starlette_admin_csrftoken"
"""The cookie every page of ours with a form sets: who has none was never here."""

LARGEST_KEPT = 256 * 1024
"""Bytes of a form that are given back; a longer one is only refused."""

Answer = Callable[[Request, "Typed"], Awaitable[Response]]

Typed = list[tuple[str, str]]
"""What the inputs of a form held, in order, files left out."""


def is_ended(request: Request) -> bool:
    """Whether a stranger's request is a form of ours, sent by a browser that has been here before."""
    return request.method == "POST" and OURS in request.cookies


async def read_typed(request: Request) -> Typed:
    """What was typed, to be sent again after signing in; nothing when the form is too long or none."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > LARGEST_KEPT:
        return []
    try:
        form = await read_form(request, files=20)
    except HTTPException:
        return []
    typed = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    await form.close()
    return without_typed(site_of(request), typed) if is_any_typed(typed) else typed
