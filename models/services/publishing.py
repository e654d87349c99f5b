"""Changing a record type with stored data behind it: nothing is published before its impact was seen."""

from collections.abc import Collection, Iterator

from models.documents.store import Session
from models.errors import NotFound, SchemaChangeRefused, StepsFailed
from models.permissions import Actor
from models.schema.definition import RecordType
from models.schema.evolution import Steps, check_steps, inverse
from models.schema.writing import write_yaml
from models.services import jobs
from models.services.impact import Impact, assess
from models.services.progress import Progress, silent
from models.services.registry import Published
from models.services.rewriting import rehearse
from models.services.routes import route_to
from models.services.site import Site
from models.services.sources import write_definition
from models.services.versions import Also, publish_version

OWNERS = "Whose the records of a type are (“about”) stays as it is: make another type."


async def examine_change(
    site: Site,
    published: Published,
    candidate: RecordType,
    acknowledged: Collection[str] = (),
    progress: Progress = silent,
) -> Impact:
    """What publishing `candidate` would do, once nothing speaks against it; nothing is written.

    Raises SchemaChangeRefused (a step is wrong, or a loss has neither step nor acknowledgement),
    StepsFailed."""
    impact = await assess(site, published, candidate, progress)
    if refusals := impact.refusals(acknowledged):
        raise SchemaChangeRefused(rows=refusals, base=published.version)
    await rehearse_change(site, published, candidate, progress)
    return impact


async def rehearse_change(
    site: Site, published: Published, candidate: RecordType, progress: Progress = silent
) -> None:
    """Try the steps on every stored record without writing. Raises SchemaChangeRefused (a step cannot be
    used, or the records would be somebody else's), StepsFailed."""
    if published.definition.is_ours != candidate.is_ours:
        raise SchemaChangeRefused(OWNERS)
    for path, problem in check_steps(_own(published, candidate), published.definition, candidate):
        raise SchemaChangeRefused(
            "The step at “{path}” cannot be used: {problem}.", path=path, problem=problem
        )
    failures = await rehearse(site, published, candidate, progress)
    if failures.count:
        raise StepsFailed(failures.listed, failures.count)


def _own(published: Published, candidate: RecordType) -> tuple[Steps, ...]:
    """The steps that lead from the version in force to the candidate."""
    return tuple(steps for steps in candidate.evolution if steps.start == published.version)


def is_published(site: Site, definition: RecordType) -> bool:
    """Whether the version in force is exactly this definition."""
    current = site.registry.all_current().get(definition.name)
    return current is not None and current.definition.checksum == definition.checksum


async def apply(
    site: Site,
    actor: Actor,
    candidate: RecordType,
    *,
    source: str = "",
    acknowledged: Collection[str] = (),
    change: str = "",
    progress: Progress = silent,
    also: Also | None = None,
) -> Published:
    """Publish `candidate`, and have stored records follow where it has steps for them, or where searches and
    computed values would miss them. Publishing what is in
    force already changes nothing. Raises as ``examine_change`` and ``publish_version`` do."""
    current = site.registry.all_current().get(candidate.name)
    if current is None:
        return await publish_version(site, actor, candidate, base=0, source=source, change=change, also=also)
    if is_published(site, candidate):
        return current
    impact = await examine_change(site, current, candidate, acknowledged, progress)
    work: jobs.Kind | None = "rewrite" if _follows(site, current, candidate, impact) else None
    return await _publish(site, actor, current, candidate, work, source, change, also)


def _follows(site: Site, current: Published, candidate: RecordType, impact: Impact) -> bool:
    """Whether stored records are rewritten: where there are steps, and where what is worked out of answers
    (what a search finds, titles, computed values) changes and nothing else speaks against it."""
    if _own(current, candidate):
        return True
    harmless = all(each.change.kind == "safe" or each.change.settled_by for each in impact.changes)
    return harmless and route_to(site, candidate.name, current.version, current.version, candidate).derives


async def _publish(
    site: Site,
    actor: Actor,
    current: Published,
    candidate: RecordType,
    work: jobs.Kind | None,
    source: str,
    change: str,
    also: Also | None,
) -> Published:
    """Publish, and in the same transaction put the job that rewrites stored records into the queue."""

    async def together(session: Session) -> None:
        if work is not None:
            await jobs.enqueue(
                site, work, candidate.name, current.version, current.version + 1, session, change=change
            )
        if also is not None:
            await also(session)

    return await publish_version(
        site, actor, candidate, base=current.version, source=source, change=change, also=together
    )


async def rollback(
    site: Site, actor: Actor, type_name: str, version: int, *, progress: Progress = silent
) -> Published:
    """Publish the definition of an earlier version again, as a new version: versions are never taken back.
    Records converted since take their earlier form back; those written since go through the inverse steps.

    Raises NotFound for an unknown version, SchemaChangeRefused when it is in force already."""
    current, target = site.registry.current(type_name), earlier(site, type_name, version)
    candidate = going_back(site, current, target)
    source = source_with_steps(target, candidate)
    told = f"rollback to {version}"
    await rehearse_change(site, current, candidate, progress)
    changed = candidate.evolution != target.definition.evolution
    return await _publish(site, actor, current, candidate, "restore" if changed else None, source, told, None)


def earlier(site: Site, type_name: str, version: int) -> Published:
    """A version that is no longer in force. Raises NotFound, SchemaChangeRefused."""
    target = site.registry.at(type_name, version)
    if target.version != version:
        raise NotFound
    if version == site.registry.current(type_name).version:
        raise SchemaChangeRefused("This version is in force already.")
    return target


def going_back(site: Site, current: Published, target: Published) -> RecordType:
    """The definition of `target`, with the steps that lead there from the version in force."""
    return target.definition.model_copy(update={"evolution": tuple(_inverses(site, current, target))})


def _inverses(site: Site, current: Published, target: Published) -> Iterator[Steps]:
    """The inverse of every step taken since, the last first."""
    name = current.definition.name
    for version in range(current.version, target.version, -1):
        new, old = site.registry.at(name, version).definition, site.registry.at(name, version - 1).definition
        for steps in reversed([each for each in new.evolution if each.start == version - 1]):
            yield inverse(steps, old, new).model_copy(update={"start": current.version})


def source_with_steps(target: Published, candidate: RecordType) -> str:
    """The YAML of a definition that goes back: as it was written then, its steps put in at the end."""
    steps = [
        each.model_dump(mode="json", by_alias=True, exclude_defaults=True) for each in candidate.evolution
    ]
    if not target.source or "\nevolution:" in target.source:
        return write_definition(candidate)
    return f"{target.source.rstrip()}\n\n{write_yaml({'evolution': steps})}" if steps else target.source
