"""Consents to an application, on the page that follows it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.draft import Draft, load_draft
from forms.pages.follow import draw
from forms.pages.visit import go, read_form, revision_of, text_of, visit_of
from models.errors import AlreadyDone, RecordChanged, TransitionRefused
from models.language import translate
from models.services import assents
from models.services.deeds import REASON_LIMIT

REFUSALS = (AlreadyDone, RecordChanged, TransitionRefused)
"""What a consent may be refused with and the page shows, the note kept."""


async def consent(request: Request) -> Response:
    """Consent to a step of an application for one of its parties, or take that back."""
    visit = visit_of(request)
    form, step = await read_form(request), visit.parameter("step")[:64]
    draft = await load_draft(visit, visit.parameter("reference"))
    withdraws = text_of(form, "act", 20) == "withdraw"
    typed = {
        "step": step,
        "party": text_of(form, "party", 64),
        "note": text_of(form, "note", REASON_LIMIT + 1),
    }
    try:
        await (assents.withdraw if withdraws else assents.give)(
            visit.site, visit.actor, draft.application, **typed, revision=revision_of(form)
        )
    except REFUSALS as refusal:
        return await _refused(draft, typed, refusal)
    return go(f"{draft.address}?done={'consent_withdrawn' if withdraws else 'consented'}")


async def _refused(draft: Draft, typed: dict[str, str], refusal: Any) -> Response:
    """The page again, as the application is now."""
    visit = draft.visit
    said = translate(refusal.public, visit.language, **refusal.values)
    fresh = await load_draft(visit, draft.application.reference)
    return await draw(fresh, banner=said, typed=typed, status=refusal.status)
