"""Registered records as their operator and the staff may see them."""

from typing import Any

from models.access import told
from models.documents.base import Id
from models.documents.record import Record, RecordVersion
from models.errors import NotFound
from models.permissions import Actor, allowed, require
from models.services.seeing import is_in_reach, rows, seen
from models.services.site import Site

LIST_LIMIT = 500
HISTORY_LIMIT = 200


def scope(site: Site, actor: Actor, type_name: str) -> dict[str, Any]:
    """The records of a type this actor may see, as a query; the one rule of every list: whose they are, and
    what the definition in force says under ``access``.

    Raises NotFound for an unknown type, NotAllowed for those who may see no records at all."""
    ruled = rows(site, actor, type_name)
    if allowed(actor, "record.view"):
        return ruled
    require(actor, "record.view_own")
    own = {"operator_id": actor.operator_id}
    return {"$and": [own, ruled]} if ruled else own


async def list_own(site: Site, actor: Actor, type_name: str) -> list[Record]:
    """The records of one type this actor may see, newest first (at most LIST_LIMIT)."""
    where = scope(site, actor, type_name)
    return await site.records[type_name].page(where, sort=[("_id", -1)], limit=LIST_LIMIT)


async def find_own(site: Site, actor: Actor, type_name: str, number: str) -> Record:
    """One record by its number. Raises NotFound when it is unknown or not for this actor."""
    where = scope(site, actor, type_name)
    return await site.records[type_name].by_number(number[:64], where)


async def history_of(site: Site, actor: Actor, type_name: str, record_id: Id) -> list[RecordVersion]:
    """Every version of a record that was ever in force, newest first (at most HISTORY_LIMIT), with the
    answers `actor` may read, for those who may see any record. Raises NotAllowed; NotFound for a record the
    row rules keep from them."""
    require(actor, "record.view")
    if not await is_in_reach(site, actor, type_name, record_id):
        raise NotFound
    found = (
        await RecordVersion.find({"record_id": record_id}).sort("-revision").limit(HISTORY_LIMIT).to_list()
    )
    for version in found:
        version.data = told(seen(site, actor, type_name, version.schema_version), version.data)
    return found
