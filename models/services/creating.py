"""Creating a record: its number, its place in the lifecycle, its first version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from models.documents.application import Application
from models.documents.base import Id, new_id
from models.documents.counter import draw
from models.documents.record import Record, RecordVersion
from models.documents.store import Session
from models.errors import TransitionRefused
from models.permissions import Actor
from models.schema.definition import RecordType
from models.schema.search import grams_of
from models.services.carrying import carry
from models.services.clocks import with_clock
from models.services.site import Site


@dataclass(frozen=True, slots=True)
class Fresh:
    """What a record is made of: answers as version `schema_version` of its type holds them, the operator it
    is about, the state it begins in ("" for the lifecycle's first), and the side that began it."""

    type: str
    data: Mapping[str, Any]
    schema_version: int
    operator_id: Id | None
    origin: Literal["", "staff", "operator"] = ""
    into: str = ""
    attic: Sequence[Mapping[str, Any]] = ()


async def create(site: Site, fresh: Fresh, session: Session) -> Record:
    """Store a new record under the next number of its type. Raises DuplicateValue, TransitionRefused (there
    is no operator it could belong to)."""
    definition = site.registry.current(fresh.type).definition
    drawn = await draw(f"records:{fresh.type}", session)
    record = built(site, fresh, number_of(site, definition, drawn))
    await site.records[fresh.type].insert(record, session)
    return record


def built(site: Site, fresh: Fresh, number: str) -> Record:
    """A new record as it is stored. Raises TransitionRefused as ``create`` does."""
    carried = carry(site, fresh.type, fresh.data, fresh.schema_version, fresh.attic)
    definition, identity, now = carried.definition, new_id(), site.now()
    data = {**carried.data, definition.number.field: number}
    record = Record(
        _id=identity,
        type=fresh.type,
        number=number,
        title=definition.title_of(data) or number,
        schema_version=carried.version,
        operator_id=_owner(site, definition, fresh, identity),
        lifecycle=fresh.into or site.lifecycles[definition.lifecycle].first,
        origin=fresh.origin,
        data=data,
        attic=carried.attic,
        grams=grams_of(definition, number, data),
        since=now,
        created_at=now,
        updated_at=now,
    )
    return with_clock(site, record)


def _owner(site: Site, definition: RecordType, fresh: Fresh, identity: Id) -> Id | None:
    """An operator's own record belongs to itself, the organisation's to no operator; everything else to the
    operator it is about. Raises TransitionRefused where there is none."""
    if definition.is_ours:
        return None
    if fresh.type == site.configuration.site.operator_type:
        return identity
    if fresh.operator_id is None:
        raise TransitionRefused
    return fresh.operator_id


def number_of(site: Site, definition: RecordType, drawn: int) -> str:
    """The number of the record of a type that comes as `drawn`."""
    return definition.number.format.format(seq=drawn, year=site.today().year)


async def keep_version(
    site: Site,
    actor: Actor,
    record: Record,
    session: Session,
    *,
    application: Application | None = None,
    reason: str = "",
) -> RecordVersion:
    """Store the version of a record that was just written, with the application that caused it."""
    version = RecordVersion.of(
        record,
        actor.person,
        site.now(),
        application_id=application.id if application else None,
        reason=application.ground if application else reason,
    )
    await version.insert(session=session)
    return version
