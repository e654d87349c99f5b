"""A copy of the answers: a page made for print, and the same as a file."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.check import sections_of
from forms.pages.draft import Draft, load_draft
from forms.pages.frame import frame_of
from forms.pages.handing import headers_of
from forms.pages.visit import page, visit_of
from forms.render.answers import Section
from forms.render.environment import environment
from models.errors import NotFound
from models.schema.classes import CLASSES, strictest
from models.schema.definition import kind_label
from models.schema.reading import read_data
from models.services.receipts import handed_over, receipt_of
from models.services.rights import rights


async def show_copy(request: Request) -> Response:
    """Everything that was answered, on a page to print."""
    draft = await _draft(request)
    return page(draft.visit, "copy", await _context(draft))


async def download_copy(request: Request) -> Response:
    """The same as a file: a page of HTML that stands alone, or JSON for programs. Its name is the reference
    number. Raises NotFound for any other kind."""
    draft = await _draft(request)
    kind = draft.visit.parameter("ending")
    if kind == "json":
        document = receipt_of(
            draft.visit.site, draft.visit.actor, draft.application, _answered(draft)
        ).document
        text = json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n"
        return _file(draft, text, "json", "application/json")
    if kind == "html":
        context = {"frame": frame_of(draft.visit), **await _context(draft)}
        text = environment(draft.visit.language).get_template("copy_file.html").render(context)
        return _file(draft, text, "html", "text/html; charset=utf-8")
    raise NotFound


async def _draft(request: Request) -> Draft:
    visit = visit_of(request)
    draft = await load_draft(visit, visit.parameter("reference"))
    if draft.application.step:  # what was handed over stands on the record
        raise NotFound
    return draft


def _file(draft: Draft, text: str, ending: str, media_type: str) -> Response:
    headers = headers_of(f"{draft.application.reference}.{ending}")
    return Response(text, media_type=media_type, headers=headers)


def _answered(draft: Draft) -> Mapping[str, Any]:
    handed = handed_over(draft.application)
    return draft.read().data if handed is None else handed


async def _context(draft: Draft) -> dict[str, Any]:
    application, data = draft.application, _answered(draft)
    receipt = receipt_of(draft.visit.site, draft.visit.actor, application, data)
    return {
        "draft": draft,
        "application": application,
        "kind": kind_label(draft.compiled.definition, application.kind),
        "type_label": draft.compiled.definition.label,
        "information_class": CLASSES[strictest(draft.seen.fields)],
        "sections": await _sections(draft, data),
        "receipt": receipt,
        "handed": application.submitted_at is not None,
        "rights": rights(draft.visit.site, draft.visit.language),
    }


async def _sections(draft: Draft, data: Mapping[str, Any]) -> list[Section]:
    """What was answered and what was asked besides, as the answers handed over say; where the answers are
    those of a draft, as they lead today."""
    reading = replace(read_data(draft.compiled, data, draft.variables), data=dict(data))
    return await sections_of(draft, reading)
