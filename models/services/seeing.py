"""What an actor may see and answer of what is stored: the definition it was written under, narrowed.

Every door asks here, so that what one may not read is not in what is drawn at all."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models import access
from models.documents.application import Application
from models.documents.base import Id
from models.errors import NotFound
from models.language import Message
from models.permissions import Actor
from models.schema.definition import RecordType
from models.schema.fault import AnswerError
from models.services.site import Site
from models.services.spanning import closed, places_now


def governed(site: Site, type_name: str, version: int) -> RecordType:
    """A version of a type under the access rules in force."""
    pinned, current = site.registry.at(type_name, version), site.registry.current(type_name)
    if pinned.version == current.version:
        return pinned.definition
    places = places_now(site, type_name, pinned.version)
    return access.governed(pinned.definition, current.definition, places)


def form_of(site: Site, application: Application) -> RecordType:
    """The form of the version an application is pinned to, under the access rules in force."""
    return governed(site, application.type, application.schema_version).form_of(application.step)


def seen(site: Site, actor: Actor, type_name: str, version: int) -> RecordType:
    """A version of a type with only the fields `actor` may read."""
    return access.seen_by(actor, governed(site, type_name, version))


def seen_of(site: Site, actor: Actor, application: Application) -> RecordType:
    """The form of an application with only the fields `actor` may read."""
    return access.seen_by(actor, form_of(site, application))


def rows(site: Site, actor: Actor, type_name: str) -> dict[str, Any]:
    """The records of a type `actor` may see by its row rules, as a query; {} for all. Records that follow a
    new version are asked by the names they still have. Raises NotFound."""
    ruled = access.rows_for(actor, site.registry.current(type_name).definition, site.today())
    return closed(site, type_name, ruled)


async def is_in_reach(site: Site, actor: Actor, type_name: str, record_id: Id | None) -> bool:
    """Whether the row rules leave this record to `actor`."""
    where = rows(site, actor, type_name)
    if not where or record_id is None:
        return True
    return await site.records[type_name].taken({"$and": [{"_id": record_id}, where]})


async def may_open(site: Site, actor: Actor, application: Application) -> bool:
    """Whether the row rules leave the record an application is about to `actor`. Who applied for a
    registration may look at it afterwards, whatever the rules say of the record that came of it."""
    if application.kind == "register" and actor.kind != "staff":
        return True
    return await is_in_reach(site, actor, application.type, application.concerned)


async def require_in_reach(site: Site, actor: Actor, application: Application) -> None:
    """Raise NotFound where ``may_open`` says no."""
    if not await may_open(site, actor, application):
        raise NotFound


def kept_for(site: Site, actor: Actor, type_name: str, attic: Any) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """What was kept aside of a record and `actor` may read: each entry, and its value. A path is looked up in
    the version it was kept from; one that is not found there is shown only to who may read all of it."""
    for entry in attic if isinstance(attic, list) else ():
        if not isinstance(entry, Mapping):
            continue
        version = entry.get("version")
        definition = governed(site, type_name, version if isinstance(version, int) else 0)
        path, value = str(entry.get("path", "")), entry.get("value")
        seen = access.seen_by(actor, definition)
        if seen.fields == definition.fields:
            yield entry, value
        elif fields := access.found_at(seen, path):
            yield entry, access.value_told(fields[-1], value)


def variables_told(
    site: Site, actor: Actor, application: Application, variables: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The variables of an application's rules as far as `actor` may read what they stand for."""
    own = site.registry.current(site.configuration.site.operator_type).definition
    form = form_of(site, application)
    if access.is_open(own) and access.is_open(form):
        return variables
    operator, before = variables.get("OPERATOR") or {}, variables.get("BEFORE") or {}
    lifecycle = {name: value for name, value in operator.items() if name == "lifecycle"}
    return {
        **variables,
        "OPERATOR": {**access.told(access.seen_by(actor, own), operator), **lifecycle},
        "BEFORE": access.told(access.seen_by(actor, form), before),
    }


def worded_for(
    actor: Actor, definition: RecordType, errors: Sequence[AnswerError]
) -> tuple[AnswerError, ...]:
    """`errors` as `actor` may be told them: where it is not theirs to answer, who can."""
    if access.is_open(definition):
        return tuple(errors)
    return tuple(_worded(actor, definition, error) for error in errors)


def _worded(actor: Actor, definition: RecordType, error: AnswerError) -> AnswerError:
    why = why_not(actor, definition, error.path)
    if why is None or (error.key != "required" and is_read(actor, definition, error.path)):
        return error
    return AnswerError(error.path, error.key, why, error.reads)


def why_not(actor: Actor, definition: RecordType, path: str) -> Message | None:
    """Why `actor` may not answer at `path`, in words; None where they may."""
    found = (access.why_not(actor, field) for field in access.found_at(definition, path))
    return next((why for why in found if why is not None), None)


def is_read(actor: Actor, definition: RecordType, path: str) -> bool:
    """Whether `actor` may read the answer at `path`."""
    return all(access.may_read(actor, field) for field in access.found_at(definition, path))


def holds(value: Any, identifier: str) -> bool:
    """Whether the upload with this identifier is among answers, at any depth."""
    if isinstance(value, Mapping):
        return value.get("id") == identifier or any(holds(part, identifier) for part in value.values())
    return isinstance(value, list) and any(holds(part, identifier) for part in value)
