"""Looking up an application without an account: the link goes to the address it was made from."""

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.visit import page, read_form, text_of, visit_of
from models.errors import AnswersInvalid, TooManyRequests
from models.language import translate
from models.services import resuming


async def ask_status(request: Request) -> Response:
    """The form: reference number and address. Whether anything can be written now is looked up for it."""
    visit = visit_of(request)
    await visit.site.switchboard.look()
    return page(visit, "status", {"reference": "", "email": "", "sent": False})


async def send_status(request: Request) -> Response:
    """Mail the link. The answer is the same whether or not there is such an application."""
    visit = visit_of(request)
    form = await read_form(request)
    reference, email = text_of(form, "reference"), text_of(form, "email")
    context = {"reference": reference, "email": email, "sent": False}
    if not reference.strip():
        said = translate("Enter the reference number.", visit.language)
        return page(visit, "status", {**context, "errors": [("#reference", said)]}, status=422)
    try:
        await resuming.send_status_link(visit.site, visit.actor, reference, email)
    except AnswersInvalid as error:
        errors = [(f"#{problem.path}", problem.message(visit.language)) for problem in error.errors]
        return page(visit, "status", {**context, "errors": errors}, status=422)
    except TooManyRequests as error:
        said = translate(error.public, visit.language, **error.values)
        return page(visit, "status", {**context, "errors": [("#email", said)]}, status=error.status)
    return page(visit, "status", {**context, "sent": True})
