"""Check your answers, and hand them over."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from forms.pages import keeping
from forms.pages.draft import Draft, load_draft
from forms.pages.visit import go, page, read_form, revision_of, visit_of
from forms.pages.windows import sending_told
from forms.render.answers import Answer, Beside, tell_sections
from forms.render.names import id_of
from models.errors import AnswersInvalid, DuplicateValue, NotFound, RecordChanged, SendingClosed
from models.language import Message, translate
from models.schema.reading import AnswerError, Reading
from models.services import seeing, submitting


async def show_check(request: Request) -> Response:
    """Every answer in words, with the way back to each."""
    visit = visit_of(request)
    draft = await load_draft(visit, visit.parameter("reference"))
    return draw_check(draft) if draft.is_open else go(draft.address)


async def submit(request: Request) -> Response:
    """Hand the application over, once; or the same page with everything that is still to be corrected."""
    visit = visit_of(request)
    form = await read_form(request)
    try:
        draft = await load_draft(visit, visit.parameter("reference"))
    except NotFound:
        return keeping.offer_again(visit, form)
    try:
        await submitting.submit(
            visit.site,
            visit.actor,
            draft.application,
            revision=revision_of(form),
        )
    except AnswersInvalid as error:
        return draw_check(draft, errors=error.errors, status=422)
    except DuplicateValue as error:
        found = (AnswerError(error.field, error.code, Message(error.public, error.values)),)
        return draw_check(draft, errors=found, status=422)
    except SendingClosed as error:
        said = translate(error.public, visit.language, **error.values)
        return draw_check(draft, banner=said, status=error.status)
    except RecordChanged as error:
        fresh = await load_draft(visit, visit.parameter("reference"))
        said = translate(error.public, visit.language, **error.values)
        return draw_check(fresh, banner=said, status=409) if fresh.is_open else go(fresh.address)
    return go(f"{draft.address}?done=submitted")


def draw_check(
    draft: Draft, *, errors: tuple[AnswerError, ...] = (), banner: str = "", status: int = 200
) -> Response:
    """The page that checks the answers."""
    reading = draft.read()
    said = draft.say(errors)
    beside = Beside(
        errors=_by_field((path, draft.located(path, text)) for path, text in said.items()),
        remarks=_by_place(draft),
        notes=_notes(draft, reading),
    )
    sections = list(sections_of(draft, reading, beside))
    context = {
        "draft": draft,
        "sections": sections,
        "ways": _ways(draft, reading),
        "rows": {a.name: _row_ways(draft, a) for s in sections for a in s.answers if a.rows},
        "steps": draft.steps(reading),
        "errors": [(place_of(draft, path), draft.located(path, text)) for path, text in said.items()],
        "banner": banner,
        "sending": sending_told(draft.visit, draft.application) if not banner else "",
        "waiting": [step for step in draft.steps(reading) if step.state == "todo"],
        "type_label": draft.compiled.definition.label,
    }
    return page(draft.visit, "check", context, status=status)


def place_of(draft: Draft, path: str) -> str:
    """The address of the field an error is at; "" when no page asks for it."""
    name = draft.plan.page_of.get(path.split(".")[0])
    if not name:
        return ""
    return draft.row_place(path, "?from=check") or f"{draft.page_address(name)}?from=check#{id_of(path)}"


def _ways(draft: Draft, reading: Reading) -> Mapping[str, str]:
    """Where each answer that may be changed now is changed, by field."""
    if draft.application.kind == "delete":
        return {}
    pages = draft.pages(reading)
    return {name: place_of(draft, name) for page in pages for name in draft.open_names(page, reading)}


def _row_ways(draft: Draft, answer: Answer) -> Sequence[str]:
    """Where the rows of a table are changed, where they have pages of their own and are open."""
    if not draft.has_row_pages(answer.name) or not _is_open(draft, answer.name):
        return ()
    return [
        draft.row_address(answer.name, number) + "?from=check" for number in range(1, len(answer.rows) + 1)
    ]


def _is_open(draft: Draft, name: str) -> bool:
    return draft.opened is None or name in draft.opened


def _by_field(said: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Texts by path, gathered at the field they are inside of."""
    found: dict[str, list[str]] = {}
    for path, text in said:
        found.setdefault(path.split(".")[0], []).append(text)
    return {name: "\n".join(dict.fromkeys(texts)) for name, texts in found.items()}


def _by_place(draft: Draft) -> Mapping[str, Sequence[str]]:
    """The reviewer's remarks, those inside a table or group gathered at it."""
    found: dict[str, list[str]] = {}
    for path, texts in draft.remarks.items():
        found.setdefault(path.split(".")[0], []).extend(texts)
    return found


def _notes(draft: Draft, reading: Reading) -> Mapping[str, str]:
    """What normalising changed in what was typed."""
    language = draft.visit.language
    return _by_field(
        (note.path, translate("Tidied from “{typed}”.", language, typed=note.typed[:200]))
        for note in reading.notes
        if seeing.is_read(draft.visit.actor, draft.form, note.path)
    )


def sections_of(draft: Draft, reading: Reading, beside: Beside | None = None) -> Any:
    """The answers of an application, page by page, its uploads linked."""

    def address(upload: Mapping[str, Any]) -> str:
        return f"{draft.files}/{upload['id']}"

    return tell_sections(
        draft.seen,
        reading.data,
        draft.visible(reading),
        draft.visit.language,
        address,
        beside,
    )
