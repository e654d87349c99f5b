"""The words of a mail: nothing secret where all see it, nothing a mail would lose, links to this site."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from models.configuration.checks.place import Path
from models.configuration.load import Configuration
from models.configuration.mail import (
    LINKS,
    PLACEHOLDERS,
    MailTemplate,
    fill,
    nearest,
    placeholders,
    unknown_place,
)
from models.configuration.sending import GENERAL
from models.language import LANGUAGES, Language, Message
from models.letters.reading import read
from models.letters.samples import SITE, samples
from models.letters.values import ADDRESSES, put_in
from models.schema.finding import Finding
from models.schema.source import Source, spell

LONGEST_SUBJECT = 120
"""Characters of a subject with its values put in; mail programs show about the first 60."""

KEPT_OUT = frozenset(
    {*LINKS, *ADDRESSES, "recipient_name", "person_name", "changed_by", "delegate_scope"}
    | {"account_id", "administrator_id", "remarks", "reason", "lines"}
)
"""What stands in no subject and no preheader: both are seen on locked screens and kept in logs."""

_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]{1,15}://|\bwww\.)[^\s<>()\[\]「」（）、。]*", re.IGNORECASE)
_TARGET = re.compile(r"(?:\]\(|^ {0,3}\[[^\]]+\]:)\s*<?([^)\s>]*)")
_HTML = re.compile(r"</?[a-z][a-z0-9-]*(?=[\s/>])[^>]*>|<!--", re.IGNORECASE)

LOST: tuple[tuple[re.Pattern[str], Message], ...] = (
    (re.compile(r"!\["), Message("a picture")),
    (_HTML, Message("raw HTML")),
    (re.compile(r"~~"), Message("words struck out")),
    (re.compile(r"^ *(?:```|~~~)"), Message("a block of code")),
)
"""What a mail cannot carry: no picture is loaded from anywhere, and words alone must say it all."""


def check_words(configuration: Configuration, template: MailTemplate) -> Iterator[Finding]:
    """T-E102 and T-E103 of the subject and the preheader, T-E104 and T-E105 of the body, T-W012."""
    file, language = spell(template.path), template.language
    for number, text in ((2, template.subject), (3, template.preheader)):
        for name in dict.fromkeys(placeholders(text)):
            if name in KEPT_OUT:
                yield Finding("T-E102", file, number, {"name": name})
    count = len(fill(template.subject, samples(language)))
    if count > LONGEST_SUBJECT:
        yield Finding("T-E103", file, 2, {"count": count, "limit": LONGEST_SUBJECT})
    for at, code, values in problems(template.body, language):
        yield Finding(code, file, template.first_line + at, dict(values))
    held = template.body + configuration.site.mail.footer(language)
    if configuration.site.contact(language) and "{contact}" not in held:
        yield Finding("T-W012", file, template.first_line)


def check_footer(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """T-E017, T-E100, T-E104 and T-E105 of the foot of all mails."""
    for language in LANGUAGES:
        footer, path = configuration.site.mail.footer(language), ("site", "mail", "footer")
        for name in placeholders(footer):
            yield from _place(source, path, name)
        for _, code, values in problems(footer, language):
            yield source.finding(code, path, **values)


def _place(source: Source, path: Path, name: str) -> Iterator[Finding]:
    if name not in PLACEHOLDERS:
        yield source.finding("T-E017", path, **unknown_place(name))
    elif name not in GENERAL:
        values = {"name": name, "when": EVERY, "suggestion": nearest(name, sorted(GENERAL))}
        yield source.finding("T-E100", path, **values, known=", ".join(sorted(GENERAL)))


EVERY = Message("Any mail is sent")


@lru_cache(4096)
def problems(body: str, language: Language) -> tuple[tuple[int, str, Mapping[str, Any]], ...]:
    """What is wrong with the Markdown of a mail: line from 0, code and values of the finding."""
    return tuple(_problems(body, language))


def _problems(body: str, language: Language) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    for at, line in enumerate(body.splitlines()):
        for pattern, what in LOST:
            if pattern.search(line):
                yield at, "T-E104", {"problem": what}
        for address in _addresses(line):
            yield at, "T-E105", {"address": address}
    if "*" in body or "_ " in body or "`" in body:
        yield from _left_over(body, language)


def _addresses(line: str) -> Iterator[str]:
    """The addresses in a line that lead elsewhere: not below this site's own, and no mail address."""
    for address in dict.fromkeys((*_ADDRESS.findall(line), *_TARGET.findall(line))):
        inside = address.startswith(("{base_url}/", "mailto:")) or address == "{base_url}"
        place = re.fullmatch(r"\{([a-z_]+)\}", address)
        if not inside and not (place and (place[1] in ADDRESSES or place[1] in LINKS)):
            yield address


def _left_over(body: str, language: Language) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    """Signs of emphasis that stay as they stand, such as a ``**`` between a bracket and a letter."""
    for token in read(put_in(body, samples(language, SITE))):
        for child in token.children or ():
            if child.type == "text" and "**" in child.content:
                at = token.map[0] if token.map else 0
                yield at, "T-E104", {"problem": Message("a “**” that stays as it stands")}
