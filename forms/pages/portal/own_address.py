"""My own e-mail address, where mails to it come back: I confirm it, or give another one."""

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.portal.account import PLACE, draw
from forms.pages.portal.people import problems
from forms.pages.visit import go, operator_visit, read_form, text_of
from models.errors import AccountGuarded, AnswersInvalid
from models.services.addresses import confirm_own


async def send_link(request: Request) -> Response:
    """Send a link to the address that is to be mine; the page again with what is wrong."""
    visit = operator_visit(request)
    form = await read_form(request)
    typed, sure = text_of(form, "email", 500), text_of(form, "natural", 9) == "yes"
    try:
        await confirm_own(visit.site, visit.actor, typed, sure=sure)
    except (AnswersInvalid, AccountGuarded) as refusal:
        return await draw(visit, problems(visit, refusal), typed_address=typed)
    return go(f"{PLACE}?done=address_checked")
