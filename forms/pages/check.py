"""Check your answers, and hand them over."""

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from forms.pages import keeping, step_check
from forms.pages.around import beside_form
from forms.pages.checked import by_field, ways_of
from forms.pages.checked import place_of as place_of
from forms.pages.checked import sections_of as sections_of
from forms.pages.draft import Draft, load_draft
from forms.pages.visit import go, page, read_form, revision_of, visit_of
from forms.pages.windows import sending_told
from forms.render.answers import Answer, Beside
from models.errors import AnswersInvalid, DuplicateValue, NotFound, RecordChanged, TransitionRefused
from models.language import Message, translate
from models.schema.reading import AnswerError, Reading
from models.services import seeing, submitting


async def show_check(request: Request) -> Response:
    """Every answer in words, with the way back to each."""
    visit = visit_of(request)
    draft = await load_draft(visit, visit.parameter("reference"))
    if not draft.is_open:
        return go(draft.address)
    return await step_check.show(draft) if draft.application.step else await draw_check(draft)


async def submit(request: Request) -> Response:
    """Hand the application over, once; or the same page with everything that is still to be corrected."""
    visit = visit_of(request)
    form = await read_form(request)
    try:
        draft = await load_draft(visit, visit.parameter("reference"))
    except NotFound:
        return keeping.offer_again(visit, form)
    if draft.application.step:
        return await step_check.take(draft, form)
    try:
        await submitting.submit(
            visit.site,
            visit.actor,
            draft.application,
            revision=revision_of(form),
        )
    except AnswersInvalid as error:
        return await draw_check(draft, errors=error.errors, status=422)
    except DuplicateValue as error:
        found = (AnswerError(error.field, error.code, Message(error.public, error.values)),)
        return await draw_check(draft, errors=found, status=422)
    except TransitionRefused as error:
        said = translate(error.public, visit.language, **error.values)
        return await draw_check(draft, banner=said, status=error.status)
    except RecordChanged as error:
        fresh = await load_draft(visit, visit.parameter("reference"))
        said = translate(error.public, visit.language, **error.values)
        return await draw_check(fresh, banner=said, status=409) if fresh.is_open else go(fresh.address)
    return go(f"{draft.address}?done=submitted")


async def draw_check(
    draft: Draft, *, errors: tuple[AnswerError, ...] = (), banner: str = "", status: int = 200
) -> Response:
    """The page that checks the answers."""
    reading = draft.read()
    said = draft.say(errors)
    beside = Beside(
        errors=by_field((path, draft.located(path, text)) for path, text in said.items()),
        remarks=_by_place(draft),
        notes=_notes(draft, reading),
    )
    sections, steps = await sections_of(draft, reading, beside), list(draft.steps(reading))
    context = {
        "draft": draft,
        "sections": sections,
        "ways": ways_of(draft, reading),
        "rows": {a.name: _row_ways(draft, a) for s in sections for a in s.answers if a.rows},
        "steps": steps,
        "errors": [(place_of(draft, path), draft.located(path, text)) for path, text in said.items()],
        "banner": banner,
        "sending": sending_told(draft.visit, draft.application) if not banner else "",
        "waiting": [step for step in steps if step.state == "todo" and draft.demands(step.name)],
        "optional": [step for step in steps if step.state == "todo" and not draft.demands(step.name)],
        "beside": await beside_form(draft, reading),
        "type_label": draft.named,
        "filing": submitting.filing_step(draft.visit.site, draft.visit.actor, draft.application),
    }
    return page(draft.visit, "check", context, status=status)


def _row_ways(draft: Draft, answer: Answer) -> Sequence[str]:
    """Where the rows of a table are changed, where they have pages of their own and are open."""
    if not draft.has_row_pages(answer.name) or not _is_open(draft, answer.name):
        return ()
    return [
        draft.row_address(answer.name, number) + "?from=check" for number in range(1, len(answer.rows) + 1)
    ]


def _is_open(draft: Draft, name: str) -> bool:
    return draft.opened is None or name in draft.opened


def _by_place(draft: Draft) -> Mapping[str, Sequence[str]]:
    """The reviewer's remarks, those inside a table or group gathered at it."""
    found: dict[str, list[str]] = {}
    for path, texts in draft.remarks.items():
        found.setdefault(path.split(".")[0], []).extend(texts)
    return found


def _notes(draft: Draft, reading: Reading) -> Mapping[str, str]:
    """What normalising changed in what was typed."""
    language = draft.visit.language
    return by_field(
        (note.path, translate("Tidied from “{typed}”.", language, typed=note.typed[:200]))
        for note in reading.notes
        if seeing.is_read(draft.visit.actor, draft.form, note.path)
    )
