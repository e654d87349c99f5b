"""One-time links of mails. Opening one shows a page; only its button uses the link, so that programs which
look into mails use nothing up."""

from starlette.requests import Request
from starlette.responses import Response

from forms.pages import addresses, losses
from forms.pages.draft import draft_of
from forms.pages.visit import Visit, go, page, read_form, text_of, visit_of
from models.documents.application import Application
from models.documents.link import Link
from models.errors import AnswersInvalid, LinkRefused
from models.language import translate
from models.permissions import is_operators
from models.services import credentials, links
from models.services.passwords import PASSWORD_LENGTH
from models.services.switches import require_entry


async def show_link(request: Request) -> Response:
    """What the link is for, and the button that uses it; or what to do instead."""
    visit = visit_of(request)
    try:
        link = await _peek(visit)
        if link.purpose == "set_password":
            return await _password_page(visit)
        if link.purpose == "confirm_address":
            return await addresses.show_confirmation(visit)
        if link.purpose == "confirm_loss":
            return await losses.show_confirmation(visit, visit.parameter("token"))
    except LinkRefused as error:
        return await _refused(visit, error)
    return page(visit, "link", {})


async def follow_link(request: Request) -> Response:
    """Use the link, or say what to do instead."""
    visit = visit_of(request)
    token = visit.parameter("token")
    try:
        link = await _peek(visit)
        if link.purpose == "set_password":
            return await _set_password(visit, token)
        if link.purpose == "confirm_address":
            return await addresses.confirm(visit)
        if link.purpose == "confirm_loss":
            return await losses.follow_confirmation(visit, token, await read_form(visit.request))
        return await _open_application(visit, token, link)
    except LinkRefused as error:
        return await _refused(visit, error)


async def _peek(visit: Visit) -> Link:
    """The link asked for. Only a loss is confirmed while the service is closed. Raises LinkRefused,
    ServiceClosed."""
    token = visit.parameter("token")
    link = await links.known(visit.site, token)
    if link is None or link.purpose != "confirm_loss":
        await require_entry(visit.site, visit.actor)
    return await links.peek(visit.site, token)


async def _refused(visit: Visit, error: LinkRefused) -> Response:
    """A page that offers a new link right there. What the old one was for is told only to who holds it."""
    link = await links.known(visit.site, visit.parameter("token"))
    context = {
        "purpose": link.purpose if link else "",
        "code": error.code,
        "text": translate(error.public, visit.language),
    }
    return page(visit, "link_refused", context, status=error.status)


async def _open_application(visit: Visit, token: str, link: Link) -> Response:
    link = await links.use_link(visit.site, token, "open_application")
    application = await Application.get(link.application_id) if link.application_id else None
    if application is None or application.id is None:
        raise LinkRefused
    if is_operators(application):
        return _own_door(visit, application)
    await visit.browser.remember_application(application.id)
    draft = await draft_of(visit, application)
    fresh = draft.is_open and application.round == 0
    return go(draft.first() if fresh else draft.address)


def _own_door(visit: Visit, application: Application) -> Response:
    """What an operator applied for is opened by its people, signed in: a link lasts longer than their rights
    may."""
    address = f"/applications/{application.reference}"
    return go(address if visit.actor.kind == "operator" else f"/login?next={address}")


async def _password_page(visit: Visit, errors: object = ()) -> Response:
    account = await credentials.account_of(visit.site, visit.parameter("token"))
    context = {"account": account, "errors": errors, "length": PASSWORD_LENGTH}
    return page(visit, "password", context, status=422 if errors else 200)


async def _set_password(visit: Visit, token: str) -> Response:
    form = await read_form(visit.request)
    password, again = text_of(form, "password"), text_of(form, "again")
    try:
        account = await credentials.set_password(visit.site, token, password, again)
    except AnswersInvalid as error:
        errors = [(f"#{problem.path}", problem.message(visit.language)) for problem in error.errors]
        return await _password_page(visit, errors)
    return go("/admin/" if account.kind == "staff" else "/login?done=password_set")
