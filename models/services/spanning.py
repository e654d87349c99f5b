"""Questions to stored records while some are of earlier versions: each version is asked by its own names.

A question is put by the names of the version in force. Where a step renamed or moved what it asks, records of
the versions before it are asked by the names they have; where a step made other values of it, they fulfil
nothing until they have been led on. Without such a step a question stays as it is."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from models.access import Places
from models.schema.evolution.former import DATA, Former
from models.services.carrying import carry
from models.services.routes import route_to
from models.services.site import Site

Query = Mapping[str, Any]


def spanned(site: Site, type_name: str, query: Query) -> dict[str, Any]:
    """`query`, by the names of the version in force, as a query for records of every version."""
    asked = _asked(site, type_name, query)
    if not asked:
        return dict(query)
    told: dict[str, tuple[Query, list[int]]] = {}
    for version, former in asked.items():
        if former is not None:
            told.setdefault(repr(former), (former, []))[1].append(version)
    now = {"$and": [{"schema_version": {"$nin": [*asked]}}, query]}
    before = [{"$and": [{"schema_version": {"$in": found}}, former]} for former, found in told.values()]
    return {"$or": [now, *before]} if before else now


def closed(site: Site, type_name: str, query: Query) -> dict[str, Any]:
    """``spanned`` for what must keep records back: those of a version this process cannot read, and of one
    published a moment ago that it has not followed yet, fulfil nothing either."""
    if not _asks_answers(query):
        return dict(query)
    unread = [version for known, version in site.registry.altered if known == type_name]
    readable: dict[str, Any] = {"$lte": site.registry.current(type_name).version}
    if unread:
        readable["$nin"] = unread
    return {"$and": [{"schema_version": readable}, spanned(site, type_name, query)]}


def untold(site: Site, type_name: str, query: Query) -> list[int]:
    """The earlier versions whose records cannot be asked `query`."""
    return [version for version, former in _asked(site, type_name, query).items() if former is None]


def otherwise_called(site: Site, type_name: str, paths: Iterable[str]) -> list[int]:
    """The earlier versions that have another name for one of these answers, or another value in it."""
    return list(_asked(site, type_name, {f"{DATA}{path}": {"$ne": None} for path in paths}))


def places_now(site: Site, type_name: str, version: int) -> Places:
    """The paths of an earlier version with those that hold their values now, none for what is gone; () where
    every value is where it was."""
    former = _formers(site, type_name).get(version)
    return former.places_now if former is not None else ()


def led_on(site: Site, type_name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A stored record (its ``data`` and ``schema_version``) as the version in force holds it, where it can be
    led there; for looking at, never to be written."""
    version, data = row.get("schema_version"), row.get("data")
    if not isinstance(version, int) or not isinstance(data, Mapping):
        return dict(row)
    if version >= site.registry.current(type_name).version:
        return dict(row)
    carried = carry(site, type_name, data, version)
    return {**row, "data": carried.data, "schema_version": carried.version}


async def shown(site: Site, type_name: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a list (with some of their answers, and ``schema_version``) with all their answers by the
    names of the version in force, where their own version has other names; those are read once more. Of a
    record that cannot be led on, what is called as it was."""
    formers = _formers(site, type_name)
    behind = [row["_id"] for row in rows if row.get("schema_version") in formers]
    if not behind:
        return [dict(row) for row in rows]
    read = {"data": 1, "schema_version": 1}
    whole = await site.records[type_name].rows({"_id": {"$in": behind}}, read, [("_id", 1)], 0, len(behind))
    led = {row["_id"]: _shown(site, type_name, row) for row in whole}
    return [{**row, **led.get(row["_id"], {})} for row in rows]


def _shown(site: Site, type_name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    led = led_on(site, type_name, row)
    former = _formers(site, type_name).get(led["schema_version"])
    if former is None or not isinstance(led["data"], Mapping):
        return led
    return {**led, "data": {name: value for name, value in led["data"].items() if former.keeps(name)}}


def _asked(site: Site, type_name: str, query: Query) -> dict[int, Query | None]:
    """What has to be asked of the earlier versions that are not asked `query` as it is."""
    found = {version: former.query(query) for version, former in _formers(site, type_name).items()}
    return {version: former for version, former in found.items() if former != query}


def _formers(site: Site, type_name: str) -> Mapping[int, Former]:
    """The earlier versions of a type whose steps changed a name or a value."""
    revision = site.registry.revision
    known: tuple[int, Mapping[int, Former]] | None = site.formers.get(type_name)
    if known is None or known[0] != revision:
        known = site.formers[type_name] = revision, _made(site, type_name)
    return known[1]


def _made(site: Site, type_name: str) -> Mapping[int, Former]:
    current = site.registry.current(type_name)
    before = [each.version for each in site.registry.versions(type_name) if each.version < current.version]
    made = {
        version: route_to(site, type_name, version, current.version - 1, current.definition).former
        for version in before
    }
    return {version: former for version, former in made.items() if not former.is_same}


def _asks_answers(query: Any) -> bool:
    if isinstance(query, list):
        return any(_asks_answers(part) for part in query)
    if not isinstance(query, Mapping):
        return False
    return any(key == "$expr" or key.startswith(DATA) or _asks_answers(part) for key, part in query.items())
