"""The users of an operator: who there is, issuing another, inviting once more, the list as a file."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.portal.people import delegating, problems, told
from forms.pages.visit import Summary, Visit, go, operator_visit, page, read_form, text_of
from models.errors import AnswersInvalid, TooManyRequests
from models.language import Message
from models.permissions import allowed
from models.services import accounts, holdings, invitations
from models.services.roles import USER, assignable

SENT = Message(
    "An invitation was sent to this user a few minutes ago. Please wait ten minutes before you send another."
)

FIELDS = ("name", "email", "role", "natural")


async def list_users(request: Request) -> Response:
    """My operator's users, and the form that issues one (R55, R56)."""
    return await _draw(operator_visit(request))


async def issue_user(request: Request) -> Response:
    """Issue a user."""
    visit = operator_visit(request)
    form = await read_form(request)
    typed = {name: text_of(form, name) for name in FIELDS}
    try:
        await accounts.issue_user(
            visit.site,
            visit.actor,
            name=typed["name"],
            email=typed["email"],
            role=typed["role"] or USER,
            sure=typed["natural"] == "yes",
            language=visit.language,
        )
    except AnswersInvalid as error:
        return await _draw(visit, typed, problems(visit, error))
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


async def hand_out(request: Request) -> Response:
    """Who has what, as a file (CSV)."""
    visit = operator_visit(request)
    content = await holdings.own_file(visit.site, visit.actor, visit.language)
    name = f"users-{visit.site.today():%Y%m%d}.csv"
    heads = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, headers=heads, media_type="text/csv; charset=utf-8")


async def _draw(
    visit: Visit, typed: dict[str, str] | None = None, errors: Summary = (), status: int = 422
) -> Response:
    found = await accounts.users_of(visit.site, visit.actor)
    lines = [told(visit, account) for account in found if account.delegation is None]
    context = {
        "users": [line for line in lines if line["state_name"] != "deleted"],
        "removed": [line for line in lines if line["state_name"] == "deleted"],
        "roles": role_options(visit),
        "may_issue": allowed(visit.actor, "account.issue"),
        "typed": {**dict.fromkeys(FIELDS, ""), "role": USER, **(typed or {})},
        "errors": errors,
        "delegating": delegating(visit),
    }
    return page(visit, "users", context, status=status if errors else 200)


def role_options(visit: Visit, among: Sequence[str] = ()) -> list[tuple[str, str, str]]:
    """The roles that may be given: name, label, what it may."""
    return [
        (name, role.label(visit.language), role.note(visit.language) if role.note else "")
        for name, role in assignable(visit.site).items()
        if not among or name in among
    ]
