"""A record type of its own on a real site: what table A2's peers were given, with records behind it."""

from collections.abc import Mapping
from typing import Any

from models.documents.base import new_id
from models.documents.record import Record, RecordVersion
from models.permissions import SYSTEM, Actor
from models.schema.definition import RecordType
from models.schema.search import grams_of
from models.services import jobs
from models.services.publishing import apply
from models.services.registry import Published
from models.services.site import Site
from tests.evolution.kinds import choice, table, text

NAME = "facility"

BEFORE: list[dict[str, Any]] = [
    text("title", required=True, search=True),
    text("capacity"),
    choice("region", ""),
    text("note"),
    table("items", text("a"), text("b")),
]

STORED: Mapping[str, Any] = {
    "title": "第一発電所",
    "capacity": "12 MW",
    "region": "east",
    "note": "keep",
    "items": [{"a": "one", "b": "two"}],
}


def regions(*codes: str) -> dict[str, Any]:
    options = [{"code": code, "label": {"ja": code}} for code in codes]
    return {**choice("region", ""), "options": options}


def facility(*fields: Mapping[str, Any], **more: Any) -> RecordType:
    """The type with these fields in place of those of the same name, and others behind; None as the whole
    field leaves one out."""
    given = {field["name"]: field for field in fields}
    known = {field["name"]: field for field in [*BEFORE[:2], regions("east", "west"), *BEFORE[3:]]}
    kept = [field for field in (known | given).values() if not field.get("gone")]
    return RecordType.model_validate(
        {
            "record_type": NAME,
            "label": {"ja": "施設", "en": "Facility"},
            "collection": "facilities",
            "number": {"field": "facility_number"},
            "title": "{title}",
            "belongs_to": "operator",
            "applications": {"workflow": "registration"},
            "lifecycle": "registered_record",
            "fields": kept,
            **more,
        }
    )


def gone(name: str) -> dict[str, Any]:
    return {"name": name, "gone": True}


async def store(site: Site, owner: Any, *rows: Mapping[str, Any]) -> list[Record]:
    """Records as an approved registration leaves them, with their first version."""
    kind = site.registry.current(NAME)
    stored = []
    for position, row in enumerate(rows, 1):
        number = f"{position:010}"
        data = {**row, kind.definition.number.field: number}
        record = Record(
            _id=new_id(),
            type=NAME,
            number=number,
            title=kind.definition.title_of(data),
            schema_version=kind.version,
            operator_id=owner or new_id(),
            lifecycle="active",
            data=data,
            grams=grams_of(kind.definition, number, data),
            created_at=site.now(),
            updated_at=site.now(),
        )
        await site.records[NAME].collection.insert_one(record.document())
        version = RecordVersion(
            type=NAME,
            record_id=record.id,
            revision=1,
            schema_version=kind.version,
            lifecycle="active",
            data=data,
            by=SYSTEM.person,
            at=site.now(),
        )
        await version.insert()
        stored.append(record)
    return stored


async def publish(site: Site, definition: RecordType, **options: Any) -> Published:
    """Publish, and let the worker do what follows."""
    published = await apply(site, options.pop("actor", SYSTEM), definition, **options)
    await work(site)
    return published


async def work(site: Site) -> None:
    """What the worker would do until nothing waits."""
    while await jobs.run_one(site):
        continue


async def stored_as(site: Site, number: str = "0000000001") -> dict[str, Any]:
    """A record as it lies in the database."""
    found = await site.records[NAME].collection.find_one({"number": number})
    assert found is not None
    return dict(found)


def steward(name: str) -> Actor:
    """Somebody who may change record types."""
    return Actor(kind="staff", account_id=new_id(), name=name, roles=frozenset({"steward"}))
