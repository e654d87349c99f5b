"""What stands around a form and a record: panels of other records' answers, and diagrams."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from forms.pages.draft import Draft
from forms.pages.visit import Visit
from forms.render.environment import environment
from models.documents.record import Record
from models.schema.reading import Reading
from models.services.around import around_application, around_record
from models.services.beside import panels_of
from models.services.drawings import drawings_of


async def beside_form(draft: Draft, reading: Reading) -> Markup:
    """The panels beside a form with these answers, drawn; nothing where its type has none."""
    visit = draft.visit
    centre = around_application(visit.site, draft.application, reading.data)
    panels = await panels_of(visit.site, visit.actor, centre, visit.language)
    return _drawn(visit, "beside", panels) if panels else Markup()


async def around_of(visit: Visit, record: Record) -> Mapping[str, Markup]:
    """The panels and the diagrams of a record, drawn."""
    panels = await panels_of(visit.site, visit.actor, around_record(visit.site, record), visit.language)
    drawn = await drawings_of(visit.site, visit.actor, record, visit.language, _address)
    return {"beside": _drawn(visit, "beside", panels, True), "drawings": _drawn(visit, "drawings", drawn)}


def _drawn(visit: Visit, macro: str, *given: Any) -> Markup:
    """A macro of ``templates/around.html``."""
    module = environment(visit.language).get_template("around.html").module
    return Markup(getattr(module, macro)(*given))  # noqa: S704 - the template escapes


def _address(type_name: str, row: Mapping[str, Any]) -> str:
    return f"/portal/{type_name}/{row['number']}"
