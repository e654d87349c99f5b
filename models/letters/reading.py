"""Reading the Markdown of a mail: one reading serves both parts."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


@cache
def reader() -> "MarkdownIt":
    """The reader: no raw HTML, no pictures; a line stays a line, as mails are written."""
    from markdown_it import MarkdownIt  # here, so that starting does not wait for it

    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable("image")


def read(markdown: str) -> "list[Token]":
    """What a mail consists of."""
    return reader().parse(markdown)


def cut_foot(markdown: str) -> tuple[str, str]:
    """A mail and its foot, which stands after the last rule (``---``) between empty lines."""
    body, rule, foot = markdown.rpartition("\n\n---\n\n")
    return (body, foot) if rule else (markdown, "")


def is_title(inline: "Token") -> bool:
    """Whether a paragraph is nothing but bold words: it stands as a heading of what follows."""
    parts = [each for each in inline.children or () if each.type != "text" or each.content]
    return (
        len(parts) > 2
        and (parts[0].type, parts[-1].type) == ("strong_open", "strong_close")
        and all(part.type == "text" for part in parts[1:-1])
    )
