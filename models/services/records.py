"""Registered records as their operator and the staff may see them."""

from typing import Any

from models.access import rows_for
from models.documents.base import Id
from models.documents.record import Record, RecordVersion
from models.permissions import Actor, allowed, require
from models.services.site import Site

LIST_LIMIT = 500
HISTORY_LIMIT = 200


def scope(site: Site, actor: Actor, type_name: str) -> dict[str, Any]:
    """The records of a type this actor may see, as a query; the one rule of every list: whose they are, and
    what the definition in force says under ``access``.

    Raises NotFound for an unknown type, NotAllowed for those who may see no records at all."""
    rows = rows_for(actor, site.registry.current(type_name).definition, site.today())
    if allowed(actor, "record.view"):
        return rows
    require(actor, "record.view_own")
    own = {"operator_id": actor.operator_id}
    return {"$and": [own, rows]} if rows else own


async def list_own(site: Site, actor: Actor, type_name: str) -> list[Record]:
    """The records of one type this actor may see, newest first (at most LIST_LIMIT)."""
    where = scope(site, actor, type_name)
    return await site.records[type_name].page(where, sort=[("_id", -1)], limit=LIST_LIMIT)


async def find_own(site: Site, actor: Actor, type_name: str, number: str) -> Record:
    """One record by its number. Raises NotFound when it is unknown or not for this actor."""
    where = scope(site, actor, type_name)
    return await site.records[type_name].by_number(number[:64], where)


async def history_of(actor: Actor, record_id: Id) -> list[RecordVersion]:
    """Every version of a record that was ever in force, newest first (at most HISTORY_LIMIT),
    for those who may see any record. Raises NotAllowed."""
    require(actor, "record.view")
    return await RecordVersion.find({"record_id": record_id}).sort("-revision").limit(HISTORY_LIMIT).to_list()
