"""The notices for everybody as a feed."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from models.documents.base import Id
from models.documents.publication import Publication
from models.interchange.atom import Deleted, Entry, Feed, write_feed
from models.language import LANGUAGES, Language, translate
from models.services.site import Site

ENTRIES = 50
"""Most notices of a feed, the newest first."""

WITHDRAWN_FOR = timedelta(days=90)
"""How long a feed tells that a notice was withdrawn."""

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
"""When a feed without any notice changed last."""

EVERYBODY = {"open_to": "everyone"}

Row = Mapping[str, Any]


async def notices_feed(site: Site, language: Language) -> tuple[bytes, datetime]:
    """The feed in one language (RFC 4287), and when it changed last. Notices that are not for everybody are
    no part of it."""
    found = await _shown()
    gone = await _withdrawn(site)
    first = await _first_published([each.record_id for each in found])
    changed = max([BEGAN, *(each.published_at for each in found), await _last_end()])
    feed = Feed(
        identifier=_tag(site, BEGAN, f"notices:{language}"),
        title=f"{site.configuration.site.name(language)} – {translate('Notices', language)}",
        language=language,
        author=site.configuration.site.organisation(language),
        address=_address(site, language),
        page=f"{site.base_url}/notices",
        updated=changed,
        others=[(other, _address(site, other)) for other in LANGUAGES if other != language],
    )
    entries = [_entry(site, language, each, first[each.record_id]) for each in found]
    return write_feed(feed, entries, [_deleted(site, language, row) for row in gone]), changed


async def _shown() -> list[Publication]:
    order = [("published_at", -1), ("_id", -1)]
    rows = Publication.raw().find({**EVERYBODY, "shown": True}).sort(order).limit(ENTRIES)
    return [Publication.model_validate(row) async for row in rows]


def _entry(site: Site, language: Language, edition: Publication, published: datetime) -> Entry:
    written = edition.page(language)
    spoken = language if language in edition.pages else next(iter(edition.pages))
    return Entry(
        identifier=_identifier(site, language, edition.record_id),
        title=written.title,
        address=f"{site.base_url}/notices/{quote(edition.number or str(edition.id), safe='')}",
        published=published,
        updated=edition.published_at,
        html=written.html,
        category=(edition.category, edition.category_label(language)) if edition.category else None,
        language="" if spoken == language else spoken,
    )


async def _withdrawn(site: Site) -> Sequence[Row]:
    """What everybody could read and was withdrawn a short while ago."""
    since = site.now() - WITHDRAWN_FOR
    where = {**EVERYBODY, "shown": False, "replaced_at": None, "withdrawn_at": {"$gte": since}}
    columns = {"record_id": 1, "withdrawn_at": 1, "withdrawn_because": 1}
    rows: Sequence[Row] = (
        await Publication.raw().find(where, columns).sort("withdrawn_at", -1).limit(ENTRIES).to_list(None)
    )
    return rows


def _deleted(site: Site, language: Language, row: Row) -> Deleted:
    identifier = _identifier(site, language, row["record_id"])
    return Deleted(identifier, row["withdrawn_at"], row.get("withdrawn_because", ""))


async def _first_published(records: Sequence[Id]) -> Mapping[Id, datetime]:
    """When the first edition of each of these notices was published."""
    where = {"record_id": {"$in": list(records)}, "edition": 1}
    rows = await Publication.raw().find(where, {"record_id": 1, "published_at": 1}).to_list(None)
    return {row["record_id"]: row["published_at"] for row in rows}


async def _last_end() -> datetime:
    """When a notice for everybody left the feed last."""
    ends = ("withdrawn_at", "archived_at", "replaced_at")
    last = {"$group": {"_id": None, **{name: {"$max": f"${name}"} for name in ends}}}
    stages = [{"$match": {**EVERYBODY, "shown": False}}, last]
    rows = await (await Publication.raw().aggregate(stages)).to_list(None)
    return max((row[name] for row in rows for name in ends if row.get(name)), default=BEGAN)


def _identifier(site: Site, language: Language, record_id: Id) -> str:
    """The identity of a notice in one language, the same for all its editions."""
    return _tag(site, record_id.generation_time, f"notices:{record_id}:{language}")


def _tag(site: Site, since: datetime, name: str) -> str:
    """A tag URI (RFC 4151): the host of the site's address, a day it had that address, a name."""
    return f"tag:{urlsplit(site.base_url).hostname},{since:%Y-%m-%d}:{name}"


def _address(site: Site, language: Language) -> str:
    return f"{site.base_url}/notices.atom?language={language}"
