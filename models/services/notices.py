"""Notices: what the organisation tells its users (R26, R27)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.documents.base import read_id
from models.documents.notice import Notice
from models.documents.windows import Order, place_of, read_place, read_rows
from models.errors import NotFound
from models.permissions import Actor, allowed
from models.services.site import Site

LIST_LIMIT = 100
PAGE = 25

NEWEST = Order("published_at", "moment", down=True)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of notices, with the places before and after it ("" where there is nothing)."""

    notices: Sequence[Notice]
    previous: str
    following: str


async def public(site: Site, limit: int = LIST_LIMIT) -> list[Notice]:
    """Published notices for everybody, newest first."""
    return await _find(site, {"audience": "all"}, limit)


async def for_actor(site: Site, actor: Actor, limit: int = LIST_LIMIT) -> list[Notice]:
    """The published notices this actor may read, newest first."""
    return await _find(site, _audience(actor), limit)


async def page(site: Site, actor: Actor, *, after: str = "", before: str = "") -> Page:
    """A page of the published notices this actor may read, newest first. Raises SearchTooWide."""
    place, where = read_place(after or before, NEWEST), {**_audience(actor), **_published(site)}
    back = bool(before) and place is not None
    rows = await read_rows(Notice.raw(), where, NEWEST, {}, PAGE + 1, place, back=back)
    more = len(rows) > PAGE
    kept = (rows[1:] if back else rows[:PAGE]) if more else rows
    earlier, later = (more, True) if back else (place is not None, more)
    return Page(
        [Notice.model_validate(row) for row in kept],
        place_of(kept[0], NEWEST).token if kept and earlier else "",
        place_of(kept[-1], NEWEST).token if kept and later else "",
    )


async def find(site: Site, actor: Actor, identifier: str) -> Notice:
    """One published notice. Raises NotFound for others, and for those not meant for this actor."""
    where = {"_id": read_id(identifier), **_audience(actor), **_published(site)}
    found = await Notice.find_one(where)
    if found is None:
        raise NotFound
    return found


def _audience(actor: Actor) -> dict[str, Any]:
    return {} if allowed(actor, "notice.view_operators") else {"audience": "all"}


def _published(site: Site) -> dict[str, Any]:
    return {"published_at": {"$lte": site.now()}, "withdrawn_at": None}


async def _find(site: Site, audience: dict[str, Any], limit: int) -> list[Notice]:
    where = {**audience, **_published(site)}
    return await Notice.find(where).sort("-published_at").limit(limit).to_list()
