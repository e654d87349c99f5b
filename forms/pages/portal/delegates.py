"""Delegates of an operator (terms of use 2.3): who acts for it, and naming another."""

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from forms.pages.portal.people import delegating, problems, told
from forms.pages.portal.scope import scope_context, scope_of
from forms.pages.visit import Summary, Visit, go, operator_visit, page, read_form
from models.documents.account import Account
from models.errors import AnswersInvalid
from models.permissions import allowed
from models.services import delegates


async def list_delegates(request: Request) -> Response:
    """Who acts for my operator, in what and until when; the form that names another (R28, R29)."""
    return await _draw(operator_visit(request))


async def name_delegate(request: Request) -> Response:
    """Name a delegate."""
    visit = operator_visit(request)
    form = await read_form(request)
    try:
        await delegates.name_delegate(visit.site, visit.actor, scope_of(form), visit.language)
    except AnswersInvalid as error:
        return await _draw(visit, form, problems(visit, error))
    return go("/portal/delegates?done=delegate_named")


async def _draw(visit: Visit, form: FormData | None = None, errors: Summary = ()) -> Response:
    found = await delegates.delegates_of(visit.site, visit.actor)
    context = {
        "lines": [_line(visit, account) for account in found],
        "may_name": allowed(visit.actor, "delegate.manage_own"),
        "errors": errors,
        "delegating": delegating(visit),
        **scope_context(visit, form),
    }
    return page(visit, "delegates", context, status=422 if errors else 200)


def _line(visit: Visit, account: Account) -> dict[str, object]:
    return {
        **told(visit, account),
        "given": account.delegation,
        "scope": delegates.scope_words(visit.site, account, visit.language),
    }
