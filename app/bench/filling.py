"""A million registered records as the program would leave them, made and stored fast."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.bench.documents import company
from app.bench.example import fill_in
from models.documents.base import new_id
from models.documents.indexes import ensure_indexes, record_indexes
from models.documents.record import Record
from models.schema.definition import RecordType, singles
from models.schema.fields.choice import ChoiceField
from models.schema.fields.number import IntegerField
from models.schema.search import entries, grams_of
from models.services.site import Site

BATCH = 2_000
CODES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
RARE = "海鳴り"
"""Stands in the names of a few records only."""

EVERY = 25_000
"""One record in so many has a rare name."""

STATES = (17, 1, 1, 1)
"""How often each state of the lifecycle comes, beginning with the first."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pattern:
    """What the records share, and what of them is another in every one."""

    definition: RecordType
    base: Mapping[str, Any]
    data: Mapping[str, Any]
    shared: tuple[str, ...]
    title: str
    codes: tuple[str, ...]
    choices: tuple[tuple[str, tuple[str, ...]], ...]
    numbers: tuple[tuple[str, int], ...]
    states: tuple[str, ...]


async def fill(site: Site, type_name: str, count: int) -> None:
    """Store `count` records of a type, past the wall, and make its indexes afterwards: that is faster than
    keeping them while the records come. Raises ConfigurationError without a valid example."""
    pattern = pattern_of(site, type_name)
    lifecycle = site.lifecycles[pattern.definition.lifecycle]
    collection = site.records[type_name].collection
    await collection.drop_indexes()
    waiting: set[asyncio.Task[Any]] = set()
    for start in range(0, count, BATCH):
        rows = [row(pattern, n) for n in range(start, min(start + BATCH, count))]
        if waiting:
            await asyncio.wait(waiting)
        waiting = {
            asyncio.create_task(collection.insert_many(rows, ordered=False, bypass_document_validation=True))
        }
    await asyncio.gather(*waiting)
    for index in record_indexes(pattern.definition, lifecycle):
        await ensure_indexes(collection, [index])


def pattern_of(site: Site, type_name: str) -> Pattern:
    """What the records of a type are made of: its first valid example."""
    published = site.registry.current(type_name)
    definition = published.definition
    filled = fill_in(definition, site.today())
    fields = dict(definition.by_name)
    codes = tuple(name for name, field in fields.items() if field.unique)
    title = definition.title.strip("{}")
    changed = {*codes, title, definition.number.field}
    kept = {name: value for name, value in filled.data.items() if name not in changed}
    return Pattern(
        definition,
        _base(site, definition, published.version),
        dict(filled.data),
        tuple(grams_of(definition, "", kept)),
        title,
        codes,
        tuple(_choices(definition)),
        tuple((name, f.min or 0) for name, f in fields.items() if isinstance(f, IntegerField) and f.sortable),
        tuple(_states(site, definition)),
    )


def _states(site: Site, definition: RecordType) -> Iterator[str]:
    names = list(site.lifecycles[definition.lifecycle].states)
    for name, often in zip(names, STATES, strict=False):
        yield from [name] * often


def _base(site: Site, definition: RecordType, version: int) -> Row:
    record = Record(
        _id=new_id(),
        type=definition.name,
        number="",
        schema_version=version,
        operator_id=new_id(),
        lifecycle="",
        created_at=site.now(),
        updated_at=site.now(),
    )
    return record.document()


def _choices(definition: RecordType) -> Iterator[tuple[str, tuple[str, ...]]]:
    for path, field in singles(definition.fields):
        if isinstance(field, ChoiceField) and field.filterable and len(path) == 1:
            yield field.name, tuple(option.code for option in field.options)


def row(pattern: Pattern, number: int) -> Row:
    """One record; its number, name and codes are its own, its choices and its age go by its number."""
    told, name = f"{number + 1:010}", name_of(number)
    data = {**pattern.data, pattern.definition.number.field: told, pattern.title: name}
    data |= {code: coded(number) for code in pattern.codes}
    for place, (field, options) in enumerate(pattern.choices, 3):
        data[field] = options[number // place % len(options)]
    data |= {field: low + number * 7 % 12 for field, low in pattern.numbers}
    at = pattern.base["created_at"] - timedelta(seconds=11 * ((number * 7919) % 1_000_003))
    own = [*entries(told), *entries(name), *entries(coded(number))]
    changed = {
        "_id": new_id(),
        "number": told,
        "title": name,
        "data": data,
        "lifecycle": pattern.states[number % len(pattern.states)],
        "grams": list(dict.fromkeys([*own, *pattern.shared])),
        "created_at": at,
        "updated_at": at,
    }
    return {**pattern.base, **changed}


def name_of(number: int) -> str:
    """A name, different for every number; a rare one now and then."""
    return f"{RARE if number % EVERY == EVERY - 1 else ''}{company(number)}発電所"


def coded(number: int) -> str:
    """A code of five letters and digits, different for every number below sixty million."""
    found = ""
    for _ in range(5):
        number, rest = divmod(number, len(CODES))
        found = CODES[rest] + found
    return found
