"""Redacting free texts of registrations (R36): what defames somebody is taken from every page, list, file and
version at once, and shown as redacted; what it said stays under seal for those entitled."""

from collections.abc import Callable, Mapping
from typing import Any

from models.documents.application import Application
from models.documents.base import Id
from models.documents.event import Subject
from models.documents.guarded import insert_or, update_where
from models.documents.record import Record, RecordVersion
from models.documents.redaction import Redaction
from models.documents.store import Session
from models.errors import NotFound, RedactionRefused
from models.permissions import Actor, require
from models.schema.definition import RecordType
from models.schema.fields import BaseField
from models.schema.search import grams_of
from models.services.events import record_event
from models.services.secrets import seal, unseal
from models.services.seeing import is_in_reach, seen
from models.services.signs import searched_by
from models.services.site import Site

REDACTED = "［運営者により伏せられています / Redacted by the organisation］"
"""What stands in the place of a redacted text, for everybody."""

FREE = ("text", "long_text")
"""The types of field whose texts may be redacted."""

REASON_LIMIT = 1000
"""Longest reason (characters)."""

LISTED = 200
"""Most redactions of a list."""


def redactable(site: Site, actor: Actor, record: Record) -> list[BaseField]:
    """The free texts of a record that are answered and not redacted, as far as `actor` may read them; those
    that must be unique or follow a format are what the record is known by, and stay. What is published is
    frozen: it is corrected or withdrawn."""
    definition = seen(site, actor, record.type, record.schema_version)
    if definition.publication is not None:
        return []
    return [field for field in definition.fields if _is_free(definition, field, record.data)]


def _is_free(definition: RecordType, field: BaseField, data: Mapping[str, Any]) -> bool:
    named = field.unique or getattr(field, "format", None) or field.name == definition.number.field
    text = data.get(field.name)
    return field.type in FREE and not named and isinstance(text, str) and text not in ("", REDACTED)


async def redact(site: Site, actor: Actor, record: Record, field: str, reason: str) -> Redaction:
    """Redact a text of a record, in every version of it and in its applications.

    Raises NotAllowed, NotFound, RedactionRefused (no free text, no reason, done already), RecordChanged."""
    require(actor, "redaction.make")
    if not await is_in_reach(site, actor, record.type, record.id):
        raise NotFound
    if field not in {each.name for each in redactable(site, actor, record)}:
        raise RedactionRefused("Choose one of the free texts of this registration.")
    text = str(record.data[field])
    made = Redaction(
        type=record.type,
        record_id=record.id,
        number=record.number,
        operator_id=record.operator_id,
        field=field,
        sealed=seal(site, text),
        reason=_reason(reason),
        by=actor.person,
        at=site.now(),
    )

    async def body(session: Session) -> Redaction:
        await insert_or(RedactionRefused("This text has been redacted already."), made, session)
        await _replace(site, actor, record, field, text, REDACTED, session)
        await _tell(site, actor, "record.redacted", made, session)
        return made

    return await site.store.transaction(body)


async def restore(site: Site, actor: Actor, redaction_id: Id, reason: str) -> Redaction:
    """Put a redacted text back wherever it is still shown as redacted. Raises NotAllowed, NotFound,
    RedactionRefused (no reason, put back already), RecordChanged."""
    require(actor, "redaction.make")
    made = await _reached(site, actor, redaction_id)
    record = await site.records[made.type].get(made.record_id)
    if record is None:
        raise NotFound
    text, why = unseal(site, made.sealed), _reason(reason)
    values = {
        "standing": False,
        "restored_by": actor.person.model_dump(),
        "restored_at": site.now(),
        "why_restored": why,
    }

    async def body(session: Session) -> Redaction:
        where = {"_id": redaction_id, "standing": True}
        restored = await update_where(Redaction, where, {"$set": values}, session)
        if restored is None:
            raise RedactionRefused("This text has been put back already.")
        await _replace(site, actor, record, made.field, REDACTED, text, session)
        await _tell(site, actor, "record.unredacted", restored, session)
        return restored

    return await site.store.transaction(body)


