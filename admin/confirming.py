"""Asking for the password once more before a sensitive act, with what was typed carried along."""

from collections.abc import Sequence
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request

from admin.actor import actor_of, site_of
from admin.links import root_of, safe_path
from admin.posted import text_of
from models.errors import AnswersInvalid
from models.services import proving
from models.services.sessions import Browser

PATH = "/confirm"

OURS = frozenset({"confirm_password", "confirm_code", "confirm_to", "confirm_act", "csrftoken"})
"""Inputs of the page itself; all others are carried along."""

Typed = Sequence[tuple[str, str]]


def carried(typed: Typed) -> Typed:
    """What is sent again once the password was right."""
    return [(name, value) for name, value in typed if name not in OURS]


def typed_of(form: FormData) -> Typed:
    """The texts of a form."""
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


def address_of(request: Request) -> str:
    """The address a form was sent to, with its query."""
    query = request.scope.get("query_string", b"").decode("latin-1")
    return f"{request.scope['path']}?{query}" if query else str(request.scope["path"])


def page_address(request: Request) -> str:
    """Where the password is asked before the page at this address is shown."""
    return f"{root_of(request)}{PATH}?{urlencode({'next': address_of(request)})}"


async def try_proof(request: Request, form: FormData) -> AnswersInvalid | None:
    """Check what was entered; the session goes on under a new token when it was right. Returns what was
    wrong. Raises SignInRequired."""
    password, code = form.get("confirm_password"), text_of(form, "confirm_code", longest=40)
    try:
        await proving.prove(site_of(request), actor_of(request), str(password or "")[:1000], code)
    except AnswersInvalid as error:
        return error
    browser: Browser = request.state.browser
    await browser.confirm()
    return None


def target_of(form: FormData, request: Request) -> str:
    """Where to go on, within the admin."""
    return safe_path(text_of(form, "confirm_to", longest=2000), request)
