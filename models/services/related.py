"""What stands around a registered record: what it names, what names it, its operator's, its applications."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from models.access import seen_by
from models.documents.account import Account
from models.documents.application import Application
from models.documents.message import Message
from models.documents.record import Record
from models.language import Text
from models.permissions import Actor, require
from models.schema.definition import RecordType, walk
from models.schema.fields.structure import ReferenceField
from models.services.seeing import rows, seen
from models.services.site import Site
from models.services.spanning import spanned

MOST = 20
"""Most records or applications named of each kind."""

COUNT_LIMIT = 1000
"""Counts go no further."""

PATIENCE = 2000
"""Most milliseconds one of these questions may take."""

Row = Mapping[str, Any]

SUMMARY = {"number": 1, "title": 1, "lifecycle": 1}
APPLICATION = {"reference": 1, "kind": 1, "state": 1, "updated_at": 1, "open": 1, "type": 1}


@dataclass(frozen=True, slots=True)
class Kin:
    """Records of one type and how they are related; ``count`` goes no further than COUNT_LIMIT."""

    definition: RecordType
    label: Text
    rows: tuple[Row, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Related:
    """Everything around one record."""

    operator: Row | None
    named: tuple[Kin, ...]
    naming: tuple[Kin, ...]
    beside: tuple[Kin, ...]
    applications: tuple[Row, ...]
    accounts: int
    mails: int


async def related_to(site: Site, actor: Actor, record: Record) -> Related:
    """What is around `record`, of what `actor` may see: a few bounded, indexed questions. Raises
    NotAllowed."""
    require(actor, "record.view")
    operator, named, naming, beside, applications, accounts = await asyncio.gather(
        operator_row(site, actor, record),
        _all(_named(site, actor, record)),
        _all(_naming(site, actor, record)),
        _all(_beside(site, actor, record)),
        _applications(record),
        _accounts(record),
    )
    mails = await _mails(applications)
    return Related(operator, named, naming, beside, applications, accounts, mails)


async def _accounts(record: Record) -> int:
    """How many people the operator has; what is the organisation's own has none."""
    if record.operator_id is None:
        return 0
    where = {"operator_id": record.operator_id}
    return int(await Account.raw().count_documents(where, limit=COUNT_LIMIT))


async def operator_row(site: Site, actor: Actor, record: Record) -> Row | None:
    """The operator's own record, unless it is this one or there is none."""
    own = site.configuration.site.operator_type
    if record.operator_id is None or record.operator_id == record.id:
        return None
    where = {"$and": [{"_id": record.operator_id}, rows(site, actor, own)]}
    found = await site.records[own].rows(where, SUMMARY, [("_id", 1)], 0, 1)
    return found[0] if found else None


async def _all(asked: Iterator[Any]) -> tuple[Kin, ...]:
    found = await asyncio.gather(*asked)
    return tuple(kin for kin in found if kin.rows)


def _named(site: Site, actor: Actor, record: Record) -> Iterator[Any]:
    """The records this one's answers name."""
    definition = seen(site, actor, record.type, record.schema_version)
    for path, field in _references(definition):
        numbers = sorted(set(_values(record.data, path)))[:MOST]
        if numbers and field.to in site.records:
            yield _kin(site, actor, field.to, field.label, {"number": {"$in": numbers}})


def _naming(site: Site, actor: Actor, record: Record) -> Iterator[Any]:
    """The operator's records whose answers name this one; nothing is looked for in those of all operators."""
    for published in site.registry.all_current().values():
        definition = seen_by(actor, published.definition)
        for path, field in _references(definition):
            alike = (record.operator_id is None) == definition.is_ours
            if alike and field.to == record.type and definition.name in site.records:
                naming = spanned(site, definition.name, {f"data.{'.'.join(path)}": record.number})
                where = {"operator_id": record.operator_id, **naming}
                yield _kin(site, actor, definition.name, field.label, where)


def _beside(site: Site, actor: Actor, record: Record) -> Iterator[Any]:
    """The other records of the same operator, by type; none beside the organisation's own."""
    own = site.configuration.site.operator_type
    if record.operator_id is None:
        return
    for published in site.registry.all_current().values():
        definition = published.definition
        if definition.enabled and definition.name != own and definition.name in site.records:
            where: dict[str, Any] = {"operator_id": record.operator_id}
            if definition.name == record.type:
                where["number"] = {"$ne": record.number}
            yield _kin(site, actor, definition.name, definition.plural or definition.label, where)


async def _kin(site: Site, actor: Actor, type_name: str, label: Text, where: Row) -> Kin:
    ruled = {"$and": [where, rule]} if (rule := rows(site, actor, type_name)) else where
    records = site.records[type_name]
    found, count = await asyncio.gather(
        records.rows(ruled, SUMMARY, [("number", 1)], 0, MOST), records.count(ruled, COUNT_LIMIT)
    )
    return Kin(site.registry.current(type_name).definition, label, tuple(found), count)


def _references(definition: RecordType) -> Iterator[tuple[tuple[str, ...], ReferenceField]]:
    for path, field in walk(definition.fields):
        if isinstance(field, ReferenceField):
            yield path, field


def _values(data: Any, path: tuple[str, ...]) -> Iterator[str]:
    """The texts at a path of the definition, in every row of a table on the way."""
    if isinstance(data, list):
        for row in data:
            yield from _values(row, path)
    elif path and isinstance(data, Mapping):
        yield from _values(data.get(path[0]), path[1:])
    elif not path and isinstance(data, str) and data:
        yield data


async def _applications(record: Record) -> tuple[Row, ...]:
    """The applications about this record, newest first: found among its operator's, as that is indexed."""
    where = {"operator_id": record.operator_id, "record_id": record.id}
    cursor = Application.raw().find(where, APPLICATION, max_time_ms=PATIENCE)
    return tuple(await cursor.sort("updated_at", -1).limit(MOST).to_list(None))


async def _mails(applications: tuple[Row, ...]) -> int:
    ids = [row["_id"] for row in applications]
    return int(await Message.raw().count_documents({"application_id": {"$in": ids}}, limit=COUNT_LIMIT))
