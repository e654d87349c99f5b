"""What stands around a record on its page: panels of other records' answers, and diagrams."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request

from admin.actor import actor_of, site_of
from admin.language import language
from admin.links import root_of
from models.documents.record import Record
from models.services.around import around_record
from models.services.beside import panels_of
from models.services.drawings import drawings_of


async def around(request: Request, record: Record | None) -> dict[str, Any]:
    """The panels and diagrams of a record, for its template; none of a damaged one."""
    if record is None:
        return {"beside": [], "drawings": []}
    site, actor = site_of(request), actor_of(request)

    def address(type_name: str, row: Mapping[str, Any]) -> str:
        return f"{root_of(request)}/{type_name}/detail?{urlencode({'pk': str(row['_id'])})}"

    panels = await panels_of(site, actor, around_record(site, record), language())
    drawn = await drawings_of(site, actor, record, language(), address)
    return {"beside": panels, "drawings": drawn, "around_address": address}
