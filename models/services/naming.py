"""What references are called: the titles of the records they name, as far as whoever reads may see these."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from models.documents.account import Account
from models.permissions import Actor, allowed
from models.schema.fields import BaseField
from models.schema.fields.structure import AccountField, ReferenceField
from models.services.records import scope
from models.services.site import Site

MOST = 200
"""Most titles of one type looked up at once."""

Titles = Mapping[tuple[str, str], str]
"""What a record is called, by its type and its number; a person, by ACCOUNT and the login."""

ACCOUNT = ""
"""What stands for the type of a record where an account is named."""


async def with_titles(
    site: Site, actor: Actor, fields: Iterable[BaseField], data: Mapping[str, Any]
) -> dict[str, Any]:
    """`data` to be read: behind the number in every reference among `fields`, inside tables and groups too,
    the title of the record. Nothing to be stored or read back."""
    own = tuple(fields)
    return _called(own, data, await titles_of(site, actor, _references(own, data)))


async def rows_with_titles(
    site: Site, actor: Actor, fields: Iterable[BaseField], rows: Iterable[Mapping[str, Any]]
) -> tuple[Mapping[str, Any], ...]:
    """The stored rows of a list to be read, as ``with_titles``, with one look for all of them."""
    own, found = tuple(fields), tuple(rows)
    held = [row["data"] if isinstance(row.get("data"), Mapping) else {} for row in found]
    titles = await titles_of(site, actor, chain.from_iterable(_references(own, data) for data in held))
    if not titles:
        return found
    return tuple({**row, "data": _called(own, data, titles)} for row, data in zip(found, held, strict=True))


async def titles_of(site: Site, actor: Actor, wanted: Iterable[tuple[str, str]]) -> Titles:
    """The titles of records (type, number), without those `actor` may not see and those that have none."""
    if not (allowed(actor, "record.view") or allowed(actor, "record.view_own")):
        return {}
    by_type: dict[str, set[str]] = defaultdict(set)
    for name, number in wanted:
        by_type[name].add(number)
    found: dict[tuple[str, str], str] = {}
    if ACCOUNT in by_type:
        found |= await _people(actor, by_type[ACCOUNT])
    for name in by_type.keys() & site.records.keys():
        among = {"number": {"$in": sorted(by_type[name])[:MOST]}}
        where = {"$and": [among, scope(site, actor, name)]}
        shown = {"number": 1, "title": 1}
        for row in await site.records[name].rows(where, shown, [("number", 1)], 0, MOST):
            found[name, row["number"]] = str(row.get("title") or "")
    return {key: title for key, title in found.items() if title and title != key[1]}


async def _people(actor: Actor, logins: set[str]) -> dict[tuple[str, str], str]:
    """The names of accounts; to an operator, of its own."""
    where: dict[str, Any] = {"login": {"$in": sorted(logins)[:MOST]}}
    if actor.kind == "operator":
        where["operator_id"] = actor.operator_id
    rows = Account.raw().find(where, {"login": 1, "name": 1}).limit(MOST)
    return {(ACCOUNT, row["login"]): row["name"] async for row in rows}


def _named_by(field: BaseField) -> str | None:
    """The type of what a field names; None for a field that names nothing."""
    if isinstance(field, AccountField):
        return ACCOUNT
    return field.to if isinstance(field, ReferenceField) else None


def _references(fields: Iterable[BaseField], data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for field in fields:
        value = data.get(field.name)
        named = _named_by(field)
        if named is not None and isinstance(value, str):
            yield named, value
        for inner in _inside(field, value):
            yield from _references(field.parts, inner)


def _inside(field: BaseField, value: Any) -> Iterator[Mapping[str, Any]]:
    """The rows of a table, or what is in a group; what is damaged is passed over."""
    held = value if isinstance(value, list) else [value]
    yield from (each for each in held if field.parts and isinstance(each, Mapping))


def _called(fields: Iterable[BaseField], data: Mapping[str, Any], titles: Titles) -> dict[str, Any]:
    told = dict(data)
    for field in fields:
        value = data.get(field.name)
        named = _named_by(field)
        if named is not None and isinstance(value, str) and (named, value) in titles:
            told[field.name] = f"{value} {titles[named, value]}"
        elif field.parts and isinstance(value, Mapping):
            told[field.name] = _called(field.parts, value, titles)
        elif field.parts and isinstance(value, list):
            told[field.name] = [
                _called(field.parts, row, titles) if isinstance(row, Mapping) else row for row in value
            ]
    return told
