"""Notices: what the organisation tells its users (R26, R27)."""

from typing import Any

from models.documents.base import read_id
from models.documents.notice import Notice
from models.errors import NotFound
from models.permissions import Actor, allowed
from models.services.site import Site

LIST_LIMIT = 100


async def public(site: Site, limit: int = LIST_LIMIT) -> list[Notice]:
    """Published notices for everybody, newest first."""
    return await _find(site, {"audience": "all"}, limit)


async def for_actor(site: Site, actor: Actor, limit: int = LIST_LIMIT) -> list[Notice]:
    """The published notices this actor may read, newest first."""
    return await _find(site, _audience(actor), limit)


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
