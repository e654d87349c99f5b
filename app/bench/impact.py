"""How long the plan of a change takes: ten changes of a record type, asked of everything stored under it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from time import perf_counter
from typing import Any

from models.documents.base import new_id
from models.documents.record import Record
from models.permissions import SYSTEM
from models.schema.definition import RecordType
from models.services.impact import Impact, assess
from models.services.progress import Progress, silent
from models.services.registry import Published
from models.services.site import Site
from models.services.versions import publish_version

LIMIT = 30.0
"""Seconds ten changes over a million records may take on two cores."""

BATCH = 10_000
TYPE = "measured_plant"
REGIONS = ("east", "west", "north", "south", "centre")


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One plan: how many records were asked, about how many changes, in how many seconds."""

    records: int
    changes: int
    seconds: float

    @property
    def is_slow(self) -> bool:
        """Whether it took longer than a plan of this size may."""
        return self.seconds > LIMIT


def _field(name: str, kind: str, **keys: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "label": {"ja": name, "en": name}, **keys}


def _options(*codes: str) -> list[dict[str, Any]]:
    return [{"code": code, "label": {"ja": code, "en": code}} for code in codes]


def _type(fields: list[dict[str, Any]], **keys: Any) -> RecordType:
    plain = {
        "record_type": TYPE,
        "label": {"ja": "計測用の設備", "en": "Measured plant"},
        "collection": f"{TYPE}s",
        "number": {"field": "plant_number"},
        "title": "{title}",
        "applications": {"workflow": "registration"},
        "lifecycle": "registered_record",
    }
    return RecordType.model_validate({**plain, "fields": fields, **keys})


def before() -> RecordType:
    """What the records are written under."""
    return _type(
        [
            _field("title", "text"),
            _field("capacity", "text"),
            _field("region", "choice", options=_options(*REGIONS)),
            _field("note", "text"),
            _field("power", "integer"),
            _field("price", "decimal"),
            _field("supported", "boolean"),
            _field("contact", "text"),
            _field("items", "table", fields=[_field("a", "text"), _field("b", "integer")]),
        ]
    )


def after() -> RecordType:
    """Ten changes that have to be asked of what is stored: a type and what does not fit it, an option, a
    field removed, one added, three bounds, a condition, a column, a check."""
    check = {"name": "small", "must": {"$expr": {"$lte": ["$power", 9500]}}, "message": {"ja": "小"}}
    return _type(
        [
            _field("title", "text", max_length=10),
            _field("capacity", "integer"),
            _field("region", "choice", options=_options(*REGIONS[1:])),
            _field("power", "integer", max=9000),
            _field("price", "decimal", places=1),
            _field("supported", "boolean"),
            _field("contact", "text", show_when={"supported": True}),
            _field("items", "table", fields=[_field("a", "text")]),
            _field("operator_note", "long_text", required=True),
        ],
        checks=[{**check, "at": "power"}],
    )


async def plan_row(site: Site, records: int, progress: Progress = silent) -> PlanRow:
    """Store `records` under a type of its own, and measure the plan of ten changes to it."""
    published = await publish_version(site, SYSTEM, before(), base=0)
    await fill(site, published, records)
    began = perf_counter()
    impact = await assess(site, published, after(), progress)
    return PlanRow(impact.total_records, _asked(impact), perf_counter() - began)


def _asked(impact: Impact) -> int:
    return sum(counted.change.countable for counted in impact.changes)


async def fill(site: Site, published: Published, records: int) -> None:
    """Store `records` as the program would, without their history."""
    collection, shape = site.records[TYPE].collection, _shape(site, published)
    for start in range(0, records, BATCH):
        rows = [_row(shape, number) for number in range(start, min(start + BATCH, records))]
        await collection.insert_many(rows, ordered=False)


def _shape(site: Site, published: Published) -> Mapping[str, Any]:
    record = Record(
        _id=new_id(),
        type=TYPE,
        number="",
        schema_version=published.version,
        operator_id=new_id(),
        lifecycle="active",
        created_at=site.now(),
        updated_at=site.now(),
    )
    return record.document()


def _row(shape: Mapping[str, Any], number: int) -> dict[str, Any]:
    title = f"発電所 {number}"
    written = dict(_answers(number, title))
    return {**shape, "_id": new_id(), "number": f"{number:010}", "title": title, "data": written}


def _answers(number: int, title: str) -> Iterator[tuple[str, Any]]:
    yield "title", title
    yield "capacity", f"{number % 5000} MW" if number % 10 == 0 else str(number % 5000)
    yield "region", REGIONS[number % len(REGIONS)]
    yield "note", "keep " * (number % 5)
    yield "power", number % 10_000
    yield "price", Decimal(number % 10_000) / 100
    yield "supported", number % 2 == 0
    yield "contact", f"a{number}@example.jp"
    yield "items", [{"a": f"x{number}", "b": number % 7}, {"a": "y", "b": None}]
