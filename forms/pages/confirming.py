"""Asking for the password once more before a sensitive act, with what was typed carried along."""

from collections.abc import Sequence

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forms.pages.visit import Summary, Visit, go, local_path, page, read_form, text_of, visit_of
from models.errors import AnswersInvalid, SignInRequired
from models.services import proving
from models.services.secrets import without_typed
from models.services.site import Site

OURS = frozenset({"confirm_password", "confirm_code", "confirm_to", "confirm_act"})
"""Inputs of the page itself; all others are carried along."""

Typed = Sequence[tuple[str, str]]


async def show_confirm(request: Request) -> Response:
    """The page before a sensitive page. Raises SignInRequired."""
    visit = _visit(request)
    return await confirm_page(visit, local_path(request.query_params.get("next", ""), "/portal"), None)


async def confirm(request: Request) -> Response:
    """Check the password; then what was asked is done: the form is sent on by the browser itself (307)."""
    visit = _visit(request)
    form = await read_form(request)
    target, carries = local_path(text_of(form, "confirm_to", 2000), "/portal"), text_of(form, "confirm_act")
    password, code = text_of(form, "confirm_password", 1000), text_of(form, "confirm_code", 40)
    try:
        await proving.prove(visit.site, visit.actor, password, code)
    except AnswersInvalid as error:
        said = [(f"#{flaw.path}", flaw.message(visit.language)) for flaw in error.errors]
        return await confirm_page(visit, target, carried(visit.site, form) if carries else None, said)
    await visit.browser.confirm()
    return RedirectResponse(target, 307, {"cache-control": "no-store"}) if carries else go(target)


def _visit(request: Request) -> Visit:
    visit = visit_of(request)
    if visit.actor.account_id is None:
        raise SignInRequired
    return visit


def carried(site: Site, form: FormData) -> Typed:
    """What is sent again once the password was right; files are not, and secrets are sealed."""
    typed = [
        (name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in OURS
    ]
    return without_typed(site, typed)


async def confirm_page(visit: Visit, target: str, typed: Typed | None, errors: Summary = ()) -> Response:
    """The page that asks; `typed` is None where a page is waited for rather than something done."""
    context = {
        "target": target,
        "typed": typed,
        "code": await proving.asks_code(visit.actor),
        "login": visit.actor.login,
        "errors": errors,
    }
    return page(visit, "confirm", context, status=422 if errors else 200 if typed is None else 403)
