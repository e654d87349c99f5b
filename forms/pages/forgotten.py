"""Asking for a link that sets a new password. Whether there is such an account makes no difference to see."""

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.visit import Visit, page, read_form, text_of, visit_of
from models.errors import AnswersInvalid, NotFound, TooManyRequests
from models.language import translate
from models.services import credentials, messages


async def ask_link(request: Request) -> Response:
    """The form: ID and address."""
    return page(_visit(request), "forgotten", {"login": "", "email": "", "sent": False})


async def send_link(request: Request) -> Response:
    """Mail the link to the address that is registered, where the two belong together."""
    visit = _visit(request)
    form = await read_form(request)
    login, email = text_of(form, "login", 100), text_of(form, "email")
    context = {"login": login, "email": email, "sent": False}
    if not login.strip():
        said = translate("Enter your ID.", visit.language)
        return page(visit, "forgotten", {**context, "errors": [("#login", said)]}, status=422)
    try:
        await credentials.ask_link(visit.site, visit.actor, login, email)
    except AnswersInvalid as error:
        errors = [(f"#{flaw.path}", flaw.message(visit.language)) for flaw in error.errors]
        return page(visit, "forgotten", {**context, "errors": errors}, status=422)
    except TooManyRequests as error:
        said = translate(error.public, visit.language, **error.values)
        return page(visit, "forgotten", {**context, "errors": [("#email", said)]}, status=error.status)
    return page(visit, "forgotten", {**context, "sent": True})


def _visit(request: Request) -> Visit:
    visit = visit_of(request)
    if not messages.is_written(visit.site, credentials.FORGOTTEN):
        raise NotFound
    return visit
