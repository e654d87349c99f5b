"""Answers of a step that were begun before the record or the form changed. What nobody typed here follows the
record, so that a step never writes back what the other side has changed since; what somebody typed goes on in
the form in force."""

from collections.abc import Mapping
from typing import Any

from models.documents.application import Application
from models.documents.guarded import update_where
from models.documents.record import Record, RecordVersion
from models.errors import RecordChanged
from models.schema.definition import RecordType
from models.services.applications import read
from models.services.beginning import prefilled
from models.services.carrying import carry
from models.services.rosters import with_rosters
from models.services.site import Site
from models.services.upgrading import taken_on
from models.services.variables import compiled
from models.workflow.answering import WRITING


async def renewed(site: Site, application: Application, record: Record) -> Application:
    """`application` in the form in force, with what the step asks for as the record has it now, wherever that
    has changed since it was begun and nothing else was typed; itself where nothing has. Raises RecordChanged
    where somebody writes it at this moment."""
    led = await _led_on(site, application)
    newest = application.model_copy(update=led)
    moved = await _moved(site, newest, record)
    if not (led or moved):
        return application
    answers = {name: value for name, value in {**newest.answers, **moved}.items() if value is not None}
    values = {**led, "answers": answers, "base_revision": record.revision, "updated_at": site.now()}
    where = {"_id": application.id, "state": WRITING, "revision": application.revision}
    kept = await update_where(Application, where, {"$set": values, "$inc": {"revision": 1}})
    if kept is None:
        raise RecordChanged
    return kept


async def _led_on(site: Site, application: Application) -> Mapping[str, Any]:
    """What changes of it where there is a newer form; nothing where that form asks for nothing at this step,
    or what was typed does not fit it."""
    current = site.registry.current(application.type)
    if current.version <= application.schema_version or application.step not in current.definition.steps:
        return {}
    reading = await read(site, application)
    carried = carry(site, application.type, reading.data, application.schema_version, application.attic)
    return taken_on(site, application, carried) if carried.version == current.version else {}


async def _moved(site: Site, application: Application, record: Record) -> Mapping[str, Any]:
    """What is asked for and was changed on the record, by what it is now; rows that are added stand in
    nobody's way."""
    definition = compiled(site, application).definition
    asked = definition.steps.get(application.step)
    if asked is None or asked.appends or application.base_revision in (None, record.revision):
        return {}
    where = {"record_id": record.id, "revision": application.base_revision}
    begun = await RecordVersion.find_one(where)
    if begun is None:
        return {}
    then, now = await _typed(site, application, begun), await _typed(site, application, record)
    kept = {name for name in asked.asks if _is_as(definition, name, application.answers, then)}
    return {name: now.get(name) for name in kept if now.get(name) != then.get(name)}


def _is_as(definition: RecordType, name: str, typed: Mapping[str, Any], then: Mapping[str, Any]) -> bool:
    """Whether an answer means what it did at the beginning: a page that was kept sends every box of it."""
    field = definition.by_name[name]
    return bool(field.parse(typed.get(name)) == field.parse(then.get(name)))


async def _typed(site: Site, application: Application, held: Record | RecordVersion) -> Mapping[str, Any]:
    """Answers as a form begins with them; nothing where they do not fit the form, which is told otherwise."""
    carried = carry(site, application.type, held.data, held.schema_version)
    if carried.version != application.schema_version:
        return {}
    answers = prefilled(carried.definition, carried.data)
    return await with_rosters(site, carried.definition, application.operator_id, answers)
