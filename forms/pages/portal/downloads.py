"""Taking a list of one's own records away: asked, made, handed over."""

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.handing import hand_over
from forms.pages.portal.records import asked_of, draw_list
from forms.pages.portal.rows import definition_of
from forms.pages.visit import go, operator_visit, page, read_form, text_of
from models.errors import TransferRefused
from models.language import translate
from models.services import downloads, listings, transfers


async def ask_download(request: Request) -> Response:
    """Have the list an address asks for written to a file; a short one is handed over at once."""
    visit = operator_visit(request)
    definition = definition_of(visit)
    form = await read_form(request)
    columns = listings.columns_for(visit.site, visit.actor, definition.name)
    asked = asked_of(request.query_params, columns)
    try:
        job = await downloads.ask(
            visit.site,
            visit.actor,
            definition.name,
            asked,
            written=text_of(form, "format"),
            profile=text_of(form, "profile"),
            language=visit.language,
        )
    except TransferRefused as error:
        said = translate(error.public, visit.language, **error.values)
        return await draw_list(visit, definition, said, error.status)
    return go(f"/portal/downloads/{job.id}{'/file' if job.state == 'done' else ''}")


async def show_download(request: Request) -> Response:
    """How far a file is, and where it can be taken."""
    visit = operator_visit(request)
    job = await downloads.find(visit.site, visit.actor, visit.parameter("id"))
    definition = visit.site.registry.current(job.type).definition
    expired = transfers.is_expired(visit.site, job)
    context = {"job": job, "definition": definition, "expired": expired}
    return page(visit, "portal_download", context)


async def take_file(request: Request) -> Response:
    """The file itself."""
    visit = operator_visit(request)
    job = await downloads.find(visit.site, visit.actor, visit.parameter("id"))
    result, content = await transfers.take(visit.site, visit.actor, job)
    return hand_over(result, content)
