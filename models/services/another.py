"""Registering another record with a step of one, from its answers (the effect ``register_another``)."""

from collections.abc import Mapping
from typing import Any

from models.documents.application import Application
from models.documents.base import Id
from models.documents.event import Subject
from models.documents.record import Record
from models.documents.store import Session
from models.errors import TransitionRefused
from models.language import Message
from models.permissions import SYSTEM, Actor
from models.schema.compiled import compile_type
from models.schema.definition import RecordType
from models.schema.fault import AnswerError
from models.schema.reading import read_data
from models.schema.values import MISSING, value_at
from models.services.carrying import as_carried
from models.services.creating import Fresh, create, keep_version
from models.services.events import record_event
from models.services.picking import pickable, picked_in, refused
from models.services.sides import side_of
from models.services.site import Site
from models.services.variables import operator_of, variables_with

NOT_COMPLETE = "What this step would register ({type}) is not complete: {what}"

NUMBER = "number"
"""What an answer taken over may name besides the fields: the number of the record."""

Parameters = Mapping[str, Any]


def answers_from(record: Record, answers: Mapping[str, Any]) -> dict[str, Any]:
    """What a configuration writes for another record's answers, filled in from `record`: ``$number`` is its
    number, ``$field`` its answer there (nothing where it has none), anything else stands as it is."""
    found = {name: taken_over(record, record.data, value) for name, value in answers.items()}
    return {name: value for name, value in found.items() if value is not None}


def taken_over(record: Record, data: Mapping[str, Any], value: Any) -> Any:
    """What a configuration writes for one answer: a constant as it is, ``$number`` the record's number,
    ``$field`` as it stands in `data`, None where there is nothing."""
    if not (isinstance(value, str) and value.startswith("$")):
        return value
    if value[1:] == NUMBER:
        return record.number
    found = value_at(data, value[1:].split("."))
    return None if found is MISSING else found


async def register_another(
    site: Site, actor: Actor, record: Record, parameters: Parameters, session: Session
) -> Record:
    """Register another record of the same operator, read by the rules of its form as an application would be.
    Raises TransitionRefused naming what is missing or wrong, DuplicateValue."""
    published = site.registry.current(str(parameters["type"]))
    definition = published.definition
    given = answers_from(as_carried(site, record), parameters.get("answers", {}))
    data = await _read(site, record, definition, given)
    fresh = Fresh(
        type=definition.name,
        data=data,
        schema_version=published.version,
        operator_id=record.operator_id,
        origin=_origin(actor, record),
        into=str(parameters.get("into", "")),
    )
    made = await create(site, fresh, session)
    await keep_version(site, actor, made, session)
    subject = Subject(kind=made.type, id=made.id, label=made.number)
    told = {"revision": made.revision, "cause": record.number}
    await record_event(site, actor, "record.register", subject, session, operator_id=made.operator_id, **told)
    return made


def _origin(actor: Actor, record: Record) -> Any:
    """The side whose step it comes of; of the program's steps, the side that began the record."""
    return side_of(actor) or record.origin


async def _read(
    site: Site, record: Record, definition: RecordType, answers: Mapping[str, Any]
) -> dict[str, Any]:
    """The answers as they are stored, with what is computed. Raises TransitionRefused."""
    about = Application.model_construct(type=definition.name, operator_id=record.operator_id, terms=None)
    variables = variables_with(site, about, await operator_of(site, record.operator_id), None)
    reading = read_data(compile_type(definition.forms[""]), answers, variables)
    errors = [*reading.errors, *await _unknown(site, record.operator_id, definition, reading.data, variables)]
    if errors:
        what = Message("{label}: {why}", {"label": _label(definition, errors[0]), "why": errors[0].message})
        raise TransitionRefused(NOT_COMPLETE, type=definition.label, what=what)
    return reading.data


async def _unknown(
    site: Site,
    operator_id: Id | None,
    definition: RecordType,
    data: Mapping[str, Any],
    variables: Mapping[str, Any],
) -> list[AnswerError]:
    """Errors at the references that name nothing of this operator's."""
    found = []
    for each in picked_in(definition, data):
        known: frozenset[str] = frozenset()
        if operator_id is not None:
            known = await pickable(site, SYSTEM, operator_id, each.field, {each.value}, variables)
        found += [] if each.value in known else [refused(each)]
    return found


def _label(definition: RecordType, error: AnswerError) -> Any:
    field = definition.by_name.get(error.field)
    return field.label if field else error.field
