"""The staff's side of what is published: what is being written, every notice with where it stands, its
editions, and how one that is not published yet would look."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from models.access import sees_type
from models.documents.application import Application
from models.documents.base import Id, new_id
from models.documents.event import Subject
from models.documents.publication import Publication
from models.documents.record import Record, RecordVersion
from models.documents.windows import PATIENCE
from models.errors import NotFound, NotPublishable
from models.language import Language
from models.letters.page import to_fragment
from models.permissions import Actor, allowed, may_view, require
from models.schema.compare import Difference
from models.schema.definition import PublicationRule, RecordType
from models.schema.search import needles
from models.services import applications, chapters, ledger
from models.services.announcements import notice_values
from models.services.events import record_event
from models.services.freezing import freeze
from models.services.ledger import Figures
from models.services.lifecycles import whole
from models.services.messages import Letter, Recipient, is_written, template_of, written
from models.services.seeing import is_in_reach, may_open, rows
from models.services.site import Site

FOLLOW = "notice.follow"
"""The permission every staff page of notices asks."""

EXPORT = "notice.export"
"""The permission to take a list of people away."""

FILE_PAGE = 1_000
"""Lines of a file that are read at once."""

PAGE = 25
"""Notices on one page."""

PAGES = 200
"""Most pages one may leaf through; what lies beyond is searched for."""

UNDER_WAY = 50
"""Most notices being written that are listed."""

UNREAD = {"pages": 0}
"""What a list does not read of an edition."""


@dataclass(frozen=True, slots=True)
class Line:
    """One notice of the list with the answers its list shows, and its newest edition, if it has one."""

    id: Id
    number: str
    title: str
    lifecycle: str
    schema_version: int
    data: Mapping[str, Any]
    edition: Publication | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list, and whether there is another."""

    lines: Sequence[Line]
    more: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """How a notice would look if it were published now; ``edition`` is None where it cannot be published yet,
    and then ``refusal`` says why."""

    edition: Publication | None
    refusal: NotPublishable | None = None


def kinds(site: Site, actor: Actor) -> list[RecordType]:
    """The record types that are published, as far as `actor` may see them; first those that are there for
    nothing else. Raises NotAllowed."""
    require(actor, FOLLOW)
    current = (published.definition for published in site.registry.all_current().values())
    found = [each for each in current if each.enabled and each.publication and sees_type(actor, each)]
    return sorted(found, key=lambda each: each.is_open_to_operators)


def kind_of(site: Site, actor: Actor, type_name: str) -> RecordType:
    """One of ``kinds``. Raises NotAllowed, NotFound."""
    found = next((each for each in kinds(site, actor) if each.name == type_name), None)
    if found is None:
        raise NotFound
    return found


def rule_of(definition: RecordType) -> PublicationRule:
    """How records of this type are published. Raises NotFound where they are not."""
    if definition.publication is None:
        raise NotFound
    return definition.publication


async def count(site: Site, actor: Actor, definition: RecordType) -> dict[str, int]:
    """How many notices are in each state of their lifecycle. Raises NotAllowed."""
    require(actor, FOLLOW)
    steps: list[dict[str, Any]] = [
        {"$match": rows(site, actor, definition.name)},
        {"$group": {"_id": "$lifecycle", "count": {"$sum": 1}}},
    ]
    cursor = await site.records[definition.name].collection.aggregate(steps, maxTimeMS=PATIENCE)
    return {str(row["_id"]): int(row["count"]) for row in await cursor.to_list(None)}


async def listed(
    site: Site, actor: Actor, definition: RecordType, *, state: str = "", sought: str = "", page: int = 1
) -> Page:
    """A page of the notices of a type, newest first: in one state or all, holding what is `sought`. Raises
    NotAllowed."""
    require(actor, FOLLOW)
    where = _where(rows(site, actor, definition.name), state, sought)
    skip = (min(max(page, 1), PAGES) - 1) * PAGE
    cursor = site.records[definition.name].collection.find(where, {"grams": 0}, max_time_ms=PATIENCE)
    found = await cursor.sort("_id", -1).skip(skip).limit(PAGE + 1).to_list(None)
    shown = found[:PAGE]
    editions = await newest([row["_id"] for row in shown])
    return Page([_line(row, editions.get(row["_id"])) for row in shown], len(found) > PAGE and page < PAGES)


def _where(reach: Mapping[str, Any], state: str, sought: str) -> dict[str, Any]:
    conditions: list[Mapping[str, Any]] = [reach] if reach else []
    if state:
        conditions.append({"lifecycle": state})
    if text := sought.strip():
        wanted = needles(text)
        held = [{"grams": {"$all": wanted}}] if wanted else []
        conditions.append({"$or": [{"number": text}, *held]})
    return {"$and": conditions} if conditions else {}


def _line(row: Mapping[str, Any], edition: Publication | None) -> Line:
    data, version = row.get("data"), row.get("schema_version")
    return Line(
        row["_id"],
        str(row.get("number", "")),
        str(row.get("title", "")),
        str(row.get("lifecycle", "")),
        version if isinstance(version, int) else 0,
        data if isinstance(data, Mapping) else {},
        edition,
    )


async def newest(records: Sequence[Id]) -> dict[Id, Publication]:
    """The newest edition of each of these records, without its pages."""
    if not records:
        return {}
    order = [("record_id", -1), ("edition", -1)]
    found = (
        await Publication.raw().find({"record_id": {"$in": list(records)}}, UNREAD).sort(order).to_list(None)
    )
    kept: dict[Id, Publication] = {}
    for row in found:
        if row["record_id"] not in kept:
            kept[row["record_id"]] = Publication.model_validate({**row, "pages": {}})
    return kept


