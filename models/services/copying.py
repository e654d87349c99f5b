"""A new registration filled from an earlier one: a registered record, or an application that was sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from models import access
from models.documents.application import Application
from models.documents.guarded import find_document
from models.documents.record import Record
from models.errors import NotFound
from models.language import Language
from models.permissions import Actor, is_applicant, require
from models.schema.definition import RecordType
from models.services import agenda, listings
from models.services.applications import may_begin
from models.services.beginning import Start, begin
from models.services.bringing import Brought, Earlier, bring, came_to_nothing
from models.services.carrying import carry
from models.services.listings import Asked
from models.services.records import find_own
from models.services.seeing import governed, require_in_reach, seen
from models.services.site import Site

Origin = Literal["record", "application"]

MOST = 10
"""Sources offered of each sort; more are found by searching."""


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
    spent: bool = True
    """Whether a registration holds its answers, or may yet come to."""


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
    if not may_copy(site, actor, definition):
        raise NotFound
    return definition


def may_copy(site: Site, actor: Actor, definition: RecordType) -> bool:
    """Whether `actor` may begin one of this type with the answers of an earlier one."""
    wanted = definition.enabled and not definition.applications.one_by_one
    return wanted and may_begin(site, actor, definition, "register")


async def find_source(site: Site, actor: Actor, type_name: str, origin: str, name: str) -> Source:
    """One source of this actor's operator. Raises NotFound for anything else, another operator's included."""
    require_copying(site, actor, type_name)
    if origin == "record":
        return source_of(site, actor, await find_own(site, actor, type_name, name))
    found = await find_document(Application, {"reference": name[:64], "type": type_name})
    if origin != "application" or found is None or not is_applicant(actor, found) or found.data is None:
        raise NotFound
    await require_in_reach(site, actor, found)
    form = seen(site, actor, type_name, found.schema_version)
    data = access.told(form, found.data)
    spent = not came_to_nothing(site, found)
    return Source("application", found.reference, found.title, type_name, data, found.schema_version, spent)


def source_of(site: Site, actor: Actor, record: Record) -> Source:
    """A record as something to be filled from, of which `actor` has what they may read."""
    data = access.told(seen(site, actor, record.type, record.schema_version), record.data)
    return Source("record", record.number, record.title, record.type, data, record.schema_version)


def copied(site: Site, actor: Actor, source: Source) -> Brought:
    """What comes along into the form in force, as it is stored under it, and what does not."""
    carried = carry(site, source.type, source.data, source.version)
    fits = carried.version == site.registry.current(source.type).version
    earlier = Earlier(source.type, source.version, source.data, source.spent)
    return bring(site, actor, earlier, carried.data if fits else None)


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
    data = copied(site, actor, source).answers
    answers = {name: known[name].unparse(value) for name, value in data.items()}
    given = {name: value for name, value in answers.items() if value is not None}
    start = Start(given, source.name, form.title_of(data))
    return await begin(site, actor, source.type, language=language, terms_version=terms_version, start=start)
