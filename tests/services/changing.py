"""A change under review whose record moves on meanwhile."""

from dataclasses import dataclass
from typing import Any

from models.documents.application import Application
from models.documents.record import Record, RecordVersion
from models.permissions import SYSTEM, Actor
from models.services.beginning import begin
from models.services.site import Site
from models.services.steps import take_step
from models.services.submitting import submit
from models.services.terms import in_force
from tests.services.answers import fill_in, valid_answers
from tests.services.people import register_operator


@dataclass
class Case:
    """A submitted change with the people around it."""

    site: Site
    record: Record
    operator: Actor
    reviewer: Actor
    approver: Actor
    application: Application


async def change_under_review(
    site: Site, reviewer: Actor, approver: Actor, *, code: str = "9A01", **asked: Any
) -> Case:
    """An operator registered under `code` asks for `asked`; the reviewer has taken it on."""
    record, operator = await register_operator(site, reviewer, approver, operator_code=code)
    text = in_force(site)
    application = await begin(
        site,
        operator,
        "operator",
        "change",
        record_id=record.id,
        terms_version=text.version if text else None,
    )
    answers = {
        **valid_answers(site.registry.current("operator").definition),
        **application.answers,
        **asked,
    }
    application = await fill_in(site, operator, application, answers)
    application = await submit(site, operator, application, revision=application.revision)
    application = await take_step(site, reviewer, application, "claim")
    return Case(site, record, operator, reviewer, approver, application)


async def move_on(site: Site, record: Record, lifecycle: str | None = None, **values: Any) -> Record:
    """Put other values into force, as another decision would."""
    moved = record.model_copy(
        update={
            "data": {**record.data, **values},
            "revision": record.revision + 1,
            "lifecycle": lifecycle or record.lifecycle,
        }
    )
    await site.records[record.type].replace(moved, record.revision, None)
    await RecordVersion(
        type=moved.type,
        record_id=moved.id,
        revision=moved.revision,
        schema_version=moved.schema_version,
        lifecycle=moved.lifecycle,
        data=moved.data,
        by=SYSTEM.person.model_copy(update={"name": "別の審査担当者"}),
        at=site.now(),
    ).insert()
    return moved
