"""The second step of signing in: a one-time code, after the password was right."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.visit import Visit, go, local_path, page, read_form, text_of, visit_of
from models.documents.account import Account
from models.errors import CodeRefused, SignInFailed
from models.language import translate
from models.services import proving, signing

PLACE = "/login/code"


async def go_on(visit: Visit, account: Account, wanted: str) -> Response:
    """After the right password: into the portal, or to the second step."""
    if signing.next_step(visit.site, account):
        await visit.browser.hold(account)
        return go(f"{PLACE}?next={quote(wanted, safe='')}")
    await visit.browser.sign_in(account)
    return go(wanted)


async def show_code(request: Request) -> Response:
    """The form for the code; without a first step, on to that."""
    visit = visit_of(request)
    wanted = local_path(request.query_params.get("next", ""), "/portal")
    try:
        await _waiting(visit)
    except SignInFailed:
        return await _begin_again(visit)
    return _code_page(visit, wanted)


async def send_code(request: Request) -> Response:
    """Take the code; whoever began is signed in."""
    visit = visit_of(request)
    form = await read_form(request)
    wanted = local_path(text_of(form, "next", 2000), "/portal")
    try:
        account = await _waiting(visit)
        await proving.finish(visit.site, account, text_of(form, "code", 40), visit.actor)
    except CodeRefused as error:
        return _code_page(visit, wanted, translate(error.public, visit.language))
    except SignInFailed:
        return await _begin_again(visit)
    await visit.browser.sign_in(account)
    return go(wanted)


async def _begin_again(visit: Visit) -> Response:
    """Nothing waits here, or nothing more; who is signed in stays so."""
    if visit.browser.pending is not None:
        await visit.browser.sign_out()
    return go("/portal" if visit.actor.kind == "operator" else "/login?done=begin_again")


async def _waiting(visit: Visit) -> Account:
    account = await proving.waiting(visit.site, visit.browser.pending, visit.actor.certificate)
    if account.kind != "operator":
        raise SignInFailed
    return account


def _code_page(visit: Visit, wanted: str, problem: str = "") -> Response:
    context = {"next": wanted, "errors": [("#code", problem)] if problem else ()}
    return page(visit, "login_code", context, status=401 if problem else 200)
