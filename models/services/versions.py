"""Publishing a version: the one place where a definition becomes immutable and comes into force."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from models.documents.event import Subject
from models.documents.guarded import insert_or
from models.documents.prepare import Kind, prepare_kind
from models.documents.record import RecordTypeVersion
from models.documents.store import Session
from models.documents.walls import Versions, ensure_wall, ensure_walls
from models.errors import ConfigurationError, SchemaChangeRefused, SchemaMoved
from models.permissions import SYSTEM, Actor
from models.schema.definition import RecordType
from models.services.events import record_event
from models.services.registry import Published
from models.services.site import Site

AT_START = "configuration"
"""How a version came that was published when a site with its file was started."""

Also = Callable[[Session], Awaitable[None]]
"""What else belongs into the transaction that publishes."""


def kinds_of(site: Site) -> list[Kind]:
    """Every type there is to prepare for: as published, or as described where it never was."""
    described = site.configuration.record_types
    published = {name: each.definition for name, each in site.registry.all_current().items()}
    return [(kind, site.lifecycles[kind.lifecycle]) for kind in ({**described, **published}).values()]


async def publish_new(site: Site) -> list[Published]:
    """Publish as version 1 every described type that was never published: nothing is stored under it yet."""
    fresh = []
    for name, definition in site.configuration.record_types.items():
        if name in site.registry.all_current() or (name, 1) in site.registry.altered:
            continue
        try:
            source = site.configuration.source_of(name)
            await publish_version(site, SYSTEM, definition, base=0, source=source, change=AT_START)
        except SchemaMoved:
            continue  # another process was first
        fresh.append(site.registry.current(name))
    await site.registry.refresh()
    return fresh


async def publish_version(
    site: Site,
    actor: Actor,
    definition: RecordType,
    *,
    base: int,
    source: str = "",
    change: str = "",
    also: Also | None = None,
) -> Published:
    """Publish `definition` as the version after `base`; `also` is done in the same transaction.

    Collections, indexes and walls are made ready first, so that a unique index that stored records break
    refuses before anything is published. The wall lets any data of the new version through until it is there.
    Raises SchemaChangeRefused, SchemaMoved."""
    await site.registry.refresh()
    _require_same_collection(site, definition)
    await _make_ready(site, definition)
    await ensure_wall(site.store, definition.collection, {**walled(site, definition.name), base + 1: None})
    version = _document(site, actor, definition, base + 1, source, change)

    async def body(session: Session) -> None:
        await insert_or(SchemaMoved(), version.model_copy(deep=True), session)
        subject = Subject(kind="record_type", label=definition.name)
        await record_event(
            site,
            actor,
            "schema.published",
            subject,
            session,
            version=version.version,
            checksum=version.checksum,
            change=change,
        )
        if also is not None:
            await also(session)

    await site.store.transaction(body)
    await site.registry.refresh()
    await ensure_wall(site.store, definition.collection, walled(site, definition.name))
    return site.registry.current(definition.name)


def walled(site: Site, name: str) -> Versions:
    """The versions records of a type may name: those published, and those that cannot be understood here."""
    unclear = {version: None for known, version in site.registry.altered if known == name}
    return {**unclear, **{each.version: each.definition for each in site.registry.versions(name)}}


async def renew_walls(site: Site) -> None:
    """Give every record collection the wall of what is published, where it has another."""
    published = site.registry.all_current()
    await ensure_walls(
        site.store, {each.definition.collection: walled(site, name) for name, each in published.items()}
    )


def _require_same_collection(site: Site, definition: RecordType) -> None:
    for name, published in site.registry.all_current().items():
        same_type = name == definition.name
        same_collection = published.definition.collection == definition.collection
        if same_type and not same_collection:
            raise SchemaChangeRefused("The collection of a record type cannot be changed.")
        if same_collection and not same_type:
            raise SchemaChangeRefused("The collection belongs to another record type.")


async def _make_ready(site: Site, definition: RecordType) -> None:
    lifecycle = site.lifecycles.get(definition.lifecycle)
    if lifecycle is None:
        raise SchemaChangeRefused("The lifecycle of this record type is not known here.")
    try:
        await prepare_kind(site.store, (definition, lifecycle))
    except ConfigurationError as error:
        raise SchemaChangeRefused(error.public, **error.values) from error


def _document(
    site: Site, actor: Actor, definition: RecordType, version: int, source: str, change: str
) -> RecordTypeVersion:
    workflow = site.workflows.get(definition.applications.workflow)
    lifecycle = site.lifecycles.get(definition.lifecycle)
    return RecordTypeVersion(
        type=definition.name,
        version=version,
        definition=definition.published(),
        checksum=definition.checksum,
        published_at=site.now(),
        published_by=actor.person,
        source=source,
        change=change,
        workflow=workflow.model_dump(mode="json", by_alias=True, exclude_defaults=True) if workflow else None,
        lifecycle=lifecycle.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        if lifecycle
        else None,
        mail=list(_mail_of(site, definition)),
    )


def _mail_of(site: Site, definition: RecordType) -> Iterator[dict[str, Any]]:
    """The templates the workflow names, in every language."""
    workflow = site.workflows.get(definition.applications.workflow)
    named = {m.template for t in workflow.transitions.values() for m in t.mail} if workflow else set()
    named |= {reason.mail for reason in definition.review.reasons if reason.mail}
    for (name, language), template in site.mail.items():
        if name in named:
            yield {
                "name": name,
                "language": language,
                "subject": template.subject,
                "body": template.body,
                **({"preheader": template.preheader} if template.preheader else {}),
            }
