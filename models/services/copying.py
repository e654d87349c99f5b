"""A new registration filled from an earlier one: a registered record, or an application that was sent."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from models import access
from models.documents.application import Application
from models.documents.guarded import find_document
from models.documents.record import Record
from models.errors import NotFound
from models.language import Language, Message, Text
from models.permissions import Actor, is_applicant, require
from models.schema.definition import RecordType
from models.schema.fields import BaseField
from models.schema.fields.file import CertificateField, UploadField
from models.services import agenda, listings
from models.services.applications import may_begin
from models.services.beginning import Start, begin
from models.services.carrying import carry
from models.services.listings import Asked
from models.services.records import find_own
from models.services.seeing import governed, require_in_reach, seen
from models.services.site import Site

Origin = Literal["record", "application"]

MOST = 10
"""Sources offered of each sort; more are found by searching."""

FILE = Message("Files are handed in anew.")
ANEW = Message("It is confirmed anew each time.")
SINGLE = Message("It may be registered only once.")
FIXED = Message("It cannot be changed later, so it is answered anew.")
GIVEN = Message("It is given by the system.")
SECRET = Message("It is confidential and answered anew.")
BARRED = Message("Somebody else answers it.")
GONE = Message("The form in force does not ask it.")


@dataclass(frozen=True, slots=True)
class Source:
    """What a new registration can be filled from: a record by its number, or an application by its
    reference."""

    origin: Origin
    name: str
    title: str
    type: str
    data: Mapping[str, Any]
    version: int


@dataclass(frozen=True, slots=True)
class Left:
    """An answer that does not come along, and why."""

    label: Text
    why: Message


@dataclass(frozen=True, slots=True)
class Copied:
    """What comes along, as it is stored under the form in force, and what does not."""

    data: Mapping[str, Any]
    left: tuple[Left, ...]


async def sources(
    site: Site, actor: Actor, type_name: str, text: str = ""
) -> tuple[Sequence[Mapping[str, Any]], Sequence[Application]]:
    """The newest records and sent applications of a type that hold `text`, at most MOST of each. Raises
    NotFound, NotAllowed, SearchTooWide."""
    require_copying(site, actor, type_name)
    found = await listings.page(site, actor, type_name, Asked(text=text, sort="-updated"))
    sent = await agenda.sent(site, actor, type_name, text, MOST)
    return found.rows[:MOST], sent


def require_copying(site: Site, actor: Actor, type_name: str) -> RecordType:
    """The type in force, when this actor may apply for a registration of it. Raises NotFound, NotAllowed."""
    require(actor, "portal.enter")
    definition = site.registry.current(type_name).definition
    if not definition.enabled or not may_begin(site, actor, definition, "register"):
        raise NotFound
    return definition


async def find_source(site: Site, actor: Actor, type_name: str, origin: str, name: str) -> Source:
    """One source of this actor's operator. Raises NotFound for anything else, another operator's included."""
    require_copying(site, actor, type_name)
    if origin == "record":
        return _of_record(site, actor, await find_own(site, actor, type_name, name))
    found = await find_document(Application, {"reference": name[:64], "type": type_name})
    if origin != "application" or found is None or not is_applicant(actor, found) or found.data is None:
        raise NotFound
    await require_in_reach(site, actor, found)
    form = seen(site, actor, type_name, found.schema_version)
    data = access.told(form, found.data)
    return Source("application", found.reference, found.title, type_name, data, found.schema_version)


def _of_record(site: Site, actor: Actor, record: Record) -> Source:
    data = access.told(seen(site, actor, record.type, record.schema_version), record.data)
    return Source("record", record.number, record.title, record.type, data, record.schema_version)


def copied(site: Site, actor: Actor, source: Source) -> Copied:
    """What comes along into the form in force. Files, declarations and the certificate are given anew; what
    may stand in one registration only, and the number, stay where they are."""
    current = site.registry.current(source.type)
    form = governed(site, source.type, current.version)
    carried = carry(site, source.type, source.data, source.version)
    data = carried.data if carried.version == current.version else _alike(site, source, form)
    kept: dict[str, Any] = {}
    left = [Left(label, GONE) for label in _gone(site, source, form)]
    for field in form.fields:
        value = data.get(field.name)
        if not field.stored or not field.asked or field.is_empty(value):
            continue
        why = _why_not(actor, form, field)
        if why is None:
            kept[field.name] = _bare(field, value)
        else:
            left.append(Left(field.label, why))
    return Copied(kept, tuple(left))


def _why_not(actor: Actor, form: RecordType, field: BaseField) -> Message | None:
    """Why an answer does not come along; None where it does."""
    if isinstance(field, UploadField):
        return FILE
    if isinstance(field, CertificateField) or field.control == "declaration":
        return ANEW
    if field.unique:
        return SINGLE
    if field.set_once:
        return FIXED
    if field.read_only or field.name == form.number.field:
        return GIVEN
    if field.confidential:
        return SECRET
    return None if access.may_answer(actor, field) else BARRED


def _bare(field: BaseField, value: Any) -> Any:
    """An answer without the files, declarations and unique values inside it."""
    if not field.parts:
        return value
    if isinstance(value, list):
        return [_parts(field.parts, row) for row in value if isinstance(row, Mapping)]
    return _parts(field.parts, value) if isinstance(value, Mapping) else value


def _parts(parts: Iterable[BaseField], row: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {
        part.name: part
        for part in parts
        if part.name in row
        and not isinstance(part, UploadField | CertificateField)
        and part.control != "declaration"
        and not part.confidential
    }
    return {name: _bare(part, row[name]) for name, part in wanted.items()}


def _alike(site: Site, source: Source, form: RecordType) -> Mapping[str, Any]:
    """What has the same name and kind in the form in force, where the answers cannot be carried there."""
    pinned = site.registry.at(source.type, source.version).definition.by_name
    known = form.by_name
    alike = {
        n for n, f in known.items() if n in pinned and (f.type, f.parts) == (pinned[n].type, pinned[n].parts)
    }
    return {name: value for name, value in source.data.items() if name in alike}


def _gone(site: Site, source: Source, form: RecordType) -> Iterator[Text]:
    """The labels of what was answered and is no longer asked."""
    pinned = site.registry.at(source.type, source.version).definition
    for field in pinned.fields:
        answered = not field.is_empty(source.data.get(field.name))
        if answered and field.asked and field.name not in form.by_name:
            yield field.label


async def copy(
    site: Site,
    actor: Actor,
    source: Source,
    *,
    language: Language,
    terms_version: str | None = None,
) -> Application:
    """Begin a registration filled from `source`. Raises as ``beginning.begin``."""
    form = governed(site, source.type, site.registry.current(source.type).version)
    known = form.by_name
    data = copied(site, actor, source).data
    answers = {name: known[name].unparse(value) for name, value in data.items()}
    given = {name: value for name, value in answers.items() if value is not None}
    start = Start(given, source.name, form.title_of(data))
    return await begin(site, actor, source.type, language=language, terms_version=terms_version, start=start)
