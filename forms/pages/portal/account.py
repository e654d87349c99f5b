"""My account: who I am here, where I am signed in, my password, one-time codes and language."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.visit import Summary, Visit, go, operator_visit, page, read_form, text_of
from models.documents.account import Account
from models.documents.base import Id, read_id
from models.errors import AnswersInvalid
from models.language import LANGUAGES
from models.services import browsers, codes, credentials
from models.services.calendar_feeds import feed_of
from models.services.own_account import keep_language, own_account
from models.services.passwords import PASSWORD_LENGTH
from models.services.preferences import CHOICES
from models.services.roles import role_label
from models.services.variables import operator_of

PLACE = "/portal/account"


async def show_account(request: Request) -> Response:
    """Everything about my own account."""
    return await draw(operator_visit(request))


async def change_password(request: Request) -> Response:
    """Change my password; I stay signed in here and nowhere else."""
    visit = operator_visit(request)
    form = await read_form(request)
    present, password, again = (text_of(form, name, 1000) for name in ("present", "password", "again"))
    try:
        changed = await credentials.change_password(
            visit.site, visit.actor, present, password, again, here(visit)
        )
    except AnswersInvalid as error:
        return await draw(visit, [(f"#{flaw.path}", flaw.message(visit.language)) for flaw in error.errors])
    await visit.browser.go_on(changed)
    return go(f"{PLACE}?done=password_changed")


async def end_session(request: Request) -> Response:
    """End one of my sessions, or all but this one."""
    visit = operator_visit(request)
    chosen = text_of(await read_form(request), "session", 24)
    if chosen == "others":
        await browsers.end_others(visit.site, visit.actor, here(visit))
        return go(f"{PLACE}?done=others_ended")
    await browsers.end_one(visit.site, visit.actor, read_id(chosen))
    return go(f"{PLACE}?done=session_ended")


async def set_language(request: Request) -> Response:
    """Keep the language I am written to in."""
    visit = operator_visit(request)
    chosen = await keep_language(visit.site, visit.actor, text_of(await read_form(request), "language", 9))
    answer = go(f"{PLACE}?done=language_kept")
    answer.set_cookie("language", chosen, max_age=365 * 86_400, httponly=True, samesite="lax")
    return answer


def here(visit: Visit) -> Id | None:
    """The session this page is asked for in."""
    return visit.browser.session.id if visit.browser.session else None


async def draw(visit: Visit, errors: Summary = (), **typed: str) -> Response:
    """The page, with what is wrong in a form of it, and what was typed there."""
    account = await own_account(visit.actor)
    context = {
        **await _facts(visit, account),
        "sessions": await browsers.signed_in(visit.site, visit.actor, here(visit)),
        "recovery": await codes.recovery_left(account),
        "length": PASSWORD_LENGTH,
        "languages": LANGUAGES,
        "choices": CHOICES,
        "feed": await feed_of(visit.actor),
        "errors": errors,
        **typed,
    }
    return page(visit, "portal_account", context, status=422 if errors else 200)


async def _facts(visit: Visit, account: Account) -> dict[str, Any]:
    operator = await operator_of(visit.site, account.operator_id)
    return {
        "account": account,
        "roles": [role_label(visit.site, role)(visit.language) for role in account.roles],
        "operator": operator.title if operator else "",
        "delegate": visit.actor.delegate,
    }
