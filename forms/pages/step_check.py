"""The last page of the answers of a step: everything once more, what the step does, and the button that takes
it. It stands in the portal and, inset, in the staff's pages."""

from collections.abc import Sequence
from typing import Any

from starlette.datastructures import FormData
from starlette.responses import Response

from forms.pages.checked import by_field, place_of, sections_of, ways_of
from forms.pages.deed import Handed, asked_beside, read_handed
from forms.pages.draft import Draft, load_draft
from forms.pages.visit import Visit, go, page, revision_of, text_of
from forms.render.answers import Beside
from models.documents.application import Application
from models.documents.record import Record
from models.errors import (
    AlreadyDone,
    AnswersInvalid,
    DuplicateValue,
    NotAllowed,
    RecordChanged,
    TorokuError,
    TransitionRefused,
    UploadRefused,
)
from models.language import Message, translate
from models.schema.reading import AnswerError
from models.services import lifecycles, step_answers


async def show(draft: Draft) -> Response:
    """Every answer the step asks for, and what it does."""
    record = await step_answers.record_of(draft.visit.site, draft.visit.actor, draft.application)
    return await _draw(draft, record, Handed())


async def take(draft: Draft, form: FormData) -> Response:
    """Take the step, once; or the same page with everything that is still to be corrected."""
    visit = draft.visit
    handed = await read_handed(form)
    try:
        await step_answers.take(
            visit.site,
            visit.actor,
            draft.application,
            handed.deed(),
            revision=revision_of(form),
            seen=seen_in(text_of(form, "seen", 9)),
        )
    except AnswersInvalid as error:
        return await _again(draft, handed, errors=error.errors)
    except DuplicateValue as error:
        found = (AnswerError(error.field, error.code, Message(error.public, error.values)),)
        return await _again(draft, handed, errors=found)
    except (AlreadyDone, NotAllowed, RecordChanged, TransitionRefused, UploadRefused) as error:
        return await _again(draft, handed, refusal=error)
    return go(f"{draft.address}?done=submitted")


def seen_in(text: str) -> int:
    """The version of the record a form was drawn with; -1, which none has, for what is no number."""
    return int(text) if text.isascii() and text.isdigit() else -1


async def _again(
    draft: Draft,
    handed: Handed,
    *,
    errors: Sequence[AnswerError] = (),
    refusal: TorokuError | None = None,
) -> Response:
    """The page as it is now, with what is wrong; what was written is kept where the step is gone."""
    visit = draft.visit
    fresh = await load_draft(visit, draft.application.reference)
    record = await step_answers.record_of(visit.site, visit.actor, fresh.application)
    return await _draw(fresh, record, handed, errors=errors, refusal=refusal)


async def _draw(
    draft: Draft,
    record: Record,
    handed: Handed,
    *,
    errors: Sequence[AnswerError] = (),
    refusal: TorokuError | None = None,
) -> Response:
    visit, application, reading = draft.visit, draft.application, draft.read()
    said = draft.say(errors)
    told = [(place_of(draft, path), draft.located(path, text)) for path, text in said.items()]
    beside, banner = refused_at(visit, refusal)
    context = {
        "draft": draft,
        "record": record,
        "sections": await sections_of(draft, reading, Beside(errors=by_field(said.items()))),
        "ways": ways_of(draft, reading),
        "errors": [*told, *beside],
        "banner": banner,
        "deed_errors": beside,
        "label": draft.named,
        **await _outcome(draft, record, handed),
    }
    status = refusal.status if refusal else 422 if errors else 200
    return page(visit, "step_check", {**context, "reference": application.reference}, status=status)


def refused_at(visit: Visit, refusal: TorokuError | None) -> tuple[list[tuple[str, str]], str]:
    """A refusal at the box it is about, or as a banner."""
    if refusal is None:
        return [], ""
    said = translate(refusal.public, visit.language, **refusal.values)
    name = "evidence" if isinstance(refusal, UploadRefused) else getattr(refusal, "field", "")
    return ([(f"#{name}", said)], "") if name else ([], said)


async def _outcome(draft: Draft, record: Record, handed: Handed) -> dict[str, Any]:
    """What the step does and asks for besides; where it cannot be taken any more, only that."""
    visit = draft.visit
    flow = visit.site.lifecycles[draft.compiled.definition.lifecycle]
    transition = flow.transitions[draft.application.step]
    possible = dict(lifecycles.possible_actions(visit.site, visit.actor, record))
    states = flow.shown_to(visit.actor.kind).states
    return {
        "possible": draft.application.step in possible,
        "before": states[record.lifecycle].label if record.lifecycle in states else "",
        "after": states[transition.to].label,
        "danger": transition.style == "danger",
        "asked": await asked_beside(visit, record, transition, handed),
    }


def home_of(record: Record) -> str:
    """The address of a record's own page."""
    return f"/portal/{record.type}/{record.number}"


async def to_record(visit: Visit, application: Application, done: str) -> Response:
    """The way from the answers of a step to its record, with a word about what was done."""
    record = await step_answers.record_of(visit.site, visit.actor, application)
    return go(f"{home_of(record)}?done={done}" if done else home_of(record))
