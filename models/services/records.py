"""Registered records as their operator and the staff may see them."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from models.access import told
from models.documents.base import Id, read_id
from models.documents.record import Record, RecordVersion
from models.documents.store import Attachment
from models.errors import NotFound
from models.permissions import Actor, allowed, require
from models.services.seeing import holds, is_in_reach, rows, seen
from models.services.site import Site

HISTORY_LIMIT = 200


def scope(site: Site, actor: Actor, type_name: str) -> dict[str, Any]:
    """The records of a type this actor may see, as a query; the one rule of every list: whose they are, and
    what the definition in force says under ``access``.

    Raises NotFound for an unknown type, NotAllowed for those who may see no records at all."""
    ruled = rows(site, actor, type_name)
    if allowed(actor, "record.view"):
        return ruled
    require(actor, "record.view_own")
    ours = site.registry.current(type_name).definition.is_ours
    own = {"operator_id": None if ours else actor.operator_id}
    return {"$and": [own, ruled]} if ruled else own


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


SHAPE: Mapping[str, type | tuple[type, ...]] = {
    "type": str,
    "number": str,
    "title": str,
    "schema_version": int,
    "operator_id": (Id, type(None)),
    "lifecycle": str,
    "data": Mapping,
    "attic": list,
    "revision": int,
    "created_at": datetime,
    "updated_at": datetime,
}
"""What a stored record holds besides what is derived."""


def damage_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The parts of a stored record that are missing or of another kind than they should be."""
    optional = ("title", "attic")
    return tuple(
        name
        for name, kind in SHAPE.items()
        if not isinstance(row.get(name), kind) and not (name in optional and row.get(name) is None)
    )


async def open_file(
    site: Site, actor: Actor, row: Mapping[str, Any], identifier: str
) -> tuple[Attachment, AsyncIterator[bytes]]:
    """An upload of a record and its bytes: one of its answers, of an earlier version's, or handed in as
    evidence, which is for the staff and for the operator that handed it in. An operator's are those of its
    own records, and of those of the organisation that are open to operators.

    Raises NotAllowed; NotFound for one that is among nothing this actor may read."""
    if not allowed(actor, "record.view"):
        require(actor, "record.view_own")
        if not await _is_for(site, actor, row):
            raise NotFound
    if not await _is_read(site, actor, row, identifier):
        raise NotFound
    stored = await site.store.attachments.get(read_id(identifier))
    if stored is None:
        raise NotFound
    return stored, site.store.attachments.read(stored.id)


async def _is_for(site: Site, actor: Actor, row: Mapping[str, Any]) -> bool:
    """Whether a record is among those this operator sees."""
    name = str(row.get("type", ""))
    own = actor.operator_id is not None and name in site.records
    return own and await site.records[name].taken({"$and": [scope(site, actor, name), {"_id": row["_id"]}]})


async def _is_read(site: Site, actor: Actor, row: Mapping[str, Any], identifier: str) -> bool:
    parts = {"data": 1, "schema_version": 1, "evidence": 1, "by.kind": 1}
    versions = RecordVersion.raw().find({"record_id": row["_id"]}, parts).sort("revision", -1)
    return _is_among(site, actor, row, row, identifier) or any(
        [_is_among(site, actor, row, version, identifier) async for version in versions.limit(HISTORY_LIMIT)]
    )


def _is_among(
    site: Site, actor: Actor, row: Mapping[str, Any], held: Mapping[str, Any], identifier: str
) -> bool:
    """Whether a record or version holds the upload where this actor may read it."""
    data, version = held.get("data"), held.get("schema_version")
    form = seen(site, actor, str(row.get("type", "")), version if isinstance(version, int) else 0)
    answered = told(form, data) if isinstance(data, Mapping) else {}
    handed_in = held.get("evidence") if _sees_evidence(actor, held) else None
    return holds(answered, identifier) or holds(handed_in, identifier)


def _sees_evidence(actor: Actor, held: Mapping[str, Any]) -> bool:
    """Whether what came with a step is for `actor`: for the staff, and for the operator that handed it in."""
    by = held.get("by")
    theirs = isinstance(by, Mapping) and by.get("kind") == "operator"
    return theirs or allowed(actor, "record.view")
