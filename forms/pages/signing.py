"""Signing in and out."""

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.second_step import go_on
from forms.pages.visit import Visit, go, local_path, page, read_form, text_of, visit_of
from models.errors import SignInFailed, TooManyRequests
from models.language import translate
from models.services import certificates, credentials, messages, signing


async def show_login(request: Request) -> Response:
    """The sign-in form."""
    visit = visit_of(request)
    wanted = local_path(request.query_params.get("next", ""), "/portal")
    if visit.actor.kind == "operator":
        return go(wanted)
    return await _login_page(visit, wanted)


async def log_in(request: Request) -> Response:
    """Sign in with ID, password and the certificate presented."""
    visit = visit_of(request)
    form = await read_form(request)
    login, wanted = text_of(form, "login"), local_path(text_of(form, "next", 2000), "/portal")
    actor = visit.actor
    try:
        account = await signing.sign_in(
            visit.site, login, text_of(form, "password", 1000), actor.certificate, "operator", actor.address
        )
    except (SignInFailed, TooManyRequests) as error:
        said = translate(error.public, visit.language, **error.values)
        answer = await _login_page(visit, wanted, login, said, error.status)
        answer.headers.update({"retry-after": str(error.retry_after)} if error.retry_after else {})
        return answer
    return await go_on(visit, account, wanted)


async def _login_page(
    visit: Visit, wanted: str, login: str = "", problem: str = "", status: int = 200
) -> Response:
    context = {
        "login": login,
        "next": wanted,
        "certificate": await certificates.find(visit.site, visit.actor.certificate),
        "needed": visit.site.configuration.site.certificates.needed,
        "upload": visit.offers_certificate_upload,
        "forgotten": messages.is_written(visit.site, credentials.FORGOTTEN),
        "errors": [("#login", problem)] if problem else (),
    }
    return page(visit, "login", context, status=status)


async def log_out(request: Request) -> Response:
    """End the session, on the server too."""
    await visit_of(request).browser.sign_out()
    return go("/?done=signed_out")
