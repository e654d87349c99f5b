"""What an operator declared and is asked to confirm, and the rule of confidentiality that governs it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.visit import Visit, go, operator_visit, page, read_form, text_of
from models.errors import AnswersInvalid, DeclarationMoved, NotFound, SendingClosed
from models.language import translate
from models.permissions import Actor, allowed
from models.services import confirmations, declarations
from models.services.declarations import Given, Standing


async def list_declarations(request: Request) -> Response:
    """Every declaration with how it stands, and the governing rule of confidentiality (R81)."""
    visit = operator_visit(request)
    found = await declarations.own_standings(visit.site, visit.actor)
    operator = await declarations.operator_record(visit.site, visit.actor.operator_id)
    context = {
        "standings": found,
        "governing": declarations.governing(visit.site, operator, found),
        "may_answer": may_answer(visit.actor),
        "due_day": visit.site.calendar.due_day,
        "now": visit.site.now(),
    }
    return page(visit, "declarations", context)


async def show_declaration(request: Request) -> Response:
    """One declaration: its words, how it stands, its answers, and the form to answer where one may."""
    visit = operator_visit(request)
    return await _draw(visit, await _standing(visit))


async def answer(request: Request) -> Response:
    """Confirm the declaration, or say that it cannot be."""
    visit = operator_visit(request)
    form = await read_form(request)
    name, sequence = visit.parameter("name"), text_of(form, "sequence", 9)
    given = Given(
        text_of(form, "answer", 20),  # type: ignore[arg-type]
        text_of(form, "text_version", 20),
        int(sequence) if sequence.isascii() and sequence.isdigit() else -1,
        text_of(form, "note", 5000),
    )
    try:
        await declarations.answer(visit.site, visit.actor, name, given)
    except AnswersInvalid as error:
        errors = [(f"#{problem.path}", problem.message(visit.language)) for problem in error.errors]
        return await _draw(visit, await _standing(visit), errors, given, error.status)
    except (DeclarationMoved, SendingClosed) as error:
        errors = [("", translate(error.public, visit.language, **error.values))]
        return await _draw(visit, await _standing(visit), errors, given, error.status)
    return go(f"/portal/declarations/{name}?done=declared")


def may_answer(actor: Actor) -> bool:
    """Whether somebody may answer for their operator: its administrator, acting for it themselves."""
    return allowed(actor, "declaration.answer") and not actor.delegate


async def _standing(visit: Visit) -> Standing:
    found = await declarations.own_standings(visit.site, visit.actor)
    one = next((each for each in found if each.name == visit.parameter("name")), None)
    if one is None:
        raise NotFound
    return one


async def _draw(
    visit: Visit,
    standing: Standing,
    errors: object = (),
    given: Given | None = None,
    status: int = 200,
) -> Response:
    operator_id: Any = visit.actor.operator_id
    context = {
        "standing": standing,
        "history": await declarations.history(operator_id, standing.name),
        "organisation": visit.site.configuration.site.organisation,
        "may_answer": may_answer(visit.actor) and "operator" in standing.rule.by,
        "asked": standing.asked,
        "reason": confirmations.reason_of(standing.asked)(visit.language) if standing.asked else "",
        "due_day": visit.site.calendar.due_day,
        "now": visit.site.now(),
        "given": given,
        "errors": errors,
    }
    return page(visit, "declaration", context, status=status)
