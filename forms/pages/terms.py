"""The terms of use: the version in force, every other, what changed; the gate of whoever has to accept."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.visit import Visit, go, local_path, operator_visit, page, read_form, text_of, visit_of
from models.configuration.terms import TermsText
from models.errors import NotFound, TermsMoved
from models.language import translate
from models.passages import compared
from models.services import accepting, terms


async def show_terms(request: Request) -> Response:
    """The version in force, readable by everybody (R4)."""
    visit = visit_of(request)
    return _shown(visit, terms.in_force(visit.site))


async def show_version(request: Request) -> Response:
    """One version, in force or not (R3, R6)."""
    visit = visit_of(request)
    return _shown(visit, terms.find_version(visit.site, visit.parameter("version")))


def _shown(visit: Visit, text: TermsText | None) -> Response:
    context = {
        **_around(visit),
        "shown": text,
        "earlier": terms.before(visit.site, text) if text else None,
        "ahead": text is not None and text.effective_from > visit.site.today(),
    }
    return page(visit, "terms", context)


def _around(visit: Visit) -> dict[str, Any]:
    """What every page about the terms tells."""
    site = visit.site
    return {
        "in_force": terms.in_force(site),
        "coming": terms.coming(site),
        "versions": terms.versions(site),
    }


async def show_history(request: Request) -> Response:
    """Every version with its dates and what changed (R3)."""
    return page(visit_of(request), "terms_history", _around(visit_of(request)))


async def show_changes(request: Request) -> Response:
    """What a version changed, beside the one before it, paragraph by paragraph."""
    visit = visit_of(request)
    text = terms.find_version(visit.site, visit.parameter("version"))
    earlier = terms.before(visit.site, text)
    if earlier is None:
        raise NotFound
    context = {"shown": text, "earlier": earlier, "rows": compared(earlier.body, text.body)}
    return page(visit, "terms_changes", context)


async def show_gate(request: Request) -> Response:
    """What somebody of an operator has to accept before anything else; what was accepted, once it is."""
    visit = operator_visit(request)
    wanted = local_path(request.query_params.get("next", ""), "/portal")
    return await _gate(visit, wanted)


async def accept(request: Request) -> Response:
    """Accept the version read, and go on to where one wanted to go."""
    visit = operator_visit(request)
    form = await read_form(request)
    wanted = local_path(text_of(form, "next", 2000), "/portal")
    if text_of(form, "accept") != "yes":
        said = translate("Tick the box to say that you accept the terms of use.", visit.language)
        return await _gate(visit, wanted, said, 422)
    try:
        await accepting.accept_terms(visit.site, visit.actor, text_of(form, "terms_version"))
    except TermsMoved as error:
        return await _gate(visit, wanted, translate(error.public, visit.language), error.status)
    return go(wanted)


async def close_news(request: Request) -> Response:
    """The account was told of a change: the line about it comes no more."""
    visit = operator_visit(request)
    form = await read_form(request)
    await accepting.note_told(visit.site, visit.actor, text_of(form, "version"))
    return go(local_path(text_of(form, "next", 2000), "/portal"))


async def _gate(visit: Visit, wanted: str, problem: str = "", status: int = 200) -> Response:
    owes = accepting.owes_acceptance(visit.site, visit.actor)
    context: Mapping[str, Any] = {
        "owes": owes,
        "terms": terms.in_force(visit.site) if owes else None,
        "in_force": terms.in_force(visit.site),
        "coming": terms.coming(visit.site),
        "accepted": await accepting.own_acceptances(visit.actor),
        "delegate": visit.actor.delegate,
        "next": wanted,
        "errors": [("#accept", problem)] if problem else (),
    }
    return page(visit, "terms_gate", context, status=status)
