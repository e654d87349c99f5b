"""Corrections of registered records by staff: changes like any other, proposed by one, reviewed by others.

Whoever proposes one is its applicant and nothing else (``models.permissions.persons``), so that no role of
theirs decides on it; the operator is no party to it, and is told by mail where the workflow says so."""

from typing import Any

from models.access import may_read
from models.documents.application import Application
from models.documents.record import Record
from models.documents.store import Session
from models.errors import NotAllowed, NotFound, RecordChanged, TransitionRefused
from models.language import Language
from models.permissions import Actor, is_applicant, require
from models.schema.compare import Difference
from models.schema.definition import RecordType
from models.services.applications import (
    CHANGED_ELSEWHERE,
    find,
    form_of,
    may_type,
    operator_of,
    read,
    require_applicant,
    subject_of,
)
from models.services.beginning import draft_about, keep_draft, next_reference, prefilled, starting_point
from models.services.chapters import changes_between
from models.services.events import record_event
from models.services.lifecycles import REASON_LIMIT, flow_of
from models.services.seeing import is_in_reach
from models.services.site import Site
from models.workflow.engine import holds

LISTED = 50
"""Most corrections of one person listed."""


async def begin_correction(
    site: Site,
    actor: Actor,
    record: Record,
    reason: str,
    language: Language = "ja",
    *,
    restored: str = "",
) -> Application:
    """Begin a correction of a record: a draft filled from the version in force, with its ground. What was
    kept aside under the path `restored` is put back where that question is there again and not answered.

    Raises NotAllowed, NotFound, TransitionRefused (no reason, not to be changed), AlreadyOpen."""
    require(actor, "record.correct")
    if not await is_in_reach(site, actor, record.type, record.id):
        raise NotFound
    require_correctable(site, record)
    ground = _ground(reason)
    operator = await operator_of(site, record.operator_id)
    published, data = starting_point(site, site.registry.current(record.type), record, operator)
    application = draft_about(site, actor, published, await next_reference(site), operator, record)
    application.kind, application.language = "change", language
    application.ground = ground
    application.answers = prefilled(published.definition, data)
    application.pages_done = [page.name for page in published.definition.laid_out]
    if restored:
        _restore(site, actor, application, record, restored)

    async def body(session: Session) -> None:
        told = {"record": record.number, "revision": record.revision}
        await keep_draft(site, actor, application, "correction.begun", session, **told)

    await site.store.transaction(body)
    return application


def require_correctable(site: Site, record: Record) -> None:
    """Raise TransitionRefused where a record cannot be corrected."""
    definition = site.registry.current(record.type).definition
    if "change" not in definition.applications.kinds:
        raise TransitionRefused(
            "Records of this type are not changed by application, so they cannot be corrected."
        )
    state = flow_of(site, record).states.get(record.lifecycle)
    if state is None or not state.live:
        raise TransitionRefused("A record that has ended cannot be corrected.")
    if not _is_reviewed(site, definition):
        raise TransitionRefused(NOBODY_REVIEWS)


NOBODY_REVIEWS = "What is registered at once cannot be corrected by us: nobody would review it."


def _is_reviewed(site: Site, definition: RecordType) -> bool:
    """Whether a correction of this type would be looked at before it comes into force."""
    workflow = site.workflows[definition.applications.workflow]
    named = {"kind": "change", "type": definition.name, "record_type": definition.name}
    facts = {**named, "correction": True, "by_staff": True, "data": {}}
    found = workflow.submissions.get(workflow.first, ())
    return any(not workflow.states[step.to].final and holds(step.when, facts) for step in found)


def is_correctable(site: Site, actor: Actor, record: Record) -> bool:
    """Whether `actor` may propose a correction of this record now."""
    try:
        require(actor, "record.correct")
        require_correctable(site, record)
    except (NotAllowed, TransitionRefused):
        return False
    return True


def _ground(reason: str) -> str:
    if not reason.strip():
        raise TransitionRefused("Write the reason.")
    if len(reason.strip()) > REASON_LIMIT:
        raise TransitionRefused("The reason is longer than {limit} characters.", limit=REASON_LIMIT)
    return reason.strip()


def restorable(site: Site, actor: Actor, record: Record) -> frozenset[str]:
    """The paths kept aside whose question is asked again and not answered, so that a correction can put their
    value back."""
    definition = site.registry.current(record.type).definition
    paths = {str(kept.get("path", "")) for kept in record.attic}
    fields = (definition.by_name[path] for path in paths if path in definition.by_name)
    return frozenset(
        field.name
        for field in fields
        if field.asked and may_read(actor, field) and field.is_empty(record.data.get(field.name))
    )


def _restore(site: Site, actor: Actor, application: Application, record: Record, path: str) -> None:
    """Put what was last kept under `path` into the answers. Raises TransitionRefused."""
    field = form_of(site, application).by_name.get(path)
    kept: list[Any] = [entry.get("value") for entry in record.attic if entry.get("path") == path]
    if field is None or not kept or path not in restorable(site, actor, record):
        raise TransitionRefused("This answer cannot be put back.")
    if not may_type(actor, field, application):
        raise TransitionRefused("This answer cannot be put back.")
    application.answers[path] = field.unparse(kept[-1])


async def changes_of(
    site: Site, actor: Actor, application: Application, language: Language
) -> tuple[Difference, ...]:
    """What a correction would change of the record in force, of what `actor` may read."""
    record = await site.records[application.type].get(application.record_id)
    if record is None:
        return ()
    proposed = {
        "data": (await read(site, application)).data,
        "schema_version": application.schema_version,
    }
    stored = {"data": record.data, "schema_version": record.schema_version}
    return changes_between(site, actor, application.type, stored, proposed, language)


async def require_change(site: Site, actor: Actor, application: Application) -> None:
    """Raise TransitionRefused for a correction that changes nothing."""
    if not await changes_of(site, actor, application, "ja"):
        raise TransitionRefused("Nothing has been changed yet.")


async def find_correction(site: Site, actor: Actor, reference: str) -> Application:
    """A correction this member of staff proposed. Raises NotFound for anything else."""
    require(actor, "record.correct")
    application = await find(site, actor, reference)
    proposed = application.by_staff and application.kind != "register" and not application.step
    if not proposed or not is_applicant(actor, application):
        raise NotFound
    return application


async def my_corrections(site: Site, actor: Actor) -> list[Application]:
    """The corrections this member of staff proposed, newest first (at most LISTED)."""
    require(actor, "record.correct")
    del site
    own = {"applicant.account_id": actor.account_id, "by_staff": True, "about": None}
    where = {**own, "kind": {"$ne": "register"}}
    return await Application.find(where).sort("-updated_at").limit(LISTED).to_list()


async def discard(site: Site, actor: Actor, application: Application, *, revision: int) -> None:
    """Give a draft up that was never handed over: it is removed, and the event stays. Raises NotFound,
    TransitionRefused, RecordChanged."""
    require_applicant(site, actor, application)
    if application.round or not application.by_staff:
        raise TransitionRefused

    async def body(session: Session) -> None:
        where = {"_id": application.id, "revision": revision, "state": application.state}
        gone = await Application.raw().delete_one(where, session=session)
        if gone.deleted_count == 0:
            raise RecordChanged(CHANGED_ELSEWHERE)
        subject, operator = subject_of(application), application.operator_id
        what = "case" if application.kind == "register" else "correction"
        await record_event(site, actor, f"{what}.discarded", subject, session, operator_id=operator)

    await site.store.transaction(body)
