"""Beginning a registration with the answers of an earlier one: choosing it, seeing what comes along."""

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.portal.rows import definition_of
from forms.pages.starting import accepted_version, left_behind, open_draft, starting
from forms.pages.visit import Visit, operator_visit, page, read_form, text_of
from forms.render.answers import Beside, tell_answers
from models.errors import CertificateRefused, SearchTooWide, TorokuError, TransitionRefused
from models.language import translate
from models.schema.definition import RecordType
from models.services import copying, seeing
from models.services.copying import Source

LONGEST = 100


async def choose_source(request: Request) -> Response:
    """Which registration or application to begin with; with ``?record=`` or ``?application=`` what comes
    along of that one."""
    visit = operator_visit(request)
    definition = definition_of(visit)
    asked = request.query_params
    for origin in ("record", "application"):
        if name := asked.get(origin, ""):
            source = await copying.find_source(visit.site, visit.actor, definition.name, origin, name)
            return await _show(visit, definition, source)
    return await _choose(visit, definition, asked.get("q", "").strip()[:LONGEST])


async def _choose(visit: Visit, definition: RecordType, text: str) -> Response:
    said = ""
    try:
        records, sent = await copying.sources(visit.site, visit.actor, definition.name, text)
    except SearchTooWide as error:
        records, sent, said = (), (), translate(error.public, visit.language, **error.values)
    lifecycle = visit.site.lifecycles[definition.lifecycle].shown_to("operator").states
    context = {
        "definition": definition,
        "records": records,
        "sent": sent,
        "text": text,
        "said": said,
        "states": {name: state.label(visit.language) for name, state in lifecycle.items()},
    }
    return page(visit, "copy_from", context)


async def begin_copy(request: Request) -> Response:
    """Begin the registration; the page again with what is missing."""
    visit = operator_visit(request)
    form = await read_form(request)
    definition = definition_of(visit)
    origin, name = text_of(form, "origin"), text_of(form, "name")
    source = await copying.find_source(visit.site, visit.actor, definition.name, origin, name)
    try:
        begun = await copying.copy(
            visit.site,
            visit.actor,
            source,
            language=visit.language,
            terms_version=accepted_version(form),
        )
    except (TransitionRefused, CertificateRefused) as error:
        return await _show(visit, definition, source, error)
    return await open_draft(visit, begun, "?done=copied")


async def _show(
    visit: Visit, definition: RecordType, source: Source, error: TorokuError | None = None
) -> Response:
    """What comes along, what does not and why, and what is needed to begin."""
    found = copying.copied(visit.site, visit.actor, source)
    form = seeing.seen(visit.site, visit.actor, source.type, visit.site.registry.current(source.type).version)
    fields = [field for field in form.fields if field.name in found.answers]
    context = {
        **await starting(visit, definition, error),
        "definition": definition,
        "source": source,
        "answers_taken": list(
            tell_answers(fields, found.answers, visit.language, lambda _upload: "", Beside())
        ),
        "left": left_behind(visit, found.left),
    }
    return page(visit, "copy_begin", context, status=error.status if error else 200)
