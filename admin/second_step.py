"""The second step when staff sign in: a one-time code, or setting the codes up the first time."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.templating import Jinja2Templates

from admin.actor import actor_of, site_of
from admin.language import language, say
from admin.links import root_of, safe_path
from admin.posted import read_form, text_of
from admin.refusals import Problem, problems_of, public_message
from models.documents.account import Account
from models.errors import AnswersInvalid, CodeRefused, NotFound, SignInFailed, TorokuError
from models.permissions import Actor
from models.qr import draw_qr
from models.services import codes, proving, signing
from models.services.identifying import actor_for
from models.services.sessions import Browser

CODE = "/login/code"
ENROL = "/login/enrol"


def browser_of(request: Request) -> Browser:
    """The browser that asks."""
    browser: Browser = request.state.browser
    return browser


async def go_on(request: Request, account: Account) -> Response | None:
    """After the right password: signed in (None), or on to the second step."""
    site, browser = site_of(request), browser_of(request)
    step = signing.next_step(site, account)
    if not step:
        await browser.sign_in(account)
        return None
    await browser.hold(account)
    if step == "enrol":
        await codes.propose(site, account)
    wanted = safe_path(request.query_params.get("next"), request)
    return _to(request, CODE if step == "code" else ENROL, wanted)


async def take_code(request: Request, templates: Jinja2Templates) -> Response:
    """GET asks for the code, POST takes it."""
    wanted = safe_path(request.query_params.get("next"), request)
    try:
        account = await _waiting(request)
        if account.code_set_at is None:
            return _to(request, ENROL, wanted)
        if request.method != "POST":
            return templates.TemplateResponse(request, "login_code.html", {"problems": []})
        return await _finish(request, templates, account, wanted)
    except SignInFailed:
        return await _begin_again(request)


async def _finish(request: Request, templates: Jinja2Templates, account: Account, wanted: str) -> Response:
    form = await read_form(request, fields=10, field_bytes=4096)
    try:
        code = text_of(form, "code", longest=4096)
        await proving.finish(site_of(request), account, code, actor_of(request))
    except CodeRefused as refusal:
        problems = [Problem(public_message(refusal), "code")]
        return templates.TemplateResponse(
            request, "login_code.html", {"problems": problems}, status_code=refusal.status
        )
    await browser_of(request).sign_in(account)
    return RedirectResponse(wanted, status_code=303)


async def enrol(request: Request, templates: Jinja2Templates) -> Response:
    """GET shows what to set the app up with, POST takes its first code; then the recovery codes, once."""
    try:
        account = await _waiting(request)
        if account.code_set_at is not None:
            return _to(request, CODE, safe_path(request.query_params.get("next"), request))
        if request.method != "POST":
            return await draw_enrolment(request, templates, account)
        return await _enrolled(request, templates, account)
    except (SignInFailed, NotFound):
        return await _begin_again(request)


async def _enrolled(request: Request, templates: Jinja2Templates, account: Account) -> Response:
    site, form = site_of(request), await read_form(request, fields=10, field_bytes=4096)
    actor = _proven(request, account)
    try:
        told = await codes.confirm(site, actor, account, text_of(form, "code", longest=4096), first=True)
    except AnswersInvalid as refusal:
        return await draw_enrolment(request, templates, account, refusal)
    await signing.note_success(site, account, actor.address, None)
    await browser_of(request).sign_in(account)
    onward = safe_path(request.query_params.get("next"), request)
    return templates.TemplateResponse(request, "codes_told.html", {"codes": told, "onward": onward})


async def draw_enrolment(
    request: Request, templates: Jinja2Templates, account: Account, refusal: TorokuError | None = None
) -> Response:
    """The page with the QR code and the key. Raises NotFound where nothing was proposed."""
    shown = await codes.proposed(site_of(request), account)
    if shown is None:
        raise NotFound
    context: dict[str, Any] = {
        "key": codes.spaced(shown[0]),
        "qr": draw_qr(shown[1], say("QR code for the authenticator app")),
        "problems": problems_of(refusal) if refusal else [],
        "spoken": language(),
    }
    return templates.TemplateResponse(
        request, "login_enrol.html", context, status_code=refusal.status if refusal else 200
    )


def _proven(request: Request, account: Account) -> Actor:
    """Who has entered the password a moment ago, in this browser."""
    session = browser_of(request).session
    return actor_for(account, actor_of(request).address, confirmed_at=session.created_at if session else None)


async def _waiting(request: Request) -> Account:
    account = await proving.waiting(site_of(request), browser_of(request).pending, None)
    if account.kind != "staff":
        raise SignInFailed
    return account


async def _begin_again(request: Request) -> Response:
    if browser_of(request).pending is not None:
        await browser_of(request).sign_out()
    return RedirectResponse(f"{root_of(request)}/login", status_code=303)


def _to(request: Request, place: str, wanted: str) -> Response:
    query = {} if wanted == f"{root_of(request)}/" else {"next": wanted}
    return RedirectResponse(
        f"{root_of(request)}{place}" + (f"?{urlencode(query)}" if query else ""), status_code=303
    )
