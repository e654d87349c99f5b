"""Whose the works are, and that they may not be altered: on pages and on what is taken away (R83, R84)."""

from models.interchange.tables.cells import NOTICE_MARK, Cell
from models.language import Language
from models.services.site import Site


def rights(site: Site, language: Language) -> str:
    """The notice of copyright and the statement on alterations as one line; "" where the site has none."""
    described = site.configuration.site
    said = (described.copyright(language), described.works(language))
    return " ".join(" ".join(text.split()) for text in said if text)


def first_line(site: Site, language: Language) -> list[list[Cell]]:
    """The line a table that is handed out begins with, in one cell; readers of tables pass over it."""
    text = rights(site, language)
    return [[f"{NOTICE_MARK} {text}"]] if text else []
