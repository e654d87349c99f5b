"""Mail templates: there in every language of the site, each sent by something that fills what is in it."""

import difflib
from collections.abc import Iterator

from models.configuration.checks.mail_words import check_words
from models.configuration.checks.place import Path, listed
from models.configuration.defaults import shipped_mails
from models.configuration.load import Configuration
from models.configuration.mail import PLACEHOLDERS, MailTemplate, nearest, placeholders
from models.configuration.sending import GENERAL, Sent, senders
from models.language import LANGUAGES
from models.schema.finding import Finding
from models.schema.source import Source, spell


def check_mail(configuration: Configuration, template: str, source: Source, path: Path) -> Iterator[Finding]:
    """T-E016 for every language of the site in which the template is missing."""
    for language in LANGUAGES:
        if language in configuration.site.languages and (template, language) not in configuration.mail:
            there = {name for name, _ in configuration.mail} | shipped_mails()
            alike = difflib.get_close_matches(template, sorted(there), 3, 0.0)
            yield source.finding("T-E016", path, name=template, language=language, known=listed(alike))


def check_use_of_mail(configuration: Configuration) -> Iterator[Finding]:
    """T-W005 for every template nothing sends; T-E100 and T-E101 for one that does not fit who sends it,
    T-W011 where the languages say different things, T-E102 to T-E105 and T-W012 for its words."""
    sent = senders(configuration)
    for (name, _), template in configuration.mail.items():
        if name not in sent:
            yield Finding("T-W005", spell(template.path), 1, {"name": name})
        for each in sent.get(name, ()):
            yield from _check_filled(template, each)
        yield from _check_languages(configuration, template)
        yield from check_words(configuration, template)


def _check_filled(template: MailTemplate, sent: Sent) -> Iterator[Finding]:
    known = GENERAL | sent.fills
    for number, line in _lines(template):
        for name in placeholders(line):
            if name not in known and name in PLACEHOLDERS:
                values = {"name": name, "when": sent.when, "suggestion": nearest(name, sorted(known))}
                yield Finding("T-E100", spell(template.path), number, {**values, "known": _listed(known)})
    if sent.point and sent.point not in placeholders(template.body):
        values = {"name": sent.point, "when": sent.when}
        yield Finding("T-E101", spell(template.path), template.first_line, values)


def _lines(template: MailTemplate) -> Iterator[tuple[int, str]]:
    """The subject, the preheader and the lines of the body, with where they stand in the file."""
    yield 2, template.subject
    yield 3, template.preheader
    yield from enumerate(template.body.splitlines(), template.first_line)


def _listed(known: frozenset[str]) -> str:
    return ", ".join(sorted(known))


def _check_languages(configuration: Configuration, template: MailTemplate) -> Iterator[Finding]:
    """T-W011 for a placeholder another language has; said at each file that lacks it."""
    own = _held(template)
    for language in configuration.site.languages:
        other = configuration.mail.get((template.name, language))
        for name in sorted(_held(other) - own) if other is not None else ():
            values = {"name": name, "other": f"{template.name}.{language}.md"}
            yield Finding("T-W011", spell(template.path), template.first_line, values)


def _held(template: MailTemplate) -> set[str]:
    """What a reader learns from it; who writes may be said in one language only."""
    return set(placeholders(template.body)) - GENERAL
