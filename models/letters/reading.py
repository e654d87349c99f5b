"""Reading the Markdown of a mail: one reading serves both parts."""

from collections.abc import Sequence
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


def split_foot(tokens: "Sequence[Token]") -> "tuple[Sequence[Token], Sequence[Token]]":
    """The mail, and its foot: what stands after its last rule (``---``)."""
    for at in range(len(tokens) - 1, -1, -1):
        if tokens[at].type == "hr" and tokens[at].level == 0:
            return tokens[:at], tokens[at + 1 :]
    return tokens, ()


def is_title(inline: "Token") -> bool:
    """Whether a paragraph is nothing but bold words: it stands as a heading of what follows."""
    parts = [each for each in inline.children or () if each.type != "text" or each.content]
    return (
        len(parts) > 2
        and (parts[0].type, parts[-1].type) == ("strong_open", "strong_close")
        and all(part.type == "text" for part in parts[1:-1])
    )
