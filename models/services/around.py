"""Records found from others: those their references lead to, and those that fulfil a condition about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.documents.application import Application
from models.documents.base import Id
from models.documents.record import Record
from models.schema.conditions import compile_condition
from models.schema.database_query import for_database
from models.schema.fields.structure import ReferenceField
from models.services.carrying import as_carried, carry
from models.services.site import Site
from models.services.spanning import led_on, spanned, untold

Query = dict[str, Any]

ROW = {"type": 1, "number": 1, "title": 1, "data": 1, "schema_version": 1, "lifecycle": 1, "operator_id": 1}

FOLLOWING = 500
"""Most records of earlier versions that are led on to see whether they fulfil a condition."""


@dataclass(frozen=True, slots=True)
class Centre:
    """What is looked out from: the answers of a record or an application, and whose it is."""

    type: str
    operator_id: Id | None
    answers: Mapping[str, Any]
    number: str = ""
    lifecycle: str = ""

    @property
    def facts(self) -> dict[str, Any]:
        """What ``$$RECORD`` stands for."""
        named = {"number": self.number, "lifecycle": self.lifecycle, "type": self.type}
        return {**named, **self.answers}


def around_record(site: Site, record: Record) -> Centre:
    """What a registered record is looked out from, by the names of the version in force."""
    data = as_carried(site, record).data
    return Centre(record.type, record.operator_id, data, record.number, record.lifecycle)


def around_application(site: Site, application: Application, answers: Mapping[str, Any]) -> Centre:
    """What an application with these answers is looked out from, as ``around_record``."""
    data = carry(site, application.type, answers, application.schema_version).data
    return Centre(application.type, application.operator_id, data, application.number or "")


def within(site: Site, centre: Centre, type_name: str) -> Query:
    """The records of a type that may stand around `centre`: the same operator's, or the organisation's
    own."""
    if site.registry.current(type_name).definition.is_ours:
        return {"operator_id": None}
    if centre.operator_id is None:
        return {"_id": {"$in": []}}
    return {"operator_id": centre.operator_id}


async def found(
    site: Site, centre: Centre, type_name: str, where: Mapping[str, Any], ruled: Query, limit: int
) -> list[dict[str, Any]]:
    """The first `limit` live records of a type around `centre` that fulfil `where` and `ruled` (row rules of
    whoever looks), by number."""
    if type_name not in site.records:
        return []
    variables = {"TODAY": site.today().isoformat(), "NOW": site.now(), "RECORD": centre.facts}
    lifecycle = site.lifecycles[site.registry.current(type_name).definition.lifecycle]
    live = {"lifecycle": {"$in": lifecycle.live_states}}
    asked = for_database(where, variables, prefix="")
    around: list[Query] = [within(site, centre, type_name), live, ruled]
    rows = await _rows(site, type_name, [*around, spanned(site, type_name, asked)], limit)
    if versions := untold(site, type_name, asked):
        left = await _rows(site, type_name, [*around, {"schema_version": {"$in": versions}}], FOLLOWING)
        holds = compile_condition(where)
        rows += [row for row in left if holds(row, variables)]
        rows = sorted(rows, key=lambda row: str(row["number"]))[:limit]
    return rows


async def _rows(site: Site, type_name: str, parts: Sequence[Query], limit: int) -> list[dict[str, Any]]:
    """The first records by number that fulfil all `parts`, led on to the version in force."""
    query = {"$and": [part for part in parts if part]}
    rows = await site.records[type_name].rows(query, ROW, [("number", 1)], 0, limit)
    return [led_on(site, type_name, row) for row in rows]


async def led_to(site: Site, centre: Centre, path: Sequence[str]) -> dict[str, Any] | None:
    """The record that references lead to one after the other, the first among the answers of `centre`, in
    force or not; None where one is not answered, or names nothing of this operator or the organisation."""
    row: dict[str, Any] | None = {"type": centre.type, "data": centre.answers}
    for name in path:
        row = await _next(site, centre, row, name) if row is not None else None
    return row if path else None


async def _next(site: Site, centre: Centre, row: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    field = site.registry.current(row["type"]).definition.by_name.get(name)
    number = row["data"].get(name)
    if not isinstance(field, ReferenceField) or not isinstance(number, str) or field.to not in site.records:
        return None
    query = {"$and": [within(site, centre, field.to), {"number": number}]}
    rows = await site.records[field.to].rows(query, ROW, [("number", 1)], 0, 1)
    return led_on(site, field.to, rows[0]) if rows else None
