"""The record in force changed since an application began: what it was, what it is now, what is asked for.

Answers are compared as the form the application is pinned to has them: each field, the parts of groups each
for itself, tables whole."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from models.access import found_at, seen_by
from models.documents.application import Application
from models.documents.base import Person
from models.documents.record import Record, RecordVersion
from models.language import Language, Text
from models.permissions import Actor
from models.schema.definition import RecordType
from models.schema.fields import BaseField
from models.services.applications import form_of
from models.services.registry import Published
from models.services.routes import route_to
from models.services.site import Site

Data = Mapping[str, Any]
Side = Literal["theirs", "ours", "both", "same"]
"""Who changed an answer since the application began: the record in force, the application, both otherwise, or
both to the same."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One answer that is no longer what it was, by its path (``field``, ``group.part``)."""

    path: str
    fields: tuple[BaseField, ...]
    side: Side
    base: Any
    theirs: Any
    ours: Any

    @property
    def label(self) -> Text:
        """The field's label after those of the groups it stands in."""
        labels = [field.label for field in self.fields]
        return Text(ja="：".join(t.ja for t in labels), en=": ".join(t("en") for t in labels))

    def show(self, value: Any, language: Language) -> str:
        """One of its three values as a person reads it."""
        return self.fields[-1].show(value, language)


@dataclass(frozen=True, slots=True)
class Conflict:
    """What stands between an application and the record in force."""

    record: Record
    moved: tuple[Moved, ...]
    base: RecordVersion | None
    """The version the application began on; None where it was not kept: then every difference is asked."""
    last: RecordVersion | None
    """The version in force."""
    lost: tuple[Text, ...]
    """Labels of what only a newer form asks: the application has no place for it."""

    @property
    def asked(self) -> tuple[Moved, ...]:
        """What both changed: somebody has to say which holds."""
        return tuple(each for each in self.moved if each.side == "both")

    @property
    def by(self) -> Person | None:
        """Who changed the record last."""
        return self.last.by if self.last else None


async def conflict_of(site: Site, application: Application) -> Conflict | None:
    """What changed on both sides; None where the application still stands on the record in force, or is about
    none."""
    if application.kind == "register" or not application.open:
        return None
    record = await site.records[application.type].get(application.record_id)
    if record is None or record.revision == application.base_revision:
        return None
    where = {
        "record_id": record.id,
        "revision": {"$in": [application.base_revision, record.revision]},
    }
    found = {each.revision: each for each in await RecordVersion.find(where).to_list()}
    base = found.get(application.base_revision or 0)
    moved = tuple(_moved(site, application, base, record))
    return Conflict(record, moved, base, found.get(record.revision), tuple(_lost(site, application, record)))


def seen_in(actor: Actor, site: Site, application: Application, conflict: Conflict) -> tuple[Moved, ...]:
    """Of what moved what `actor` may read."""
    seen = seen_by(actor, form_of(site, application))
    return tuple(each for each in conflict.moved if found_at(seen, each.path))


def _moved(
    site: Site, application: Application, base: RecordVersion | None, record: Record
) -> Iterator[Moved]:
    pinned = site.registry.at(application.type, application.schema_version)
    began = data_at(site, pinned, base.data, base.schema_version) if base is not None else None
    theirs = data_at(site, pinned, record.data, record.schema_version)
    ours = (application.data or {}) if application.kind == "change" else (began or theirs)
    for path, fields in places(form_of(site, application)):
        before, now, asked = (value_at(data, path) for data in (began or {}, theirs, ours))
        side = side_of(fields[-1], before, now, asked, known=began is not None)
        if side is not None:
            yield Moved(path, fields, side, before, now, asked)


def side_of(field: BaseField, before: Any, now: Any, asked: Any, *, known: bool) -> Side | None:
    """Who changed one answer; None where nobody did. Where the beginning is not `known`, every difference is
    both sides'."""
    if not known:
        return None if is_same(field, now, asked) else "both"
    theirs, ours = not is_same(field, before, now), not is_same(field, before, asked)
    if theirs and ours:
        return "same" if is_same(field, now, asked) else "both"
    return "theirs" if theirs else "ours" if ours else None


def is_same(field: BaseField, left: Any, right: Any) -> bool:
    """Whether two answers of a field are the same."""
    if field.is_empty(left) or field.is_empty(right):
        return field.is_empty(left) and field.is_empty(right)
    return bool(left == right) if field.parts else field.compare(left, right) == 0


def places(definition: RecordType) -> Iterator[tuple[str, tuple[BaseField, ...]]]:
    """What is compared: every answered field with those around it; what is worked out follows of itself."""
    yield from _places(definition.fields, (), definition.number.field)


def _places(
    fields: tuple[BaseField, ...], around: tuple[BaseField, ...], number: str
) -> Iterator[tuple[str, tuple[BaseField, ...]]]:
    for field in fields:
        here = (*around, field)
        if not (field.stored and field.asked) or (not around and field.name == number):
            continue
        if field.parts and not field.repeats:
            yield from _places(field.parts, here, number)
        else:
            yield ".".join(each.name for each in here), here


def value_at(data: Any, path: str) -> Any:
    """The value at a path through groups."""
    for name in path.split("."):
        data = data.get(name) if isinstance(data, Mapping) else None
    return data


def data_at(site: Site, pinned: Published, data: Data, version: int) -> Data:
    """Data written under `version` as `pinned` has it: carried forward by the steps between; of a newer one,
    or where a step does not work on it, the fields both have alike."""
    if version == pinned.version:
        return data
    if version < pinned.version:
        name, definition = pinned.definition.name, pinned.definition
        route = route_to(site, name, version, pinned.version - 1, definition)
        led = route.evolution.evolve(data, [])
        if not led.problems:
            route.compute(led.data)
            return led.data
    written = site.registry.at(pinned.definition.name, version).definition.by_name
    alike = {n for n, f in pinned.definition.by_name.items() if n in written and _is_alike(f, written[n])}
    return {name: value for name, value in data.items() if name in alike}


def _is_alike(one: BaseField, other: BaseField) -> bool:
    return one.type == other.type and one.parts == other.parts


def _lost(site: Site, application: Application, record: Record) -> Iterator[Text]:
    """What the record answers and the form of the application does not ask, or asks otherwise."""
    if record.schema_version <= application.schema_version:
        return
    pinned = site.registry.at(application.type, application.schema_version).definition.by_name
    for field in form_at(site, record).fields:
        alike = field.name in pinned and _is_alike(pinned[field.name], field)
        if field.stored and field.asked and not alike and not field.is_empty(record.data.get(field.name)):
            yield field.label


def form_at(site: Site, record: Record) -> RecordType:
    """The version a record was written under."""
    return site.registry.at(record.type, record.schema_version).definition
