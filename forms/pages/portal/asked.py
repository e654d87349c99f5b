"""What an operator was asked for: what, by when, last time's answers, and questions back to the office."""

from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.draft import Draft, draft_of
from forms.pages.portal.rows import told
from forms.pages.visit import (
    Summary,
    Visit,
    go,
    operator_visit,
    page,
    read_form,
    revision_of,
    text_of,
)
from forms.render.answers import Answer, Beside, tell_answers
from models.documents.application import Application
from models.errors import AlreadyDone, AnswersInvalid
from models.permissions import allowed
from models.services import asked
from models.services.applications import is_with_applicant
from models.services.asking import own_fields
from models.services.threads import LONGEST


async def show_asked(request: Request) -> Response:
    """What is asked, and the ways to answer it. Raises NotFound, SignInRequired."""
    visit = operator_visit(request)
    return await _draw(visit, await _find(visit))


async def write(request: Request) -> Response:
    """Write to the office; refused, the page comes back with what was typed."""
    visit = operator_visit(request)
    found, form = await _find(visit), await read_form(request)
    text = text_of(form, "text", LONGEST + 1)
    try:
        with suppress(AlreadyDone):
            await asked.write(visit.site, visit.actor, found, text, text_of(form, "key", 64))
    except AnswersInvalid as error:
        said = [(f"#{each.path}", each.message(visit.language)) for each in error.errors]
        return await _draw(visit, found, text, said)
    return go(f"/portal/asked/{found.reference}?done=message_sent")


async def take_over(request: Request) -> Response:
    """Put last time's answers in, then on to the form."""
    visit = operator_visit(request)
    found, form = await _find(visit), await read_form(request)
    await asked.take_over(visit.site, visit.actor, found, revision=revision_of(form))
    return go(f"/applications/{found.reference}")


async def _find(visit: Visit) -> Application:
    return await asked.find_asked(visit.site, visit.actor, visit.parameter("reference"))


async def _draw(visit: Visit, found: Application, text: str = "", errors: Summary = ()) -> Response:
    may_write, draft = allowed(visit.actor, "application.write_own"), await draft_of(visit, found)
    context: dict[str, Any] = {
        "application": found,
        "wanted": _wanted(draft),
        "first": draft.first(),
        "row": told(visit, found),
        "writing": may_write and found.open and is_with_applicant(visit.site, found),
        "may_write": may_write,
        "last": await asked.last_record(visit.site, visit.actor, found),
        "messages": await asked.thread_of(visit.site, visit.actor, found),
        "key": visit.site.entropy(16).hex(),
        "text": text,
        "most": LONGEST,
        "errors": errors,
    }
    return page(visit, "portal_asked", context, status=422 if errors else 200)


def _wanted(draft: Draft) -> list[Answer]:
    """What the staff filled in when they asked, as far as they did."""
    fields, data = own_fields(draft.seen), draft.read().data
    told = tell_answers(fields, data, draft.visit.language, lambda _upload: "", Beside())
    return [each for each in told if each.text or each.rows or each.parts]
