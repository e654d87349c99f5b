"""Schema changes are reviewed too: proposed by one steward, approved by another, published at their time."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from models.configuration.candidate import read_candidate
from models.documents.counter import draw
from models.documents.event import Subject
from models.documents.guarded import find_document, insert_or, update_where
from models.documents.schema_change import SchemaChange
from models.documents.store import Session
from models.errors import (
    ConfigurationError,
    NotAllowed,
    NotFound,
    SchemaChangeRefused,
    SchemaMoved,
    TorokuError,
)
from models.permissions import SYSTEM, Actor, require
from models.schema.definition import RecordType
from models.services.events import record_event
from models.services.progress import Progress, silent
from models.services.publishing import apply, examine_change
from models.services.site import Site

LIST_LIMIT = 200
LONGEST_SOURCE = 500_000
"""Characters of YAML one proposal may have."""


async def propose(
    site: Site,
    actor: Actor,
    source: str,
    *,
    note: str = "",
    acknowledged: Collection[str] = (),
    effective_at: datetime | None = None,
    progress: Progress = silent,
) -> SchemaChange:
    """Propose the record type `source` (YAML) describes. Its impact is kept with it.

    Raises NotAllowed, ConfigurationError with every finding, StepsFailed, SchemaChangeRefused (also while
    another change of the type is open)."""
    require(actor, "schema.propose")
    definition = _described(site, source)
    current = site.registry.all_current().get(definition.name)
    if current is not None and current.definition.checksum == definition.checksum:
        raise SchemaChangeRefused("Nothing is changed: this is the version in force.")
    impact = await examine_change(site, current, definition, acknowledged, progress) if current else None
    change = SchemaChange(
        reference=f"S{site.today().year}-{await draw(f'schema_changes:{site.today().year}'):04}",
        type=definition.name,
        base_version=current.version if current else 0,
        source=source,
        definition=definition.published(),
        impact=impact.document() if impact else {},
        acknowledged=sorted(acknowledged),
        note=note[:2000],
        effective_at=effective_at,
        proposed_by=actor.person,
        proposed_at=site.now(),
    )
    refusal = SchemaChangeRefused("Another change of this record type is still open.")

    async def body(session: Session) -> None:
        await insert_or(refusal, change.model_copy(deep=True), session)
        await _tell(site, actor, "schema.proposed", change, session)

    await site.store.transaction(body)
    return await find_change(site, actor, change.reference)


def _described(site: Site, source: str) -> RecordType:
    if len(source) > LONGEST_SOURCE:
        raise SchemaChangeRefused("The text is longer than {limit} characters.", limit=LONGEST_SOURCE)
    candidate = read_candidate(source, site.configuration)
    errors = tuple(finding for finding in candidate.findings if finding.severity == "error")
    if candidate.definition is None or errors:
        raise ConfigurationError(errors)
    return candidate.definition


async def find_change(site: Site, actor: Actor, reference: str) -> SchemaChange:
    """One change. Raises NotFound, NotAllowed."""
    require(actor, "schema.view")
    found = await find_document(SchemaChange, {"reference": reference[:32]})
    if found is None:
        raise NotFound
    return found


async def list_changes(site: Site, actor: Actor, type_name: str | None = None) -> list[SchemaChange]:
    """The changes of one type, or of all, newest first (at most LIST_LIMIT)."""
    require(actor, "schema.view")
    where = {"type": type_name} if type_name else {}
    return await SchemaChange.find(where).sort("-proposed_at").limit(LIST_LIMIT).to_list()


def may_decide(actor: Actor, change: SchemaChange) -> bool:
    """Whether this steward may approve or reject: never the one who proposed it."""
    try:
        _require_second(actor, change)
    except TorokuError:
        return False
    return True


def _require_second(actor: Actor, change: SchemaChange) -> None:
    require(actor, "schema.approve")
    if actor.account_id is None or actor.account_id == change.proposed_by.id:
        raise NotAllowed("The steward who proposed a change cannot decide on it.", rule="schema.approve")


async def approve(site: Site, actor: Actor, change: SchemaChange, note: str = "") -> SchemaChange:
    """Approve: published now, or at its date. What is stored is looked at again before it is published.

    Raises NotAllowed, SchemaMoved, SchemaChangeRefused, StepsFailed."""
    _require_second(actor, change)
    decided = {
        "decided_by": actor.person.model_dump(),
        "decided_at": site.now(),
        "decision_note": note[:2000],
    }
    if change.effective_at is not None and change.effective_at > site.now():
        return await _move(site, actor, change, "schema.approved", {**decided, "state": "scheduled"})
    return await _publish(site, actor, change, decided)


async def reject(site: Site, actor: Actor, change: SchemaChange, note: str) -> SchemaChange:
    """Reject, with the reason."""
    _require_second(actor, change)
    if not note.strip():
        raise SchemaChangeRefused("Say why the change is rejected.")
    return await _move(
        site,
        actor,
        change,
        "schema.rejected",
        {
            "state": "rejected",
            "open": False,
            "decided_by": actor.person.model_dump(),
            "decided_at": site.now(),
            "decision_note": note[:2000],
        },
    )


async def withdraw(site: Site, actor: Actor, change: SchemaChange) -> SchemaChange:
    """Take a proposal back, also an approved one that waits for its date. Any steward may."""
    require(actor, "schema.propose")
    return await _move(site, actor, change, "schema.withdrawn", {"state": "withdrawn", "open": False})


async def _publish(
    site: Site, actor: Actor, change: SchemaChange, decided: Mapping[str, Any]
) -> SchemaChange:
    current = site.registry.all_current().get(change.type)
    if (current.version if current else 0) != change.base_version:
        raise SchemaMoved
    definition = RecordType.model_validate(change.definition)

    async def close(session: Session) -> None:
        values = {**decided, "state": "published", "open": False, "version": change.base_version + 1}
        await _guarded(change, values, session)

    await apply(
        site,
        actor,
        definition,
        source=change.source,
        acknowledged=change.acknowledged,
        change=change.reference,
        also=close,
    )
    found = await find_document(SchemaChange, {"_id": change.id})
    assert found is not None  # noqa: S101 - it was just updated, and changes are never deleted
    return found


async def _move(
    site: Site, actor: Actor, change: SchemaChange, action: str, values: Mapping[str, Any]
) -> SchemaChange:
    async def body(session: Session) -> SchemaChange:
        moved = await _guarded(change, values, session)
        await _tell(site, actor, action, change, session)
        return moved

    return await site.store.transaction(body)


async def _guarded(change: SchemaChange, values: Mapping[str, Any], session: Session) -> SchemaChange:
    """Write, if nobody decided meanwhile. Raises SchemaMoved."""
    where = {"_id": change.id, "revision": change.revision, "open": True}
    moved = await update_where(SchemaChange, where, {"$set": dict(values), "$inc": {"revision": 1}}, session)
    if moved is None:
        raise SchemaMoved("Somebody else decided on this change meanwhile.")
    return moved


async def _tell(site: Site, actor: Actor, action: str, change: SchemaChange, session: Session) -> None:
    subject = Subject(kind="schema_change", id=change.id, label=change.reference)
    await record_event(site, actor, action, subject, session, type=change.type, base=change.base_version)


async def publish_due(site: Site) -> bool:
    """Publish the approved change whose date has come longest; False when there is none.

    One that can no longer be published, because stored data changed since, fails with the reason."""
    where = {"state": "scheduled", "effective_at": {"$lte": site.now()}}
    found = await SchemaChange.find(where).sort("effective_at").first_or_none()
    if found is None:
        return False
    try:
        await _publish(site, SYSTEM, found, {})
    except TorokuError as error:
        await _fail(site, found, error)
    return True


async def _fail(site: Site, change: SchemaChange, error: TorokuError) -> None:
    values = {"state": "failed", "open": False, "problem": error.code}
    try:
        await _move(site, SYSTEM, change, "schema.failed", values)
    except SchemaMoved:
        return  # another worker was first
