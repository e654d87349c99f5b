"""Freezing what is published: an edition as its readers see it, and the proof that nothing of it changed.

The same version of a record makes the same bytes for ever: an edition is made of the answers of that version,
of the record type as it was then, and of nothing else that may change."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args

from models.documents.base import Id
from models.documents.event import Event
from models.documents.publication import Audience, Importance, OpenTo, Publication, Rendered
from models.documents.record import Record, RecordVersion
from models.errors import NotPublishable
from models.language import LANGUAGES, Language, Text
from models.schema.definition import PublicationRule, RecordType
from models.schema.fields.choice import ListedField
from models.services.articles import Article, write_article
from models.services.moments import beginning_of, end_of
from models.services.registry import Published
from models.services.site import Site
from models.workflow.engine import holds

STANDING = {
    *("shown", "withdrawn_at", "withdrawn_because", "archived_at", "replaced_at"),
    *("last_id", "listed", "listed_at", "settled_at", "progress", "fingerprint", "id", "revision_id"),
}
"""What of an edition is not frozen: where it stands, and how far its ledger has come."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a look at an edition came to. ``unaltered``: what is stored has the fingerprint beside it;
    ``same``: made anew from the version it was made of, it is the same to the byte; ``witnessed``: the chain
    of events tells of its publication with this fingerprint."""

    unaltered: bool
    same: bool
    witnessed: bool

    @property
    def holds(self) -> bool:
        return self.unaltered and self.same and self.witnessed


def freeze(site: Site, record: Record, version: RecordVersion, at: datetime, edition: int = 1) -> Publication:
    """The edition that `version` of `record` makes, published `at`; nothing is written. Raises NotPublishable
    where its type is not published, or it has neither title nor text."""
    published = site.registry.at(version.type, version.schema_version)
    audience, open_to = _audience(site, published.definition, version.data)
    made = _Made(site, published, version, at, edition)
    return made.publication(record.id, record.number, audience, open_to)


async def verify(site: Site, publication: Publication) -> bool:
    """Whether an edition is as it was published, by all that ``prove`` looks at."""
    return (await prove(site, publication)).holds


async def prove(site: Site, publication: Publication) -> Proof:
    """Look at an edition: make it anew from the version of the record it is pinned to, and compare."""
    unaltered = fingerprint_of(publication) == publication.fingerprint
    anew = await _anew(site, publication)
    same = anew is not None and frozen_bytes(anew) == frozen_bytes(publication)
    return Proof(unaltered, same, await _is_witnessed(publication))


PUBLISHED = "publication.published"
"""The event of an edition."""


async def _is_witnessed(publication: Publication) -> bool:
    where = {
        "subject.id": publication.record_id,
        "action": PUBLISHED,
        "details.edition": publication.edition,
        "details.fingerprint": publication.fingerprint,
    }
    return await Event.raw().find_one(where, {"_id": 1}) is not None


async def _anew(site: Site, publication: Publication) -> Publication | None:
    """The edition made once more; None where the version or its record type is gone."""
    where = {"record_id": publication.record_id, "revision": publication.revision}
    version = await RecordVersion.find_one(where)
    published = site.registry.at(publication.type, publication.schema_version)
    pinned = published.version == publication.schema_version
    if version is None or not pinned or version.schema_version != publication.schema_version:
        return None
    if _audience_name(published.definition, version.data) != publication.audience.name:
        return None
    values = {name: version.data.get(name) for name in publication.audience.values}
    label = _audience_label(published.definition, publication.audience.name)
    audience = Audience(name=publication.audience.name, label=label, values=values)
    made = _Made(site, published, version, publication.published_at, publication.edition)
    try:
        return made.publication(publication.record_id, publication.number, audience, publication.open_to)
    except NotPublishable:
        return None


def frozen_bytes(publication: Publication) -> bytes:
    """Everything frozen of an edition in canonical form: JSON, keys in order, moments in UTC."""
    frozen = publication.model_dump(exclude=STANDING)
    told = json.dumps(frozen, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_told)
    return told.encode()


def fingerprint_of(publication: Publication) -> str:
    """SHA-256 (hex) of everything frozen."""
    return hashlib.sha256(frozen_bytes(publication)).hexdigest()


def _told(value: Any) -> str:
    return _to_the_millisecond(value).isoformat() if isinstance(value, datetime) else str(value)


def _to_the_millisecond(moment: datetime) -> datetime:
    """`moment` in UTC as the database keeps it."""
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)


@dataclass(frozen=True, slots=True)
class _Made:
    """The making of one edition out of a version of a record."""

    site: Site
    published: Published
    version: RecordVersion
    at: datetime
    edition: int

    @property
    def rule(self) -> PublicationRule:
        if self.published.definition.publication is None:
            raise NotPublishable
        return self.published.definition.publication

    def publication(self, record_id: Id, number: str, audience: Audience, open_to: OpenTo) -> Publication:
        """The edition, with its fingerprint."""
        pages = self._pages()
        made = Publication(
            type=self.version.type,
            record_id=record_id,
            number=number,
            edition=self.edition,
            revision=self.version.revision,
            schema_version=self.published.version,
            title=Text(ja=_titled(pages, "ja"), en=pages["en"].title if "en" in pages else ""),
            pages=pages,
            fingerprint="",
            audience=audience,
            open_to=open_to,
            published_at=_to_the_millisecond(self.at),
            **self._facts(),
        )
        made.fingerprint = fingerprint_of(made)
        return made

    def _pages(self) -> dict[Language, Rendered]:
        definition, zone = self.published.definition, self.site.calendar.zone
        article = Article(definition, self.rule, self.version.data, self.at, zone, self.edition)
        pages = {
            language: Rendered(
                title=article.titled(language),
                html=write_article(article, language),
                text=article.written(language),
            )
            for language in LANGUAGES
            if article.titled(language) and article.written(language)
        }
        if not pages:
            raise NotPublishable
        return pages

    def _facts(self) -> dict[str, Any]:
        rule, mail = self.rule, self.rule.mail
        asked = bool(self._answer(rule.acknowledge))
        return {
            "category": self._answer(rule.category) or "",
            "category_label": _label(self.published.definition, rule.category, self.version.data),
            "importance": _importance(self._answer(rule.importance)),
            "pinned": bool(self._answer(rule.pinned)),
            "attachments": list(self._answer(rule.attachments) or ()),
            "acknowledge": asked,
            "acknowledge_by": end_of(self.site, self._answer(rule.acknowledge_by)) if asked else None,
            "starts_at": beginning_of(self.site, self._answer(rule.starts)),
            "ends_at": end_of(self.site, self._answer(rule.ends)),
            "mail": mail.template if mail else "",
            "required": mail is not None and self._is_required(mail.required),
        }

    def _answer(self, name: str | None) -> Any:
        return self.version.data.get(name) if name else None

    def _is_required(self, condition: Mapping[str, Any] | None) -> bool:
        facts = {"type": self.version.type, "data": self.version.data}
        return condition is not None and holds(condition, facts)


def _titled(pages: Mapping[Language, Rendered], language: Language) -> str:
    found = pages.get(language) or next(iter(pages.values()))
    return found.title


def _importance(answer: Any) -> Importance:
    """What the answer means; one that means nothing here is of the usual importance."""
    return next((each for each in get_args(Importance) if each == answer), "normal")


def _audience_name(definition: RecordType, data: Mapping[str, Any]) -> str:
    if definition.publication is None:
        raise NotPublishable
    return str(data.get(definition.publication.audience) or "")


def _audience_label(definition: RecordType, name: str) -> Text:
    """What an audience was called where it was chosen."""
    field = definition.by_name.get(definition.publication.audience) if definition.publication else None
    options = field.options if isinstance(field, ListedField) else ()
    return next((option.label for option in options if option.code == name), Text(ja=name, en=name))


def _label(definition: RecordType, name: str | None, data: Mapping[str, Any]) -> Text:
    field = definition.by_name.get(name) if name else None
    if field is None:
        return Text(ja="", en="")
    value = data.get(field.name)
    return Text(ja=field.show(value, "ja"), en=field.show(value, "en"))


def _audience(site: Site, definition: RecordType, data: Mapping[str, Any]) -> tuple[Audience, OpenTo]:
    """Whom an edition is for, as the site says today. Raises NotPublishable for an audience there is not:
    nobody is meant rather than everybody."""
    name = _audience_name(definition, data)
    rule = site.configuration.site.audiences.get(name)
    if rule is None:
        raise NotPublishable
    values = {asked: data.get(asked) for asked in sorted(rule.asked)}
    audience = Audience(name=name, label=_audience_label(definition, name), values=values)
    return audience, rule.open or "listed"
