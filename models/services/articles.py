"""The article of an edition: what its readers see, written the same for ever from the same answers.

Nothing here asks the clock, the catalogues or the database. Words beside the answers come from the version of
the record type they were given under, or stand here, so that later translations change nothing. Whoever
changes what is written here changes every proof: add another form beside this one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from models.language import Language, Text
from models.markdown import to_html
from models.schema.definition import PublicationRule, RecordType

PUBLISHED = Text(ja="公開日時", en="Published")
EDITION = Text(ja="版", en="Edition")
NORMAL = "normal"
"""The importance that is not mentioned."""


@dataclass(frozen=True, slots=True)
class Article:
    """An edition about to be written: its definition, its answers, when it was published, and as which."""

    definition: RecordType
    rule: PublicationRule
    data: Mapping[str, Any]
    at: datetime
    zone: ZoneInfo
    edition: int

    def titled(self, language: Language) -> str:
        """Its title; "" where it has none in this language."""
        return self.answer(self.rule.title.ja if language == "ja" else self.rule.title.en)

    def written(self, language: Language) -> str:
        """Its text, in Markdown; "" where it has none in this language."""
        return self.answer(self.rule.body.ja if language == "ja" else self.rule.body.en)

    def answer(self, name: str | None) -> str:
        """An answer that is a text; "" for none."""
        found = self.data.get(name) if name else None
        return found if isinstance(found, str) else ""


def write_article(article: Article, language: Language) -> str:
    """The whole article in one language as HTML: title, facts, text. Attachments are named among the facts;
    where they are had is up to the page around it."""
    rows = Markup("").join(
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(label, value)
        for label, value in _facts(article, language)
    )
    return str(
        Markup(
            '<article class="notice column prose" lang="{}"><h1>{}</h1><dl class="facts">{}</dl>{}</article>'
        ).format(language, article.titled(language), rows, _text(article.written(language)))
    )


def _text(written: str) -> Markup:
    """The text, its uppermost headings next under the title, whether they were written "#" or "##"."""
    return to_html(written, deepest=int(any(line.startswith("# ") for line in written.splitlines())))


def _facts(article: Article, language: Language) -> Iterator[tuple[str, str]]:
    yield PUBLISHED(language), _moment_told(article.at.astimezone(article.zone), language)
    if article.edition > 1:
        yield EDITION(language), str(article.edition)
    for name in _named(article):
        field, value = article.definition.by_name.get(name), article.data.get(name)
        if field is not None and not field.is_empty(value):
            yield field.label(language), _lines(field.show(value, language))


def _lines(text: str) -> Markup:
    """`text` escaped, its lines kept."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())


def _named(article: Article) -> Iterator[str]:
    """The fields that are told as facts, in the order they are told."""
    rule = article.rule
    if rule.category:
        yield rule.category
    if rule.importance and article.answer(rule.importance) != NORMAL:
        yield rule.importance
    yield rule.audience
    yield from rule.facts
    yield from (name for name in (rule.starts, rule.ends) if name)
    if rule.acknowledge_by and rule.acknowledge and article.data.get(rule.acknowledge):
        yield rule.acknowledge_by
    if rule.attachments:
        yield rule.attachments


def _moment_told(local: datetime, language: Language) -> str:
    clock = f"{local:%H:%M}"
    if language == "ja":
        return f"{local.year}年{local.month}月{local.day}日 {clock}"
    return f"{local.day} {local:%B} {local.year}, {clock}"
