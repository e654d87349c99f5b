"""Applying again with the answers of an application that came to nothing."""

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.draft import Draft, load_draft
from forms.pages.starting import accepted_version, left_behind, open_draft, starting
from forms.pages.visit import page, read_form, visit_of
from models.errors import CertificateRefused, TorokuError, TransitionRefused
from models.services import repeating


async def show_again(request: Request) -> Response:
    """What is taken over, what is not and why, and the terms. Raises NotFound."""
    visit = visit_of(request)
    return await _show(await load_draft(visit, visit.parameter("reference")))


async def apply_again(request: Request) -> Response:
    """Begin the new application, or the page again with what is missing. Raises NotFound."""
    visit = visit_of(request)
    form = await read_form(request)
    draft = await load_draft(visit, visit.parameter("reference"))
    try:
        begun = await repeating.repeat(
            visit.site,
            visit.actor,
            draft.application,
            language=visit.language,
            terms_version=accepted_version(form),
        )
    except (TransitionRefused, CertificateRefused) as error:
        return await _show(draft, error)
    return await open_draft(visit, begun)


async def _show(draft: Draft, error: TorokuError | None = None) -> Response:
    visit = draft.visit
    taken = await repeating.taken_from(visit.site, visit.actor, draft.application)
    definition = visit.site.registry.current(draft.application.type).definition
    context = {
        **await starting(visit, definition, error),
        "draft": draft,
        "type_label": definition.label,
        "taken": taken,
        "left": left_behind(visit, taken.left),
    }
    return page(visit, "again", context, status=error.status if error else 200)
