"""Steps of a record taken by its operator: taken at once or with what they ask for; consents; what it leads
to."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.deed import Handed, asked_beside, read_handed
from forms.pages.draft import draft_of
from forms.pages.portal.record import draw_record
from forms.pages.portal.record_told import found_record
from forms.pages.starting import open_draft
from forms.pages.step_check import home_of, refused_at, seen_in
from forms.pages.visit import Visit, go, operator_visit, page, read_form, revision_of, text_of
from models.documents.record import Record
from models.errors import (
    AlreadyDone,
    AlreadyOpen,
    NotAllowed,
    NotFound,
    RecordChanged,
    TorokuError,
    TransitionRefused,
    UploadRefused,
)
from models.schema.definition import RecordType
from models.services import consents, leading, lifecycles, records, step_answers
from models.services.deeds import REASON_LIMIT
from models.services.desks import flow_for

REFUSALS = (AlreadyDone, RecordChanged, TransitionRefused, UploadRefused)
"""What a step may be refused with and the page shows, everything typed kept."""


async def show_step(request: Request) -> Response:
    """What a step does, and the form that takes it; one that asks for answers says so first."""
    visit = operator_visit(request)
    definition, record = await found_record(visit)
    return await _draw(visit, definition, record, Handed())


async def take_step(request: Request) -> Response:
    """Take a step, or begin to fill in what it asks for."""
    visit = operator_visit(request)
    definition, record = await found_record(visit)
    form, name = await read_form(request), visit.parameter("step")[:64]
    if step_answers.asked_by(visit.site, record, name) is not None:
        return await _begin(visit, record, name)
    handed = await read_handed(form)
    try:
        deed = handed.deed()
        await lifecycles.act(
            visit.site,
            visit.actor,
            record,
            name,
            reason=deed.reason,
            evidence=deed.evidence,
            ground=deed.ground,
            basis=deed.basis,
            review_on=deed.review_on,
            revision=seen_in(text_of(form, "seen", 9)),
        )
    except REFUSALS as refusal:
        return await _refused(visit, definition, record, handed, refusal)
    return go(f"{home_of(record)}?done=step_taken")


async def _begin(visit: Visit, record: Record, name: str) -> Response:
    draft = await step_answers.begin(visit.site, visit.actor, record, name, visit.language)
    return go((await draft_of(visit, draft)).first())


async def _refused(
    visit: Visit, definition: RecordType, record: Record, handed: Handed, refusal: TorokuError
) -> Response:
    """The page again, as the record is now; where the step is gone, the record with the refusal."""
    fresh = await records.find_own(visit.site, visit.actor, definition.name, record.number)
    try:
        return await _draw(visit, definition, fresh, handed, refusal)
    except (AlreadyDone, NotAllowed, NotFound):
        raise refusal from None


async def _draw(
    visit: Visit,
    definition: RecordType,
    record: Record,
    handed: Handed,
    refusal: TorokuError | None = None,
) -> Response:
    name = visit.parameter("step")[:64]
    outcome = await lifecycles.outcome_of(visit.site, visit.actor, record, name)
    states, step = flow_for(visit.site, visit.actor, definition).states, outcome.transition
    beside, banner = refused_at(visit, refusal)
    context: dict[str, Any] = {
        "record": record,
        "home": home_of(record),
        "label": step.label,
        "help": step.help,
        "before": states[record.lifecycle].label,
        "after": states[step.to].label,
        "asks": step_answers.asked_by(visit.site, record, name) is not None,
        "does": [message(visit.language) for message in outcome.does],
        "gone": outcome.gone,
        "blocked": outcome.blocked,
        "danger": step.style == "danger",
        "asked": await asked_beside(visit, record, step, handed),
        "errors": beside,
        "banner": banner,
    }
    return page(visit, "portal_step", context, status=refusal.status if refusal else 200)


async def discard(request: Request) -> Response:
    """Give up what was filled in for a step."""
    visit = operator_visit(request)
    form = await read_form(request)
    application, record = await step_answers.find_for(visit.site, visit.actor, visit.parameter("reference"))
    await step_answers.discard(visit.site, visit.actor, application, revision=revision_of(form))
    return go(f"{home_of(record)}?done=given_up")


async def consent(request: Request) -> Response:
    """Consent to a step for one of its parties, or take that back."""
    visit = operator_visit(request)
    definition, record = await found_record(visit)
    form, step = await read_form(request), visit.parameter("step")[:64]
    withdraws = text_of(form, "act", 20) == "withdraw"
    note = (step, text_of(form, "party", 64), text_of(form, "note", REASON_LIMIT + 1))
    act = consents.withdraw if withdraws else consents.give
    try:
        await act(visit.site, visit.actor, record, *note, revision=revision_of(form))
    except REFUSALS as refusal:
        fresh = await records.find_own(visit.site, visit.actor, definition.name, record.number)
        typed = dict(zip(("step", "party", "note"), note, strict=True))
        return await draw_record(visit, definition, fresh, refusal, typed)
    return go(f"{home_of(record)}?done={'consent_withdrawn' if withdraws else 'consented'}")


async def follow_lead(request: Request) -> Response:
    """Begin the application a record leads to, with what is taken over; where the terms or a certificate are
    asked for first, by way of its gate."""
    visit = operator_visit(request)
    definition, record = await found_record(visit)
    asked = visit.parameter("index")
    index = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else -1
    offer = await leading.offer_at(visit.site, visit.actor, record, index)
    target = offer.target.applications
    if target.terms or target.certificate:
        return go(f"/apply/{offer.target.name}?from={record.type}/{record.number}/{index}")
    try:
        begun = await leading.follow(visit.site, visit.actor, record, index, visit.language)
    except (AlreadyOpen, TransitionRefused) as refusal:
        return await draw_record(visit, definition, record, refusal)
    return await open_draft(visit, begun)
