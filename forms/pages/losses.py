"""Reporting a loss without being able to sign in, and the page behind the link that confirms it."""

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from forms.pages.portal.losses import options, problems, typed_in, typed_now
from forms.pages.visit import Summary, Visit, go, page, read_form, text_of, visit_of
from models.errors import AnswersInvalid, LossMoved, TooManyRequests
from models.language import translate
from models.services import loss_outside
from models.services.loss_mails import KINDS
from models.services.losses import TEXT_LIMIT, Typed, kinds_of


async def show_new(request: Request) -> Response:
    """The form; whoever is signed in has a better one in the portal."""
    visit = visit_of(request)
    if visit.actor.kind == "operator":
        return go("/portal/losses/new")
    return _draw_new(visit, typed_now(visit), "", "")


async def report(request: Request) -> Response:
    """Take a report. The answer is the same whether or not there is such an organisation."""
    visit = visit_of(request)
    if visit.actor.kind == "operator":
        return go("/portal/losses/new")
    form = await read_form(request)
    typed, code, name = typed_in(form), text_of(form, "code"), text_of(form, "name")
    try:
        await loss_outside.report_outside(visit.site, visit.actor, typed, code, name)
    except AnswersInvalid as error:
        found = [(target.replace("#items", "#words"), said) for target, said in problems(visit, error)]
        return _draw_new(visit, typed, code, name, found)
    except TooManyRequests as error:
        said = translate(error.public, visit.language, **error.values)
        return _draw_new(visit, typed, code, name, [("", said)], error.status)
    return page(visit, "losses_sent", {"number": "", "stopped": False})


def _draw_new(
    visit: Visit, typed: Typed, code: str, name: str, errors: Summary = (), status: int = 422
) -> Response:
    context = {
        "typed": typed,
        "code": code,
        "name": name,
        "kinds": [(kind, KINDS[kind](visit.language), "") for kind in kinds_of(visit.site)],
        "most": TEXT_LIMIT,
        "errors": errors,
    }
    return page(visit, "losses_new", context, status=status if errors else 200)


async def show_confirmation(visit: Visit, token: str) -> Response:
    """What was reported, and what can be stopped. Raises LinkRefused."""
    return await _draw(visit, token)


async def follow_confirmation(visit: Visit, token: str, form: FormData) -> Response:
    """Stop what was chosen, or say that the report is wrong. Raises LinkRefused."""
    if text_of(form, "deed") == "deny":
        made = await loss_outside.deny(visit.site, visit.actor, token)
        return page(visit, "loss_answered", {"report": made, "denied": True})
    chosen = [str(each)[:80] for each in form.getlist("items")]
    try:
        made = await loss_outside.confirm(visit.site, visit.actor, token, chosen)
    except AnswersInvalid as error:
        return await _draw(visit, token, problems(visit, error), error.status)
    except LossMoved as error:
        return await _draw(visit, token, [("", translate(error.public, visit.language))], error.status)
    return page(visit, "loss_answered", {"report": made, "denied": False})


async def _draw(visit: Visit, token: str, errors: Summary = (), status: int = 422) -> Response:
    made, choices = await loss_outside.asked_by(visit.site, token)
    context = {
        "report": made,
        "kind": KINDS[made.kind](visit.language),
        "items": options(visit, [each for each in choices if not each.stopped]),
        "errors": errors,
    }
    return page(visit, "loss_confirm", context, status=status if errors else 200)