async def under_way(site: Site, actor: Actor, definition: RecordType) -> list[Application]:
    """The notices and corrections the staff write or decide, newest first (at most UNDER_WAY). Raises
    NotAllowed."""
    require(actor, FOLLOW)
    require(actor, "application.view")
    where = {"type": definition.name, "by_staff": True, "open": True}
    found = await Application.find(where).sort("-updated_at").limit(UNDER_WAY).to_list()
    return [each for each in found if may_view(actor, each) and await may_open(site, actor, each)]


async def find(site: Site, actor: Actor, identifier: Id) -> Record:
    """One notice. Raises NotAllowed; NotFound for what is none, or out of reach; TransitionRefused where it
    is damaged."""
    for definition in kinds(site, actor):
        row = await site.records[definition.name].row(identifier)
        if row is not None and await is_in_reach(site, actor, definition.name, identifier):
            return whole(row)
    raise NotFound


async def editions(record: Record) -> list[Publication]:
    """The editions of a notice, newest first, without their pages."""
    found = await Publication.raw().find({"record_id": record.id}, UNREAD).sort("edition", -1).to_list(None)
    return [Publication.model_validate({**row, "pages": {}}) for row in found]


async def edition(record: Record, number: int) -> Publication:
    """One edition of a notice, whole. Raises NotFound."""
    found = await Publication.find_one({"record_id": record.id, "edition": number})
    if found is None:
        raise NotFound
    return found


# --- how it would look ------------------------------------------------------------------------------------


async def preview_of(site: Site, record: Record) -> Preview:
    """The next edition of a notice, as the version in force would make it now."""
    where = {"record_id": record.id, "revision": record.revision}
    version = await RecordVersion.find_one(where)
    if version is None:
        raise NotFound
    return _preview(site, record, version, 1 + await _published(record.id))


async def preview_of_draft(site: Site, actor: Actor, application: Application) -> Preview:
    """The edition that would come of an application if it were approved as it is. Raises NotFound for one of
    a type that is not published."""
    rule_of(applications.form_of(site, application))
    data = application.data
    if data is None or applications.is_with_applicant(site, application):
        data = (await applications.read(site, application)).data
    identity = application.record_id or new_id()
    record = Record(
        _id=identity,
        type=application.type,
        number=application.number or application.reference,
        schema_version=application.schema_version,
        lifecycle="",
        created_at=application.created_at,
        updated_at=application.updated_at,
    )
    version = RecordVersion.of(record, actor.person, site.now(), data=dict(data))
    return _preview(site, record, version, 1 + await _published(identity))


def _preview(site: Site, record: Record, version: RecordVersion, number: int) -> Preview:
    try:
        return Preview(freeze(site, record, version, site.now(), number))
    except NotPublishable as refusal:
        return Preview(None, refusal)


async def _published(identity: Id) -> int:
    """How many editions a notice has had."""
    found = await Publication.raw().find_one({"record_id": identity}, {"edition": 1}, sort=[("edition", -1)])
    return int(found["edition"]) if found else 0


@dataclass(frozen=True, slots=True)
class Mail:
    """The mail an edition is announced with, as one reader has it."""

    subject: str
    html: Markup


def mail_of(site: Site, edition: Publication, language: Language, reader: str) -> Mail | None:
    """The mail that would announce an edition to an operator's `reader`; None where none is sent."""
    if not edition.mail or not is_written(site, edition.mail):
        return None
    values = notice_values(site, edition, "operator", language)
    if edition.id is None:
        values |= {"page": f"{site.base_url}/portal/notices/…"}
    letter = Letter(
        template=edition.mail,
        recipient=Recipient("", reader, language),
        cause="",
        to="operator",
        values={**values, "operator_name": reader},
    )
    found = written(site, letter, template_of(site, edition.mail, language), {})
    return Mail(found.subject, to_fragment(found.body))


# --- what came of it --------------------------------------------------------------------------------------


async def figures_of(found: Sequence[Publication]) -> dict[Id | None, Figures]:
    """What the ledgers of these editions come to now, by edition."""
    counted = await asyncio.gather(*(ledger.figures(each) for each in found))
    return {each.id: figures for each, figures in zip(found, counted, strict=True)}


async def answers_changed(
    site: Site, actor: Actor, old: Publication, new: Publication, language: Language
) -> tuple[Difference, ...]:
    """What differs between the versions two editions were made of, but for titles and texts, which are
    compared as they were published; nothing for who may not see records. Raises NotFound."""
    if not allowed(actor, "record.view"):
        return ()
    rule = rule_of(site.registry.at(new.type, new.schema_version).definition)
    worded = {rule.title.ja, rule.title.en, rule.body.ja, rule.body.en}
    versions = [
        await chapters.stored_version(site, actor, each.type, each.record_id, each.revision)
        for each in (old, new)
    ]
    found = chapters.changes_between(site, actor, new.type, versions[0], versions[1], language)
    return tuple(each for each in found if each.path.split(".")[0] not in worded)


async def record_export(site: Site, actor: Actor, edition: Publication, what: str) -> None:
    """Keep that a list of people was taken away: ``audience`` or ``ledger``. Raises NotAllowed."""
    require(actor, EXPORT)
    subject = Subject(kind="publication", id=edition.id, label=edition.number)
    await record_event(site, actor, "notice.exported", subject, None, edition=edition.edition, what=what)
