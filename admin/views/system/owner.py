"""Whose something is: the operator's record, linked for those who may open it."""

from typing import Any, NamedTuple

from starlette.requests import Request

from admin.actor import actor_of, may, site_of
from admin.links import root_of
from models.documents.base import Id
from models.services.seeing import is_in_reach


class Owner(NamedTuple):
    """An operator: its number and title (only its number for those who may not see records), and its page."""

    label: str
    href: str


async def owner_of(request: Request, operator_id: Any) -> Owner | None:
    """The operator with this id; None when there is none."""
    site, actor = site_of(request), actor_of(request)
    kind = site.configuration.site.operator_type
    records = site.records.get(kind)
    if not isinstance(operator_id, Id) or records is None:
        return None
    rows = await records.rows({"_id": operator_id}, {"number": 1, "title": 1}, [("_id", 1)], 0, 1)
    if not rows:
        return None
    number = str(rows[0].get("number", ""))
    if not may(request, "record.view") or not await is_in_reach(site, actor, kind, operator_id):
        return Owner(number, "")
    return Owner(f"{number} {rows[0].get('title', '')}", f"{root_of(request)}/{kind}/detail?pk={operator_id}")