async def reveal(site: Site, actor: Actor, redaction_id: Id) -> str:
    """What a redacted text said; the event is written before it is told. Raises NotAllowed, NotFound."""
    require(actor, "redaction.view")
    made = await _reached(site, actor, redaction_id)
    text = unseal(site, made.sealed)

    async def body(session: Session) -> None:
        await _tell(site, actor, "redaction.revealed", made, session)

    await site.store.transaction(body)
    return text


async def _reached(site: Site, actor: Actor, redaction_id: Id) -> Redaction:
    """A redaction of a record the row rules leave to `actor`. Raises NotFound."""
    made = await find_redaction(redaction_id)
    if made.type not in site.records or not await is_in_reach(site, actor, made.type, made.record_id):
        raise NotFound
    return made


async def _replace(
    site: Site, actor: Actor, record: Record, field: str, old: str, new: str, session: Session
) -> None:
    """Put `new` in the place of `old` wherever this field holds it; in force it is another version."""

    def put(data: Mapping[str, Any]) -> dict[str, Any]:
        return {**data, field: new} if data.get(field) == old else dict(data)

    versions = await RecordVersion.find({"record_id": record.id}, session=session).to_list()
    for version in versions:
        where = {"_id": version.id}
        await RecordVersion.raw().update_one(where, {"$set": {"data": put(version.data)}}, session=session)
    about = {"$or": [{"record_id": record.id}, {"about": record.id}]}
    found = await Application.find(about, session=session).to_list()
    for application in found:
        await _replace_in(site, application, put, session)
    await _in_force(site, actor, record, put(record.data), session)


async def _replace_in(
    site: Site,
    application: Application,
    put: Callable[[Mapping[str, Any]], dict[str, Any]],
    session: Session,
) -> None:
    definition = site.registry.at(application.type, application.schema_version).definition
    told = application.data if application.data is not None else application.answers
    title = definition.title_of(put(told)) or application.reference
    values = {
        "title": title,
        "grams": searched_by(application, title),
        "answers": put(application.answers),
        "data": put(application.data) if application.data is not None else None,
        "submissions": [{**each.model_dump(), "data": put(each.data)} for each in application.submissions],
    }
    update = {"$set": values, "$inc": {"revision": 1}}
    await Application.raw().update_one({"_id": application.id}, update, session=session)


async def _in_force(site: Site, actor: Actor, record: Record, data: dict[str, Any], session: Session) -> None:
    definition, now = site.registry.at(record.type, record.schema_version).definition, site.now()
    values = {
        "data": data,
        "title": definition.title_of(data) or record.number,
        "grams": grams_of(definition, record.number, data),
        "revision": record.revision + 1,
        "updated_at": now,
    }
    await site.records[record.type].change(record.id, record.revision, values, session)
    version = RecordVersion.of(record, actor.person, now, revision=record.revision + 1, data=data)
    await version.insert(session=session)


async def _tell(site: Site, actor: Actor, action: str, made: Redaction, session: Session) -> None:
    subject = Subject(kind=made.type, id=made.record_id, label=made.number)
    await record_event(site, actor, action, subject, session, operator_id=made.operator_id, field=made.field)


def _reason(text: str) -> str:
    if not text.strip() or len(text.strip()) > REASON_LIMIT:
        raise RedactionRefused("Write the reason, in at most {limit} characters.", limit=REASON_LIMIT)
    return text.strip()


async def find_redaction(redaction_id: Id) -> Redaction:
    """One redaction. Raises NotFound."""
    found: Redaction | None = await Redaction.get(redaction_id)
    if found is None:
        raise NotFound
    return found


async def redactions(actor: Actor) -> list[Redaction]:
    """The redactions there were, newest first. Raises NotAllowed."""
    require(actor, "redaction.view")
    return await Redaction.find_all().sort("-at", "-_id").limit(LISTED).to_list()
