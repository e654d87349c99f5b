"""Reviews of accounts an operator's administrator is asked for: who still needs what they have."""

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.portal.people import delegating, problems
from forms.pages.visit import Summary, Visit, go, operator_visit, page, read_form, text_of
from models.documents.base import Id, read_id
from models.documents.recertification import Recertification, RecertificationLine
from models.errors import AnswersInvalid, NotFound, ReviewClosed
from models.language import Message
from models.services import recertifying
from models.services.day_words import day_words
from models.services.roles import role_label

STATES = {
    "open": Message("To be decided"),
    "kept": Message("Still needed"),
    "stopped": Message("Stopped"),
    "gone": Message("Was stopped already"),
}


async def list_reviews(request: Request) -> Response:
    """The reviews my operator is or was asked for."""
    visit = operator_visit(request)
    found = await recertifying.own_rounds(visit.actor)
    rows = [{**_facts(visit, each), "tally": await recertifying.tally(visit.actor, each)} for each in found]
    return page(visit, "reviews", {"rows": rows, "delegating": delegating(visit)})


async def show_review(request: Request) -> Response:
    """The accounts of one review, to be confirmed or stopped."""
    visit = operator_visit(request)
    return await _draw(visit, await _named(visit))


async def decide(request: Request) -> Response:
    """Confirm or stop the accounts that are ticked."""
    visit = operator_visit(request)
    review = await _named(visit)
    form = await read_form(request)
    ticked = _ids(form.getlist("lines"))
    keep, reason = text_of(form, "deed") == "keep", text_of(form, "reason", 1000)
    try:
        await recertifying.decide(visit.site, visit.actor, review, ticked, keep=keep, reason=reason)
    except (AnswersInvalid, ReviewClosed) as error:
        return await _draw(visit, review, problems(visit, error), reason, ticked, error.status)
    return go(f"/portal/reviews/{review.id}?done={'review_kept' if keep else 'review_stopped'}")


def _ids(values: object) -> list[Id]:
    found = []
    for value in values if isinstance(values, list) else []:
        try:
            found.append(read_id(value))
        except NotFound:
            continue
    return found


async def _named(visit: Visit) -> Recertification:
    return await recertifying.find_round(visit.actor, read_id(visit.parameter("id")))


async def _draw(
    visit: Visit,
    review: Recertification,
    errors: Summary = (),
    reason: str = "",
    ticked: list[Id] | None = None,
    status: int = 200,
) -> Response:
    lines = await recertifying.lines_of(visit.actor, review)
    context = {
        **_facts(visit, review),
        "lines": [_line(visit, review, each, ticked or []) for each in lines],
        "tally": await recertifying.tally(visit.actor, review),
        "errors": errors,
        "reason": reason,
        "delegating": delegating(visit),
    }
    return page(visit, "review", context, status=status)


def _facts(visit: Visit, review: Recertification) -> dict[str, object]:
    late = review.open and review.due < visit.site.today().isoformat()
    return {"review": review, "due": day_words(review.due, visit.language), "late": late}


def _line(
    visit: Visit, review: Recertification, line: RecertificationLine, ticked: list[Id]
) -> dict[str, object]:
    return {
        "line": line,
        "role": "、".join(role_label(visit.site, name)(visit.language) for name in line.roles),
        "state": STATES[line.state](visit.language),
        "mine": recertifying.may_decide(visit.actor, review, line),
        "ticked": line.id in ticked,
    }
