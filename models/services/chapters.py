"""A record's history: the versions that were ever in force, what each changed, and which held on a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pydantic import ValidationError

from models.access import told
from models.documents.application import Application
from models.documents.base import Id, Person
from models.documents.record import RecordVersion
from models.errors import NotFound
from models.language import Language
from models.permissions import Actor
from models.schema.compare import Difference, differences
from models.services.records import scope
from models.services.routes import route_to
from models.services.seeing import seen
from models.services.site import Site

PAGE = 20
"""Versions told at once."""

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cause:
    """The application a version came of."""

    reference: str = ""
    kind: str = ""
    by_staff: bool = False
    ground: str = ""


@dataclass(frozen=True, slots=True)
class Chapter:
    """One version and how it came about. ``version.data`` holds only what the reader may see; ``changes`` are
    those against the version before it; ``until`` is when the next one came, None for the newest."""

    version: RecordVersion
    until: datetime | None
    cause: Cause
    changes: tuple[Difference, ...]
    earlier: str | None
    """The state before; None for the first version."""
    damaged: bool = False
    """Whether the stored version is not of the shape it should have."""

    @property
    def reason(self) -> str:
        """The ground it was changed on."""
        return self.version.reason or self.cause.ground


@dataclass(frozen=True, slots=True)
class History:
    """A page of chapters, newest first; ``before`` is where the next page begins, None on the last."""

    chapters: tuple[Chapter, ...]
    before: int | None


async def history(
    site: Site,
    actor: Actor,
    type_name: str,
    record_id: Id,
    language: Language,
    *,
    before: int | None = None,
    limit: int = PAGE,
) -> History:
    """The versions below revision `before`, or the newest. Raises NotAllowed; NotFound for a record the row
    rules keep from this actor."""
    await _require(site, actor, type_name, record_id)
    where: dict[str, Any] = {"record_id": record_id}
    below = where if before is None else {**where, "revision": {"$lt": before}}
    rows: list[Raw] = (
        await RecordVersion.raw().find(below).sort("revision", -1).limit(limit + 1).to_list(None)
    )
    causes = await _causes(rows)
    until = None if before is None else await _begin_of(record_id, before)
    chapters = []
    for place, row in enumerate(rows[:limit]):
        earlier = rows[place + 1] if place + 1 < len(rows) else None
        chapters.append(_chapter(site, actor, type_name, row, earlier, until, causes, language))
        until = chapters[-1].version.at
    return History(tuple(chapters), chapters[-1].version.revision if len(rows) > limit else None)


async def version_of(
    site: Site, actor: Actor, type_name: str, record_id: Id, revision: int, language: Language
) -> Chapter:
    """One version by its revision. Raises NotAllowed, NotFound."""
    found = await history(site, actor, type_name, record_id, language, before=revision + 1, limit=1)
    if not found.chapters or found.chapters[0].version.revision != revision:
        raise NotFound
    return found.chapters[0]


async def version_on(
    site: Site, actor: Actor, type_name: str, record_id: Id, day: date, language: Language
) -> Chapter | None:
    """The version in force at the end of `day` in the site's time zone; None where there was none yet. Raises
    NotAllowed, NotFound."""
    await _require(site, actor, type_name, record_id)
    end = datetime.combine(day + timedelta(days=1), time(), site.calendar.zone).astimezone(UTC)
    where = {"record_id": record_id, "at": {"$lt": end}}
    found = await RecordVersion.raw().find_one(where, {"revision": 1}, sort=[("revision", -1)])
    if found is None:
        return None
    return await version_of(site, actor, type_name, record_id, found["revision"], language)


def changes_between(
    site: Site, actor: Actor, type_name: str, old: Raw, new: Raw, language: Language
) -> tuple[Difference, ...]:
    """What differs, of what `actor` may read, between two stored versions or records: the older is brought to
    the form of the newer, so that a renamed question is no change."""
    version = _number(new.get("schema_version"))
    before = _brought(site, type_name, _answers(old), _number(old.get("schema_version")), version)
    definition = seen(site, actor, type_name, version)
    return tuple(differences(definition, told(definition, before), told(definition, _answers(new)), language))


async def stored_version(
    site: Site, actor: Actor, type_name: str, record_id: Id, revision: int
) -> Mapping[str, Any]:
    """A version as it is stored, for ``changes_between``; never shown as it is. Raises NotAllowed,
    NotFound."""
    await _require(site, actor, type_name, record_id)
    found: Raw | None = await RecordVersion.raw().find_one({"record_id": record_id, "revision": revision})
    if found is None:
        raise NotFound
    return found


async def _require(site: Site, actor: Actor, type_name: str, record_id: Id) -> None:
    """Raise NotAllowed or NotFound unless the record is one `actor` may see: an operator its own."""
    where = scope(site, actor, type_name)
    if where and not await site.records[type_name].taken({"$and": [{"_id": record_id}, where]}):
        raise NotFound


async def _causes(rows: Sequence[Raw]) -> Mapping[Any, Cause]:
    """The applications behind these versions, by id; of a step, its version says itself what it was."""
    ids = [row["application_id"] for row in rows if row.get("application_id")]
    wanted = {"reference": 1, "kind": 1, "by_staff": 1, "ground": 1}
    found = Application.raw().find({"_id": {"$in": ids}, "about": None}, wanted) if ids else None
    return {row["_id"]: _cause(row) async for row in found} if found is not None else {}


def _cause(row: Raw) -> Cause:
    reference, kind, ground = (str(row.get(name) or "") for name in ("reference", "kind", "ground"))
    return Cause(reference, kind, bool(row.get("by_staff")), ground)


async def _begin_of(record_id: Id, revision: int) -> datetime | None:
    """When the first version from `revision` on came into force."""
    where = {"record_id": record_id, "revision": {"$gte": revision}}
    found = await RecordVersion.raw().find_one(where, {"at": 1}, sort=[("revision", 1)])
    return found.get("at") if found else None


def _chapter(
    site: Site,
    actor: Actor,
    type_name: str,
    row: Raw,
    earlier: Raw | None,
    until: datetime | None,
    causes: Mapping[Any, Cause],
    language: Language,
) -> Chapter:
    version, damaged = _understood(row)
    changed = changes_between(site, actor, type_name, earlier, row, language) if earlier else ()
    version.data = told(seen(site, actor, type_name, version.schema_version), version.data)
    return Chapter(
        version,
        until,
        causes.get(row.get("application_id"), Cause()),
        changed,
        str(earlier.get("lifecycle", "")) if earlier else None,
        damaged,
    )


def _understood(row: Raw) -> tuple[RecordVersion, bool]:
    """A stored version; one of another shape as well as it can be read."""
    try:
        return RecordVersion.model_validate(row), False
    except ValidationError:
        known = {
            "type": str(row.get("type", "")),
            "record_id": row.get("record_id"),
            "revision": _number(row.get("revision")),
            "schema_version": _number(row.get("schema_version")),
            "lifecycle": str(row.get("lifecycle", "")),
            "data": dict(_answers(row)),
            "by": Person(kind="system"),
            "at": at if isinstance(at := row.get("at"), datetime) else datetime.fromtimestamp(0, UTC),
        }
        return RecordVersion.model_construct(**known), True


def _answers(row: Raw) -> Mapping[str, Any]:
    data = row.get("data")
    return data if isinstance(data, Mapping) else {}


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _brought(site: Site, type_name: str, data: Raw, start: int, end: int) -> Raw:
    """`data` of version `start` as version `end` holds it; as it is where no step leads there."""
    if not 0 < start < end:
        return data
    definition = site.registry.at(type_name, end).definition
    led = route_to(site, type_name, start, end - 1, definition).evolution.evolve(data, [])
    return data if led.problems else led.data
