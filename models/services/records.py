"""Registered records as their operator and the staff may see them."""

from typing import Any

from models.documents.base import Id
from models.documents.record import Record, RecordVersion
from models.errors import NotFound
from models.permissions import Actor, allowed, require
from models.services.site import Site

LIST_LIMIT = 500
HISTORY_LIMIT = 200


def scope(actor: Actor) -> dict[str, Any]:
    """The part of every record collection this actor may see, as a query; the one rule of every list.

    Raises NotAllowed for those who may see none."""
    if allowed(actor, "record.view"):
        return {}
    require(actor, "record.view_own")
    return {"operator_id": actor.operator_id}


async def list_own(site: Site, actor: Actor, type_name: str) -> list[Record]:
    """The records of one type this actor may see, newest first (at most LIST_LIMIT)."""
    if type_name not in site.records:
        raise NotFound
    return await site.records[type_name].page(scope(actor), sort=[("_id", -1)], limit=LIST_LIMIT)


async def find_own(site: Site, actor: Actor, type_name: str, number: str) -> Record:
    """One record by its number. Raises NotFound when it is unknown or not for this actor."""
    if type_name not in site.records:
        raise NotFound
    return await site.records[type_name].by_number(number[:64], scope(actor))


async def history_of(actor: Actor, record_id: Id) -> list[RecordVersion]:
    """Every version of a record that was ever in force, newest first (at most HISTORY_LIMIT),
    for those who may see any record. Raises NotAllowed."""
    require(actor, "record.view")
    return await RecordVersion.find({"record_id": record_id}).sort("-revision").limit(HISTORY_LIMIT).to_list()
