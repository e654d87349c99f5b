"""A site with a small type published in two versions, and many records of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.documents.base import new_id
from models.documents.job import Job
from models.documents.record import Record, RecordVersion
from models.permissions import SYSTEM
from models.schema.definition import RecordType
from models.schema.search import grams_of
from models.services.jobs import enqueue
from models.services.site import Site
from models.services.versions import publish_version
from tests.evolution.kinds import kind


@dataclass(frozen=True)
class Stored:
    """The records of the type on one site."""

    site: Site

    @property
    def collection(self) -> Any:
        return self.site.store.mongo["things"]

    async def publish(self, definition: RecordType) -> int:
        """Publish the next version."""
        current = self.site.registry.all_current().get(definition.name)
        base = current.version if current else 0
        return (await publish_version(self.site, SYSTEM, definition, base=base)).version

    async def fill(self, count: int, data: Mapping[str, Any], *, history: bool = True) -> None:
        """Register so many records with these answers, under the version in force."""
        published = self.site.registry.current("thing")
        records = [self._record(number, published.version, data) for number in range(1, count + 1)]
        await self.collection.insert_many([record.document() for record in records])
        if history:
            rows = [_version(record).model_dump(exclude={"id"}) for record in records]
            await RecordVersion.raw().insert_many(rows)

    def _record(self, number: int, version: int, data: Mapping[str, Any]) -> Record:
        definition = self.site.registry.at("thing", version).definition
        answers = {"code": f"{number:06}", "title": f"発電所 {number}", **data}
        return Record(
            _id=new_id(),
            type="thing",
            number=answers["code"],
            title=definition.title_of(answers),
            schema_version=version,
            operator_id=new_id(),
            lifecycle="active",
            data=answers,
            grams=grams_of(definition, answers["code"], answers),
            created_at=self.site.now(),
            updated_at=self.site.now(),
        )

    async def job(self, kind: Any = "rewrite") -> Job:
        """Put the job that leads to the version in force into the queue."""
        version = self.site.registry.current("thing").version
        return await enqueue(self.site, kind, "thing", version - 1, version)

    async def rows(self, **where: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = await self.collection.find(where).sort("number", 1).to_list(None)
        return rows

    async def write(self, number: str, **data: Any) -> None:
        """Change a record as an approved application does: another revision, with its history entry."""
        version = self.site.registry.current("thing").version
        values = {f"data.{name}": value for name, value in data.items()} | {"schema_version": version}
        await self.collection.update_one({"number": number}, {"$set": values, "$inc": {"revision": 1}})
        row = await self.collection.find_one({"number": number})
        await RecordVersion.raw().insert_one(_version(Record.model_validate(row)).model_dump(exclude={"id"}))


def _version(record: Record) -> RecordVersion:
    return RecordVersion(
        type=record.type,
        record_id=record.id,
        revision=record.revision,
        schema_version=record.schema_version,
        lifecycle=record.lifecycle,
        data=record.data,
        by=SYSTEM.person,
        at=record.updated_at,
    )


def thing(*fields: dict[str, Any], **more: Any) -> RecordType:
    """A record type with the shipped lifecycle and workflow."""
    return kind(*fields, lifecycle="registered_record", applications={"workflow": "registration"}, **more)
