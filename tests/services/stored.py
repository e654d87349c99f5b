"""Records and applications of a type made for one test, stored as the program stores them."""

from typing import Any

from models.documents.application import Application, Submission
from models.documents.base import new_id
from models.documents.record import Record
from models.permissions import SYSTEM
from models.schema.definition import RecordType
from models.services.registry import Published
from models.services.site import Site
from models.services.versions import publish_version


async def publish(site: Site, definition: RecordType) -> Published:
    """`definition` as the next version of its type."""
    current = site.registry.all_current().get(definition.name)
    await publish_version(site, SYSTEM, definition, base=current.version if current else 0)
    await site.registry.refresh()
    return site.registry.current(definition.name)


async def store_records(
    site: Site, published: Published, *answers: dict[str, Any], **keys: Any
) -> list[Record]:
    """One record for each set of answers, numbered after those there are; past the wall, as records that were
    there before it."""
    name, now = published.definition.name, site.now()
    first = 1 + await site.records[name].collection.count_documents({})
    stored = []
    for count, data in enumerate(answers, first):
        record = Record(
            _id=new_id(),
            type=name,
            number=f"{count:010}",
            title=str(data.get("title", "")),
            schema_version=published.version,
            data=data,
            created_at=now,
            updated_at=now,
            **{"lifecycle": "active", "operator_id": new_id(), **keys},
        )
        collection = site.records[name].collection
        await collection.insert_one(record.document(), bypass_document_validation=True)
        stored.append(record)
    return stored


async def store_application(
    site: Site,
    published: Published,
    reference: str,
    answers: dict[str, Any],
    data: dict[str, Any] | None = None,
) -> Application:
    """A draft with what was typed; with `data`, an application that was submitted."""
    now = site.now()
    application = Application(
        reference=reference,
        type=published.definition.name,
        kind="register",
        schema_version=published.version,
        state="draft" if data is None else "submitted",
        answers=answers,
        data=data,
        submissions=[Submission(round=1, at=now, data=data)] if data is not None else [],
        created_at=now,
        updated_at=now,
    )
    await application.insert()
    return application
