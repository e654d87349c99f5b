"""Both parts of a mail from its Markdown."""

from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup

from models.language import Language
from models.letters.page import to_html, to_page
from models.letters.plain import RULE, to_text
from models.letters.reading import cut_foot, read


@dataclass(frozen=True, slots=True)
class Parts:
    """What a mail consists of: ``text/plain`` and ``text/html``."""

    text: str
    html: str


def parts(markdown: str, language: Language, *, title: str, heading: str, preheader: str = "") -> Parts:
    """The parts of a mail whose values and links are put in; `title` is its subject, `heading` the site."""
    body, foot = cut_foot(markdown)
    tokens, (under, html) = read(body), _foot(foot, language)
    page = to_page(to_html(tokens), html, language, title=title, heading=heading, preheader=preheader)
    return Parts(to_text(tokens, language) + under, page)


def plain(markdown: str, language: Language) -> str:
    """The text part alone."""
    body, foot = cut_foot(markdown)
    return to_text(read(body), language) + _foot(foot, language)[0]


@lru_cache(64)
def _foot(foot: str, language: Language) -> tuple[str, Markup]:
    """The foot of a site is alike under all its mails: its text with the rule above it, and its HTML."""
    if not foot.strip():
        return "", Markup()
    tokens = read(foot)
    return f"\n{RULE}\n\n{to_text(tokens, language)}", to_html(tokens)
