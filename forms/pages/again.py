"""Applying again with the answers of an application that came to nothing."""

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.draft import Draft, draft_of, load_draft
from forms.pages.visit import go, page, read_form, text_of, visit_of
from models.errors import CertificateRefused, SendingClosed, TorokuError, TransitionRefused
from models.language import translate
from models.services import certificates, repeating, terms


async def show_again(request: Request) -> Response:
    """What is taken over, what is not, and the terms. Raises NotFound."""
    visit = visit_of(request)
    return await _show(await load_draft(visit, visit.parameter("reference")))


async def apply_again(request: Request) -> Response:
    """Begin the new application, or the page again with what is missing. Raises NotFound."""
    visit = visit_of(request)
    form = await read_form(request)
    draft = await load_draft(visit, visit.parameter("reference"))
    version = text_of(form, "terms_version") if text_of(form, "accept") == "yes" else None
    try:
        begun = await repeating.repeat(
            visit.site, visit.actor, draft.application, language=visit.language, terms_version=version
        )
    except (TransitionRefused, CertificateRefused) as error:
        return await _show(draft, error)
    if visit.actor.kind == "visitor" and begun.id is not None:
        await visit.browser.remember_application(begun.id)
    return go((await draft_of(visit, begun)).first())


async def _show(draft: Draft, error: TorokuError | None = None) -> Response:
    visit = draft.visit
    taken = await repeating.taken_from(visit.site, visit.actor, draft.application)
    definition = visit.site.registry.current(draft.application.type).definition
    wanted = definition.applications.certificate is not None
    context = {
        "draft": draft,
        "type_label": definition.label,
        "taken": taken,
        "terms": terms.in_force(visit.site) if definition.applications.terms else None,
        "wants_certificate": wanted,
        "certificate": await certificates.find(visit.site, visit.actor.certificate) if wanted else None,
        "upload": visit.offers_certificate_upload,
        "errors": [_problem(draft, error)] if error else (),
    }
    return page(visit, "again", context, status=error.status if error else 200)


def _problem(draft: Draft, error: TorokuError) -> tuple[str, str]:
    said = translate(error.public, draft.visit.language, **error.values)
    if isinstance(error, CertificateRefused):
        return "#certificate", said
    definition = draft.visit.site.registry.current(draft.application.type).definition
    at_terms = definition.applications.terms and not isinstance(error, SendingClosed)
    return "#accept" if at_terms else "", said
