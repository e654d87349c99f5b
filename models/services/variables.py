"""What an application is read with: the version it is pinned to, and what its rules' variables stand for."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.documents.application import Application
from models.documents.base import Id
from models.documents.record import Record
from models.schema.compiled import CompiledType
from models.schema.reading import Reading, read_answers
from models.services.carrying import as_carried
from models.services.site import Site


def compiled(site: Site, application: Application) -> CompiledType:
    """The form of an application, of the version of its type it is pinned to, ready to read answers."""
    return site.registry.at(application.type, application.schema_version).form(application.step)


async def operator_of(site: Site, operator_id: Id | None) -> Record | None:
    """The operator's own record by the names of the version in force, for looking at; or None."""
    found = await site.records[site.configuration.site.operator_type].get(operator_id)
    return as_carried(site, found) if found is not None else None


async def variables_of(site: Site, application: Application) -> dict[str, Any]:
    """What ``$$TODAY``, ``$$OPERATOR``, ``$$BEFORE``, ``$$TERMS`` and ``$$ORIGIN`` stand for in this
    application."""
    if application.operator_id is None and application.concerned is None:
        return variables_with(site, application, None, None)
    operator, before = await asyncio.gather(
        operator_of(site, application.operator_id),
        site.records[application.type].get(application.concerned),
    )
    return variables_with(site, application, operator, before)


def variables_with(
    site: Site, application: Application, operator: Record | None, before: Record | None
) -> dict[str, Any]:
    """``variables_of`` for who has read the operator's record and the record in force already."""
    operator = as_carried(site, operator) if operator else None
    return {
        "NOW": site.now(),
        "TODAY": site.today().isoformat(),
        "OPERATOR": {**operator.data, "lifecycle": operator.lifecycle} if operator else {},
        "BEFORE": _before(site, application, before).data if before else {},
        "TERMS": _terms(site, application),
        "ORIGIN": before.origin if before else "staff" if application.by_staff else "operator",
    }


def _before(site: Site, application: Application, record: Record) -> Record:
    """A record as the version of an application calls its answers, where it has not followed that yet."""
    if record.schema_version >= application.schema_version:
        return record
    led = as_carried(site, record)
    return led if led.schema_version == application.schema_version else record


def _terms(site: Site, application: Application) -> dict[str, Any]:
    accepted = application.terms
    if accepted is None:
        return {}
    at = accepted.at.astimezone(site.calendar.zone).isoformat(timespec="seconds")
    return {"version": accepted.version, "accepted_at": at, "accepted_by": accepted.by}


@dataclass(frozen=True, slots=True)
class Judged:
    """What `answers` come to in a version of a form, with the variables they were read with; ``judge`` makes
    it."""

    form: CompiledType
    answers: Mapping[str, Any]
    variables: Mapping[str, Any]
    reading: Reading


def judge(form: CompiledType, answers: Mapping[str, Any], variables: Mapping[str, Any]) -> Judged:
    """Read answers through the rules, for a door that looks at what they come to before it keeps them."""
    return Judged(form, answers, variables, read_answers(form, answers, variables))
