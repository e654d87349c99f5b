"""Check your answers, and hand them over."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.draft import Draft, load_draft
from forms.pages.visit import go, page, read_form, revision_of, visit_of
from forms.pages.windows import sending_told
from forms.render.answers import Beside, tell_sections
from forms.render.names import id_of
from models.errors import AnswersInvalid, DuplicateValue, RecordChanged, SendingClosed
from models.language import Message, translate
from models.schema.reading import AnswerError, Reading
from models.services import submitting


async def show_check(request: Request) -> Response:
    """Every answer in words, with the way back to each."""
    visit = visit_of(request)
    draft = await load_draft(visit, visit.parameter("reference"))
    return draw_check(draft) if draft.is_open else go(draft.address)


async def submit(request: Request) -> Response:
    """Hand the application over, once; or the same page with everything that is still to be corrected."""
    visit = visit_of(request)
    form = await read_form(request)
    draft = await load_draft(visit, visit.parameter("reference"))
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
        errors={path.split(".")[0]: text for path, text in said.items()},
        remarks=draft.remarks,
        notes=_notes(draft, reading),
    )
    waiting = [known for known in draft.pages(reading) if known.name not in draft.application.pages_done]
    context = {
        "draft": draft,
        "sections": list(sections_of(draft, reading, beside)),
        "errors": [(place_of(draft, path), text) for path, text in said.items()],
        "banner": banner,
        "sending": sending_told(draft.visit, draft.application) if not banner else "",
        "waiting": waiting,
        "type_label": draft.compiled.definition.label,
    }
    return page(draft.visit, "check", context, status=status)


def place_of(draft: Draft, path: str) -> str:
    """The address of the field an error is at; "" when no page asks for it."""
    name = draft.plan.page_of.get(path.split(".")[0])
    return f"{draft.page_address(name)}?from=check#{id_of(path)}" if name else ""


def _notes(draft: Draft, reading: Reading) -> Mapping[str, str]:
    """What normalising changed in what was typed."""
    language = draft.visit.language
    return {
        note.path: translate("Tidied from “{typed}”.", language, typed=note.typed[:200])
        for note in reading.notes
    }


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
