"""The users of an operator: who there is, issuing another, inviting once more."""

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.visit import Visit, go, operator_visit, page, read_form, text_of
from models.errors import AnswersInvalid, TooManyRequests
from models.language import Message
from models.permissions import allowed
from models.services import accounts, invitations

SENT = Message(
    "An invitation was sent to this user a few minutes ago. Please wait ten minutes before you send another."
)


async def list_users(request: Request) -> Response:
    """My operator's users, and the form that issues one (R55, R56)."""
    return await _draw(operator_visit(request))


async def issue_user(request: Request) -> Response:
    """Issue a user."""
    visit = operator_visit(request)
    form = await read_form(request)
    name, email = text_of(form, "name"), text_of(form, "email")
    try:
        await accounts.issue_user(visit.site, visit.actor, name=name, email=email, language=visit.language)
    except AnswersInvalid as error:
        errors = [(f"#{problem.path}", problem.message(visit.language)) for problem in error.errors]
        return await _draw(visit, name, email, errors)
    return go("/portal/users?done=user_issued")


async def invite_again(request: Request) -> Response:
    """Mail a user who has not set a password yet a new link to do so."""
    visit = operator_visit(request)
    form = await read_form(request)
    try:
        await invitations.invite_again(visit.site, visit.actor, text_of(form, "login"))
    except TooManyRequests as error:
        return await _draw(visit, errors=[("", SENT(visit.language))], status=error.status)
    return go("/portal/users?done=user_invited")


async def _draw(
    visit: Visit, name: str = "", email: str = "", errors: object = (), status: int = 422
) -> Response:
    context = {
        "users": await accounts.users_of(visit.site, visit.actor),
        "roles": visit.site.configuration.site.roles,
        "may_issue": allowed(visit.actor, "account.issue"),
        "name": name,
        "email": email,
        "errors": errors,
        "me": visit.actor.account_id,
        "now": visit.site.now(),
    }
    return page(visit, "users", context, status=status if errors else 200)
