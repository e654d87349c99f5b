"""Both parts of a mail from its Markdown."""

from dataclasses import dataclass

from models.language import Language
from models.letters.page import to_page
from models.letters.plain import to_text
from models.letters.reading import read


@dataclass(frozen=True, slots=True)
class Parts:
    """What a mail consists of: ``text/plain`` and ``text/html``."""

    text: str
    html: str


def parts(markdown: str, language: Language, *, title: str, heading: str, preheader: str = "") -> Parts:
    """The parts of a mail whose values and links are put in; `title` is its subject, `heading` the site."""
    tokens = read(markdown)
    html = to_page(tokens, language, title=title, heading=heading, preheader=preheader)
    return Parts(to_text(tokens, language), html)


def plain(markdown: str, language: Language) -> str:
    """The text part alone."""
    return to_text(read(markdown), language)
