"""Secret answers of one's own: uncovered one by one with a reason, and who looked at them and why."""

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.portal.rows import definition_of
from forms.pages.visit import Summary, Visit, operator_visit, page, read_form, text_of, visit_of
from models.documents.application import Application
from models.documents.base import read_id
from models.errors import LimitReached, NotFound, RevealRefused, TorokuError
from models.language import translate
from models.permissions import require
from models.services import applications, records, revealing
from models.services.revealing import LONGEST, SHORTEST, Holder

PATH = 200
"""Longest path of an answer (characters)."""


async def ask(request: Request) -> Response:
    """The secrets of a record or an application, and why one needs to see which."""
    visit = _visit(request)
    return await _draw(visit, await _holder(visit))


async def tell(request: Request) -> Response:
    """One secret of a record or an application, this once."""
    visit = _visit(request)
    return await _tell(visit, await _holder(visit))


def _visit(request: Request) -> Visit:
    return visit_of(request) if _is_application(request) else operator_visit(request)


def _is_application(request: Request) -> bool:
    return "reference" in request.path_params


async def _holder(visit: Visit) -> Holder:
    """The application or the record the address names. Raises NotFound."""
    if _is_application(visit.request):
        return await applications.find(visit.site, visit.actor, visit.parameter("reference"))
    name = definition_of(visit).name
    return await records.find_own(visit.site, visit.actor, name, visit.parameter("number"))


async def _tell(visit: Visit, holder: Holder) -> Response:
    form = await read_form(visit.request)
    path, reason = text_of(form, "path", PATH), text_of(form, "reason", 5000)
    if not path:
        said = translate("Choose which one you need to see.", visit.language)
        return await _draw(visit, holder, [("#path", said)], 422, reason=reason)
    try:
        told = await revealing.reveal(visit.site, visit.actor, holder, path, reason)
    except (RevealRefused, LimitReached) as refusal:
        place = "#reason" if isinstance(refusal, RevealRefused) else ""
        errors = [(place, _words(visit, refusal))]
        return await _draw(visit, holder, errors, refusal.status, path=path, reason=reason)
    return await _draw(visit, holder, path=path, told=told)


def _words(visit: Visit, refusal: TorokuError) -> str:
    return translate(refusal.public, visit.language, **refusal.values)


async def _draw(
    visit: Visit,
    holder: Holder,
    errors: Summary = (),
    status: int = 200,
    *,
    path: str = "",
    reason: str = "",
    told: str = "",
) -> Response:
    hidden = await revealing.hidden_in(visit.site, visit.actor, holder)
    if not hidden:
        require(visit.actor, "secret.reveal_own")
        raise NotFound
    is_application = isinstance(holder, Application)
    one = hidden[0].path if len(hidden) == 1 else visit.request.query_params.get("path", "")[:PATH]
    context = {
        "name": holder.reference if isinstance(holder, Application) else holder.number,
        "title": holder.title,
        "back": f"/applications/{holder.reference}"
        if isinstance(holder, Application)
        else f"/portal/{holder.type}/{holder.number}",
        "of_record": not is_application,
        "hidden": [(each.path, each.label(visit.language)) for each in hidden],
        "path": path or one,
        "reason": reason,
        "told": told,
        "told_label": next((each.label(visit.language) for each in hidden if each.path == path), ""),
        "looks": await revealing.looks_at(visit.site, visit.actor, holder),
        "shortest": SHORTEST,
        "longest": LONGEST,
        "errors": errors,
    }
    return page(visit, "secrets", context, status=status)


async def list_looks(request: Request) -> Response:
    """Who looked at the secrets of my operator, the last first."""
    visit = operator_visit(request)
    asked = request.query_params.get("before", "")
    looks, before = await revealing.own_looks(visit.site, visit.actor, read_id(asked[:64]) if asked else None)
    return page(visit, "secret_looks", {"looks": looks, "later": f"?before={before}" if before else ""})
