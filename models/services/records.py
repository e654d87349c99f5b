"""Registered records as their operator and the staff may see them."""

from typing import Any

from models.documents.base import read_id
from models.documents.record import Record, RecordVersion
from models.errors import NotFound
from models.permissions import Actor, allowed, require
from models.services.site import Site

LIST_LIMIT = 500


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


async def find_by_id(site: Site, actor: Actor, type_name: str, identifier: str) -> Record:
    """One record by its id. Raises NotFound when it is unknown or not for this actor."""
    found = await site.records[type_name].get(read_id(identifier)) if type_name in site.records else None
    where = scope(actor)
    if found is None or where.get("operator_id", found.operator_id) != found.operator_id:
        raise NotFound
    return found


async def history_of(record: Record) -> list[RecordVersion]:
    """Every version of a record, newest first."""
    return await RecordVersion.find({"record_id": record.id}).sort("-revision").limit(200).to_list()
