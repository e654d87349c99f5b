"""One-time codes for my own account: setting them up, recovery codes, removing them."""

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.visit import Visit, go, operator_visit, page, read_form, text_of
from models.errors import AnswersInvalid
from models.language import translate
from models.qr import draw_qr
from models.services import codes
from models.services.own_account import own_account
from models.services.stepping_up import require_recent

PLACE = "/portal/account/codes"


async def begin(request: Request) -> Response:
    """Make a secret for my app."""
    visit = operator_visit(request)
    require_recent(visit.site, visit.actor)
    await codes.propose(visit.site, await own_account(visit.actor))
    return go(PLACE)


async def show(request: Request) -> Response:
    """What to set the app up with."""
    visit = operator_visit(request)
    require_recent(visit.site, visit.actor)
    return await _draw(visit)


async def confirm(request: Request) -> Response:
    """Take the app's first code; the recovery codes are told this once."""
    visit = operator_visit(request)
    code = text_of(await read_form(request), "code", 40)
    try:
        told = await codes.confirm(visit.site, visit.actor, await own_account(visit.actor), code)
    except AnswersInvalid as error:
        problem = [(f"#{flaw.path}", flaw.message(visit.language)) for flaw in error.errors]
        return await _draw(visit, problem)
    await visit.browser.confirm()
    return page(visit, "codes_told", {"codes": told})


async def renew(request: Request) -> Response:
    """New recovery codes, told this once."""
    visit = operator_visit(request)
    told = await codes.renew_recovery(visit.site, visit.actor, await own_account(visit.actor))
    return page(visit, "codes_told", {"codes": told})


async def remove(request: Request) -> Response:
    """Sign in without codes from now on."""
    visit = operator_visit(request)
    await codes.remove(visit.site, visit.actor, await own_account(visit.actor))
    return go("/portal/account?done=code_removed")


async def _draw(visit: Visit, errors: list[tuple[str, str]] | None = None) -> Response:
    shown = await codes.proposed(visit.site, await own_account(visit.actor))
    if shown is None:
        return go("/portal/account")
    key, address = shown
    context = {
        "key": codes.spaced(key),
        "qr": draw_qr(address, translate("QR code for the authenticator app", visit.language)),
        "errors": errors or (),
    }
    return page(visit, "codes_new", context, status=422 if errors else 200)
