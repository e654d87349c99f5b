"""A record on paper: everything its reader may see of it, its course and its consents, nothing else."""

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.around import around_of
from forms.pages.portal.record_told import chapter_told, found_record, sections_told, times_told
from forms.pages.step_check import home_of
from forms.pages.visit import operator_visit, page
from models.services import chapters
from models.services.desks import desk_of, flow_for, party_named
from models.services.rights import rights
from models.services.variables import operator_of

CHAPTERS = 200
"""Most versions told on paper."""


async def show_print(request: Request) -> Response:
    """The record as it is in force, to be printed or kept as a file."""
    visit = operator_visit(request)
    site, actor, language = visit.site, visit.actor, visit.language
    definition, record = await found_record(visit)
    told = await chapters.history(site, actor, definition.name, record.id, language, limit=CHAPTERS)
    desk, operator = await desk_of(site, actor, record), await operator_of(site, record.operator_id)
    states = flow_for(site, actor, definition).states
    context = {
        "definition": definition,
        "record": record,
        "home": home_of(record),
        "state": states[record.lifecycle].label if record.lifecycle in states else record.lifecycle,
        "began": party_named(site, record),
        "operator": operator.title if operator else "",
        "desk": desk,
        "times": times_told(visit, desk),
        "sections": await sections_told(visit, record, record.data, record.schema_version),
        "around": await around_of(visit, record),
        "chapters": [chapter_told(visit, definition, record, each) for each in told.chapters][::-1],
        "rights": rights(site, language),
        "printed": site.now(),
    }
    return page(visit, "record_print", context)
